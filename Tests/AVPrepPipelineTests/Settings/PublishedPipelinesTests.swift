import AVPrepAudio
import AVPrepCatalog
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepSynth
import AVPrepTorch
import AVPrepTraining
import AVPrepVision
import Foundation
import TestSupport
import Testing

/// The pipeline files that come with avprep, and whether what they make has the papers' numbers.
@Suite struct PublishedPipelinesTests {
    private static let folder = Oracle.repository + "/pipelines"

    static func settings(_ name: String, _ overrides: [String] = []) throws -> PipelineSettings {
        let text = try String(contentsOfFile: "\(folder)/\(name).yaml", encoding: .utf8)
        return try PipelineFile.parse(text, name: "\(name).yaml", overrides: overrides)
    }

    @Test func everyPipelineFileIsValidAndOpensWithWhatItMakes() throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: Self.folder).filter { $0.contains(".") }
            .sorted()
        let rows = Self.rows.map { "avts-table/\($0.name).yaml" }
        let others = [
            "arrow-of-time", "avts", "learn", "learn-kinds", "avts-variants/cross-entropy", "avts-variants/i3d", "l3",
            "l3-variants/direct-combination",
            "l3-variants/supervised-pretraining", "multisensory", "multisensory-variants/low-fps",
            "multisensory-variants/random-pairing",
            "multisensory-variants/scratch", "multisensory-variants/spectrogram", "multisensory-variants/vision-only",
            "quick-arrow", "quick-l3", "quick-localise", "quick-multisensory", "quick-separate", "quickstart",
            "separation",
        ]
        let ablations = AblationPipelinesTests.names.map { "avts-ablations/\($0).yaml" }
        #expect(names == (rows + ablations + others.map { $0 + ".yaml" }).sorted())
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

    private struct Row {
        let name: String
        /// What the set `mixed` has of hard negatives.
        let hard: Double
        let stages: [(set: String, epochs: Int)]
    }

    /// AVTS's table of pretext tasks. Of hard negatives alone there is no set but `mixed`, with all of them hard.
    private static let rows = [
        Row(name: "single-easy", hard: 0.25, stages: [("easy", 90)]),
        Row(name: "single-mixed", hard: 0.25, stages: [("mixed", 90)]),
        Row(name: "single-hard", hard: 1, stages: [("mixed", 90)]),
        Row(name: "stage1", hard: 0.25, stages: [("easy", 50)]),
        Row(name: "curriculum-mixed", hard: 0.25, stages: [("easy", 50), ("mixed", 40)]),
        Row(name: "curriculum-hard", hard: 1, stages: [("easy", 50), ("mixed", 40)]),
    ]

    /// Nothing but the curriculum differs from the published settings, so that rows can be compared and share their media.
    @Test func theRowsOfAVTSTableDifferInTheirCurriculumAlone() throws {
        let avts = try Self.settings("avts")
        for row in Self.rows {
            var settings = try Self.settings("avts-table/" + row.name)
            #expect(settings.train.name == row.name && settings.shard.pairs.hardRatio == row.hard)
            #expect(settings.train.stages.map(\.set) == row.stages.map(\.set))
            #expect(settings.train.stages.map(\.epochs) == row.stages.map(\.epochs))
            let sets = try settings.shard.pairs.definitions(seed: 1).filter { $0.splits.contains(.train) }.map(\.name)
            #expect(row.stages.allSatisfy { sets.contains($0.set) })
            settings.train.name = avts.train.name
            settings.train.stages = avts.train.stages
            settings.shard.pairs.hardRatio = avts.shard.pairs.hardRatio
            #expect(settings == avts, "\(row.name)")
        }
    }

    @Test func theVariantsOfAVTSDifferInWhatTheyAreNamedFor() throws {
        let avts = try Self.settings("avts")
        var entropy = try Self.settings("avts-variants/cross-entropy")
        #expect(entropy.train.loss.kind == .crossEntropy)
        // Its weights are those that avts.yaml leaves in the same folder.
        let checkpoint = RunFolder("runs/" + avts.train.name).checkpoint(.best)
        #expect(entropy.train.model.video.weights == checkpoint && entropy.train.model.audio.weights == checkpoint)
        var plain = entropy.train.model
        plain.video.weights = ""
        plain.audio.weights = ""
        #expect(plain == avts.train.model)
        entropy.train = avts.train
        #expect(entropy == avts)

        var i3d = try Self.settings("avts-variants/i3d")
        #expect(i3d.train.model.video.trunk == .i3d && i3d.train.model.video.width == 64)
        i3d.train.name = avts.train.name
        i3d.train.model.video = avts.train.model.video
        #expect(i3d == avts)
    }

    /// Recipe §2: crops of 224 from 256, 16 workers of 16 pairs, and the paper's 60 million pairs from 400,000 videos.
    @Test func l3TrainsAsPublished() throws {
        let settings = try Self.settings("l3")
        let train = settings.train
        #expect(train.recipeName == .l3 && train.batchSize == 256 && train.accumulate == 16)
        #expect(train.cropScale.map { $0 * Double(settings.ingest.video.shortSide) } == [224, 224])
        #expect(train.model.cropSize == 224 && train.flip)
        #expect(train.model.video.width == 64 && train.model.audio.width == 64 && train.model.fusion == 128)
        #expect(abs(train.jitter.brightness - 32.0 / 255) < 1e-4)
        #expect(train.jitter.saturation == 0.5 && train.jitter.volume == 0.1)
        #expect(train.optimizer.kind == .adam && train.optimizer.learningRate == 1e-4)
        #expect(train.optimizer.weightDecay == 1e-5)
        let pairs = train.stages[0].epochs * 400_000 * settings.shard.pairs.pairsPerSegment
        #expect(abs(pairs - 60_000_000) < 4_000_000)
    }

    @Test func theBaselinesOfL3DifferInWhatTheyAreNamedFor() throws {
        let l3 = try Self.settings("l3")
        var direct = try Self.settings("l3-variants/direct-combination")
        #expect(direct.train.recipeName == .l3Labels)
        var frozen = try Self.settings("l3-variants/supervised-pretraining")
        let run = RunFolder("runs/" + direct.train.name)
        #expect(frozen.train.recipeName == .l3 && frozen.train.stages.map(\.freeze) == [["video", "audio"]])
        #expect(frozen.train.model.video.weights == run.weights("video.safetensors"))
        #expect(frozen.train.model.audio.weights == run.weights("audio.safetensors"))
        frozen.train.model = l3.train.model
        #expect(direct.train.model == l3.train.model)
        direct.train.recipeName = .l3
        for var train in [direct.train, frozen.train] {
            (train.name, train.stages) = (l3.train.name, l3.train.stages)
            #expect(train == l3.train)
        }
        #expect(direct.corpus.paths == ["labels.csv"] && frozen.corpus == direct.corpus)
    }

    /// Recipe §4.3: three times 32, 5,000 updates an epoch, the rate of 0.01 for one of twenty.
    @Test func arrowOfTimeTrainsAsPublished() throws {
        let settings = try Self.settings("arrow-of-time")
        let train = settings.train
        #expect(train.recipeName == .arrowOfTime && train.batchSize == 96 && train.accumulate == 3)
        #expect(train.pairsPerEpoch == 5000 * train.batchSize && !train.flip)
        #expect(train.cropScale.map { $0 * Double(settings.ingest.video.shortSide) } == [224, 224])
        #expect(train.model.cropSize == 224 && train.model.segments == 2 && train.model.video.width == 64)
        let optimizer = train.optimizer
        #expect(optimizer.kind == .sgd && optimizer.learningRate == 0.01 && optimizer.momentum == 0.9)
        #expect(optimizer.weightDecay == 5e-4)
        #expect(train.stages.map(\.epochs) == [1, 19] && train.stages.map(\.learningRate) == [0, 0.001])
        // A homography for every frame, or the clip is not used.
        let stabilise = settings.ingest.stabilise
        #expect(stabilise.enabled && stabilise.longestGap == 0 && stabilise.smallestShare == 0.7)
        #expect(stabilise.fewestInliers == 20 && stabilise.largestError == 0.25)
        #expect(settings.ingest.policy[flag: .notStabilised] == .drop)
        #expect(settings.ingest.cameraMotion.maxCorners == 1000 && settings.ingest.cameraMotion.trackingSize == 256)
        let sets = try settings.shard.pairs.definitions(seed: 1)
        #expect(train.stages.allSatisfy { stage in sets.contains { $0.name == stage.set } })
    }

    /// Two videos of one sound each, prepared and sharded by a published file but for the size of pictures; then what
    /// `script` prints of the shard `f`.
    func seen<Value: Decodable>(
        _ name: String, seconds: Double, as type: Value.Type, overrides: [String] = [], _ script: String
    ) throws -> Value {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.synth.seconds = seconds
            // Fewer frames a second than are stored would stand still every other frame.
            corpus.settings.synth.fps = 30
            try corpus.addSyntheticVideos(2)
            let small = ["ingest.video.short_side=32", "ingest.camera_motion.enabled=false", "workers=1"]
            corpus.settings = try Self.settings(
                name, small + overrides + ["shard.split.val=0", "shard.split.test=0"])
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
}
