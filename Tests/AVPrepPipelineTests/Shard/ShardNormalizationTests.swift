import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio
@testable import AVPrepIngest
@testable import AVPrepSettings
@testable import AVPrepShard

/// From videos to the numbers that the index gives to normalise with.
@Suite struct ShardNormalizationTests {
    /// What is done to each clip is done to whole seconds, as `index.schema.json` says.
    private static let script = """
        import h5py, json, numpy as np, sys
        index = json.load(open(sys.argv[1] + "/index.json"))
        found = {}
        for kind in index["layout"]["spectrograms"]:
            rows = []
            for shard in index["shards"]:
                if shard["split"] != "train":
                    continue
                f = h5py.File(sys.argv[1] + "/" + shard["name"])
                data = f["audio"][kind["name"]]
                second = -(-int(data.attrs["sr"]) // int(data.attrs["hop_length"]))
                firsts, counts = (f["segments"][kind["name"] + end] for end in ("_first", "_count"))
                for first, count in zip(firsts, counts):
                    x = data[first : first + count].astype(np.float64)
                    if "clip_rule" not in data.attrs:
                        rows.append(x)
                        continue
                    for start in range(0, len(x), second):
                        clip = x[start : start + second]
                        clip = np.maximum(clip, clip.max() - data.attrs["top_db"])
                        rows.append(clip - clip.max())
            rows = np.concatenate(rows)
            found[kind["name"]] = dict(rows=len(rows), mean=rows.mean(0).tolist(), std=rows.std(0).tolist())
        print(json.dumps(found))
        """

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func theIndexHoldsNumpysMeanAndDeviationOfTheTrainingShards() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.spectrograms = [.avts, .l3, .named(.openl3Mel128)]
            corpus.settings.shard.shardMegabytes = 1
            corpus.settings.shard.split.test = 0.3
            corpus.settings.workers = 2
            try corpus.addSyntheticVideos(5)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let index = try ShardStage.run(corpus.workspace, corpus.context).index
            let ours = try #require(index.normalization)
            #expect(Set(ours.keys) == ["mel", "logspec", "openl3_mel128"])
            let theirs = try Oracle.json([String: Numbers].self, Self.script, ["\(folder)/shards"])
            for (name, numbers) in ours {
                let reference = try #require(theirs[name])
                #expect(numbers.rows == reference.rows)
                // Exact but for the order of sums; the clip rule is computed in single precision.
                let tolerance = name == "openl3_mel128" ? 1e-5 : 1e-10
                for (mine, numpy) in zip(numbers.mean + numbers.std, reference.mean + reference.std) {
                    #expect(abs(mine - numpy) <= tolerance * max(1, abs(numpy)), "\(name)")
                }
            }
            // The number of workers leaves no trace, measured anew or taken from the index before.
            let measured = ShardNormalization(folder: "\(folder)/shards", workers: 1, cancellation: Cancellation())
            #expect(try measured.measure(index, before: nil) == ours)
            #expect(try measured.measure(index, before: ShardIndex.load("\(folder)/shards")) == ours)
            #expect(try ShardStage.run(corpus.workspace, corpus.context).index.normalization == ours)
        }
    }

    private struct Numbers: Decodable {
        var rows: Int
        var mean: [Double]
        var std: [Double]
    }

    /// A pipeline file's kinds end in the prepared file, each under its name and with its words; sound lies where it lay.
    @Test func everyKindAndWaveformOfThePipelineFileIsStored() throws {
        try withTemporaryFolder { folder in
            let settings = try PipelineFile.parse(
                """
                ingest:
                  video: {fps: 12, short_side: 32}
                  flow: {method: "off"}
                  camera_motion: {enabled: false}
                  segment_seconds: 2
                  pcm: {sr: 16000}
                  waveforms: [{name: stereo21k}]
                  spectrograms:
                    - {preset: avts}
                    - {preset: l3, dtype: float32}
                    - {preset: openl3_linear}
                    - {preset: power, name: plain}
                """, name: "x")
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest = settings.ingest
            try corpus.addSyntheticVideos(1)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let key = try corpus.settings.ingest.key
            let path = try #require(
                FileManager.default.enumerator(atPath: "\(folder)/prepared")?.compactMap { $0 as? String }
                    .first { $0.hasSuffix("\(key).h5") })
            let reader = try StoreReader(path: "\(folder)/prepared/\(path)")
            #expect(reader.layout.spectrograms.map(\.name) == ["mel", "logspec", "openl3_linear", "plain"])
            let segment = try #require(reader.segments.first)
            #expect(segment.waveforms["stereo21k"]?.count == 42_000)
            #expect(segment.pcm.count == 32_000)
            #expect(segment.spectrograms["mel"]?.count == 200)
            #expect(segment.spectrograms["logspec"]?.count == 399)
            #expect(segment.segment.measures[.brokenSamples] == 0)
            // A stored spectrogram is that of the stored samples, which are the same but for 16 bits.
            let samples = try reader.withPCM(segment.pcm) { $0.map { Float($0) / 32_768 } }
            let power = try Spectrogram(.named(.power))
            var values = [Float](repeating: 0, count: power.frameCount(samples: samples.count) * power.bins)
            samples.withUnsafeBufferPointer { samples in
                values.withUnsafeMutableBufferPointer { _ = power.compute(samples, into: $0, power.makeWorkspace()) }
            }
            let stored = try reader.spectrogram("plain", segment.spectrograms["plain"] ?? 0..<0)
            #expect(stored.count == values.count)
            let loudest = try #require(stored.max())
            #expect(zip(stored, values).allSatisfy { abs($0 - $1) <= 1e-3 * loudest })
        }
    }
}
