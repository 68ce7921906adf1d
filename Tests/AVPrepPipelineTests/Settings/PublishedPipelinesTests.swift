import AVPrepAudio
import AVPrepCatalog
import AVPrepIngest
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepSynth
import Foundation
import TestSupport
import Testing

/// The pipeline files that come with avprep, and whether what they make has the papers' numbers.
@Suite struct PublishedPipelinesTests {
    private static let folder = Oracle.repository + "/pipelines"

    private static func settings(_ name: String, _ overrides: [String] = []) throws -> PipelineSettings {
        let text = try String(contentsOfFile: "\(folder)/\(name).yaml", encoding: .utf8)
        return try PipelineFile.parse(text, name: "\(name).yaml", overrides: overrides)
    }

    @Test func everyPipelineFileIsValidAndOpensWithWhatItMakes() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
        #expect(names == ["arrow-of-time.yaml", "avts.yaml", "l3.yaml", "multisensory.yaml", "quickstart.yaml"])
        for name in names {
            let text = try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8)
            let opening = text.components(separatedBy: "\n\n")[0]
            #expect(opening.split(separator: "\n").allSatisfy { $0.hasPrefix("#") }, "\(name)")
            #expect(opening.contains("makes") || opening.contains("Makes"), "\(name)")
            let settings = try Self.settings(String(name.dropLast(5)))
            try settings.shard.pairs.validate()
            for kind in settings.ingest.spectrograms { try kind.check() }
        }
    }

    /// Two videos of one sound each, prepared and sharded by a published file but for the size of pictures; then what
    /// `script` prints of the shard `f`.
    private func seen<Value: Decodable>(
        _ name: String, seconds: Double, as type: Value.Type, _ script: String
    ) throws -> Value {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.synth.seconds = seconds
            // Fewer frames a second than are stored would stand still every other frame.
            corpus.settings.synth.fps = 30
            try corpus.addSyntheticVideos(2)
            let small = ["ingest.video.short_side=32", "ingest.camera_motion.enabled=false", "workers=1"]
            corpus.settings = try Self.settings(
                name, small + ["shard.split.val=0", "shard.split.test=0"])
            #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.done == 2)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            return try Oracle.json(
                type,
                """
                import io, json, sys, h5py, numpy
                from PIL import Image
                with h5py.File(sys.argv[1] + "/shards/train-00000.h5") as f:
                    table = f["segments"]
                """ + "\n" + script.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"), [folder])
        }
    }

    private struct L3: Decodable {
        let sets: [String]
        let shapes: [[Int]]
        let frames: Int
        let seconds: Double
        let kinds: [Int]
        let range: [Double]
    }

    /// A frame, and 257 × 199 values: what 1 s of 48 kHz gives by windows of 480 every 240 samples.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func l3PairsOneFrameWithASpectrogramOf257By199() throws {
        let seen = try seen(
            "l3", seconds: 4, as: L3.self,
            """
            pairs, mel = f["pairs/l3"], f["audio/logspec"]
            shapes = set()
            for row in range(len(pairs["kind"])):
                segment = pairs["audio_segment"][row]
                first = table["logspec_first"][segment] + round(float(
                    pairs["audio_start_seconds"][row] * mel.attrs["frames_per_second"]))
                # A second of whole windows: all but the last, which begins half a window before the second's end.
                shapes.add(mel[first:first + round(mel.attrs["frames_per_second"]) - 1].T.shape)
            picture = f["frames/offsets"][:2]
            picture = numpy.array(Image.open(io.BytesIO(f["frames/bytes"][picture[0]:picture[1]])))
            print(json.dumps(dict(
                sets=list(f["pairs"]), shapes=sorted(shapes), frames=int(min(picture.shape[:2])),
                seconds=float(pairs.attrs["sound_seconds"]), kinds=sorted(set(pairs["kind"][:].tolist())),
                range=[float(mel[:].min()), float(mel[:].max())])))
            """)
        #expect(seen.sets == ["l3"])
        #expect(seen.shapes == [[257, 199]])
        #expect(seen.frames == 32 && seen.seconds == 1)
        #expect(seen.kinds == [0, 1])
        #expect(seen.range[0] < seen.range[1])
    }

    private struct Multisensory: Decodable {
        let rate: Int
        let channels: Int
        let samples: [Int]
        let frames: Int
        let fps: Double
        let kinds: [Int]
        let offsets: [Double]
        let bins: Int
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func multisensoryHas21kHzStereoAndOffsetsOf65To176Frames() throws {
        let seen = try seen(
            "multisensory", seconds: 10.5, as: Multisensory.self,
            """
            pairs, pcm = f["pairs/multisensory"], f["audio/pcm"]
            fps, rate = float(f["frames"].attrs["fps"]), int(pcm.attrs["sr"])
            clip = float(pairs.attrs["clip_seconds"])
            samples, offsets = set(), []
            for row in range(len(pairs["kind"])):
                segment, start = pairs["audio_segment"][row], float(pairs["audio_start_seconds"][row])
                first = table["pcm_first"][segment] + round(start * rate)
                stop = first + round(clip * rate)
                assert stop <= table["pcm_first"][segment] + table["pcm_count"][segment]
                samples.add(stop - first)
                if pairs["kind"][row] == 2:
                    assert pairs["video_segment"][row] == segment
                    offsets.append(abs(start - pairs["video_start_frame"][row] / fps) * fps)
            print(json.dumps(dict(
                rate=rate, channels=pcm.shape[1], samples=sorted(map(int, samples)), frames=round(clip * fps), fps=fps,
                kinds=sorted(set(pairs["kind"][:].tolist())), offsets=[min(offsets), max(offsets)],
                bins=f["audio/multisensory"].shape[1])))
            """)
        #expect(seen.rate == 21_000 && seen.channels == 2)
        #expect(seen.samples == [87_588] && seen.frames == 125 && seen.fps == 29.97)
        #expect(seen.kinds == [0, 2])
        #expect(seen.offsets[0] >= 64.99 && seen.offsets[1] <= 176.01)
        #expect(seen.bins == 1025)
    }

    private struct ArrowOfTime: Decodable {
        let codec: String
        let method: String
        let bound: Double
        let counts: [Int]
        let shape: [Int]
        let kinds: [Int]
        let reversed: Bool
    }

    /// Two groups of ten flow frames, x and y of each: 20 channels a group.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func arrowOfTimeHasTwoGroupsOfTenFlowFramesEitherWay() throws {
        let seen = try seen(
            "arrow-of-time", seconds: 5, as: ArrowOfTime.self,
            """
            pairs = f["pairs/arrow_of_time"]
            def window(direction, row):
                flow, segment = f["flow/" + direction], pairs["video_segment"][row]
                first = int(table[f"flow_{direction}_first"][segment] + pairs["video_start_frame"][row])
                count = round(float(pairs.attrs["clip_seconds"] * f["frames"].attrs["fps"])) - 1
                last = table[f"flow_{direction}_first"][segment] + table[f"flow_{direction}_count"][segment]
                assert first + count <= last
                ends = flow["offsets"][first:first + count + 1]
                planes = [numpy.array(Image.open(io.BytesIO(flow["bytes"][a:b]))) for a, b in zip(ends, ends[1:])]
                height, width = int(table["flow_height"][segment]), int(table["flow_width"][segment])
                return numpy.stack(planes).reshape(2, 20, height, width)
            groups = [window("backward" if kind == 4 else "forward", row) for row, kind in enumerate(pairs["kind"])]
            row = int(pairs["kind"][:].tolist().index(4))
            attributes = f["flow/forward"].attrs
            print(json.dumps(dict(
                codec=attributes["codec"].decode(), method=attributes["method"].decode(),
                bound=float(attributes["bound"]), counts=sorted(set(table["flow_forward_count"][:].tolist())),
                shape=list(numpy.stack(groups).shape[1:4]), kinds=sorted(set(pairs["kind"][:].tolist())),
                reversed=bool((window("forward", row) != window("backward", row)).any()))))
            """)
        #expect(seen.codec == "png" && seen.method == "tvl1" && seen.bound == 20)
        #expect(seen.counts == [40])
        #expect(seen.shape == [2, 20, 32])
        #expect(seen.kinds == [0, 4] && seen.reversed)
    }
}
