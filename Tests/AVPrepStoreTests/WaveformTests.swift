import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepStore

/// Waveforms beside pcm: Multisensory's 21 kHz in stereo next to the 16 kHz that others take.
@Suite struct WaveformTests {
    private func layout() -> StoreLayout {
        var layout = Fixtures.layout()
        layout.waveforms = [
            StoreLayout.Waveform(name: "stereo21k", sampleRate: 21_000, channels: 2),
            StoreLayout.Waveform(name: "full", sampleRate: 48_000, channels: 1),
        ]
        return layout
    }

    private func compare(_ reader: StoreReader, _ data: [SegmentData]) throws {
        #expect(reader.layout == layout())
        for (stored, segment) in zip(reader.segments, data) {
            for (name, samples) in segment.waveforms {
                #expect(try reader.withWaveform(name, stored.waveforms[name] ?? 0..<0) { Array($0) } == samples)
            }
            #expect(try reader.withPCM(stored.pcm) { Array($0) } == segment.pcm)
        }
    }

    @Test func namedWaveformsLieBesideThePCMInPreparedFilesAndShards() throws {
        try withTemporaryFolder { folder in
            let data = try Fixtures.writePrepared("\(folder)/a.h5", layout: layout())
            try compare(try StoreReader(path: "\(folder)/a.h5"), data)
            try ShardPacker.pack(
                [ShardPart(path: "\(folder)/a.h5", rows: [2, 0], split: .train)], to: "\(folder)/train-00000.h5",
                pairsFile: "train-00000.pairs.h5", attributes: ["seed": .int(1)])
            try compare(try StoreReader(path: "\(folder)/train-00000.h5"), [data[2], data[0]])
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func h5pyReadsThem() throws {
        try withTemporaryFolder { folder in
            let data = try Fixtures.writePrepared("\(folder)/a.h5", layout: layout())
            let script = """
                import h5py, json, sys
                f = h5py.File(sys.argv[1])
                d, s = f["audio/stereo21k"], f["segments"]
                first, count = s["stereo21k_first"][1], s["stereo21k_count"][1]
                print(json.dumps(d[first : first + count].ravel().tolist() + [int(d.attrs["sr"]), d.shape[1]]))
                """
            let seen = try Oracle.json([Int].self, script, ["\(folder)/a.h5"])
            #expect(seen == (data[1].waveforms["stereo21k"] ?? []).map(Int.init) + [21_000, 2])
        }
    }

    @Test(arguments: ["pcm", "mel", "Frame", "flow_forward", "a/b", ""])
    func namesThatWouldClashAreRefused(name: String) throws {
        try withTemporaryFolder { folder in
            var layout = layout()
            layout.waveforms[0].name = name
            #expect(throws: StoreError.self) {
                _ = try PreparedFileWriter(path: "\(folder)/a.h5", layout: layout, attributes: Fixtures.attributes)
            }
        }
    }

    /// Files of format 1.0 say nothing of waveforms.
    @Test func aLayoutWithoutThemIsRead() throws {
        let text = try CanonicalJSON.encode(Fixtures.layout()).replacing(#""waveforms":[],"#, with: "")
            .replacing(#","waveforms":[]"#, with: "")
        #expect(!text.contains("waveforms"))
        #expect(try StoredJSON.decode(StoreLayout.self, from: text) == Fixtures.layout())
    }

    @Test func halfASampleIsRefused() throws {
        try withTemporaryFolder { folder in
            let encoder = try JPEGEncoder(quality: 90)
            var segment = try Fixtures.segment(
                layout(), video: String(repeating: "a", count: 32), number: 0, frames: 5, width: 64, height: 48,
                encoder: encoder)
            segment.waveforms["stereo21k"]?.removeLast()
            let writer = try PreparedFileWriter(
                path: "\(folder)/a.h5", layout: layout(), attributes: Fixtures.attributes)
            #expect(throws: StoreError.self) { try writer.append(segment) }
        }
    }
}
