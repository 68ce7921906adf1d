import AVPrepAudio
import AVPrepPairs
import AVPrepSettings
import AVPrepTorch
import AVPrepTraining
import Foundation
import TestSupport
import Testing

/// The pipeline files of Multisensory have the authors' numbers.
@Suite struct MultisensoryPipelinesTests {
    private static func settings(_ name: String) throws -> PipelineSettings {
        let text = try String(contentsOfFile: "\(Oracle.repository)/pipelines/\(name).yaml", encoding: .utf8)
        return try PipelineFile.parse(text, name: name)
    }

    /// Recipe §3.4: three times five clips, 650,000 steps, after 30,000 on every fourth frame with three times fifteen.
    @Test func multisensoryTrainsAsPublished() throws {
        let settings = try Self.settings("multisensory")
        let train = settings.train
        #expect(train.recipeName == .multisensory && train.batchSize == 15 && train.accumulate == 3)
        #expect(train.pairsPerEpoch / train.batchSize * train.stages[0].epochs == 650_000 && train.flip)
        #expect(train.cropScale.map { $0 * Double(settings.ingest.video.shortSide) } == [224, 224])
        #expect(train.model.cropSize == 224 && train.model.video.width == 64 && train.model.audio.width == 64)
        let own = train.model.multisensory
        #expect(own.hears == .waveform && own.channels == settings.ingest.pcm.channels)
        #expect(own.normMomentum == 0.0003 && own.renorm && !own.fineMap && train.jitter == JitterSettings())
        let optimizer = train.optimizer
        #expect(optimizer.kind == .sgd && optimizer.learningRate == 0.01 && optimizer.momentum == 0.9)
        #expect(optimizer.weightDecay == 1e-5 && optimizer.clipNorm == 5 && optimizer.schedule == .constant)

        var low = try Self.settings("multisensory-variants/low-fps")
        #expect(low.train.model.frameStep == 4 && low.train.batchSize == 45 && low.train.accumulate == 3)
        #expect(low.train.pairsPerEpoch / low.train.batchSize * low.train.stages[0].epochs == 30_000)
        #expect(own.weights == RunFolder("runs/" + low.train.name).weights("multisensory.safetensors"))
        #expect(own.anew.allSatisfy { $0.hasSuffix("_2") } && own.anew.count == 4)
        low.train.model.frameStep = 1
        try #expect(low == Self.fresh { $0.train = low.train } && low.train.model == Self.fresh().train.model)
    }

    /// Multisensory with its first weights.
    private static func fresh(_ change: (inout PipelineSettings) -> Void = { _ in }) throws -> PipelineSettings {
        var settings = try Self.settings("multisensory")
        settings.train.model.multisensory.weights = ""
        settings.train.model.multisensory.anew = []
        change(&settings)
        return settings
    }

    @Test func theVariantsOfMultisensoryDifferInWhatTheyAreNamedFor() throws {
        let changes: [String: (inout PipelineSettings) -> Void] = [
            "spectrogram": { $0.train.model.multisensory.hears = .spectrogram },
            "random-pairing": { $0.shard.pairs.hardRatio = 0 },
            "vision-only": { $0.train.model.multisensory.hears = .nothing },
            "scratch": {
                $0.train.stages = [
                    StageSettings(
                        name: "shift", set: "multisensory", epochs: 1, freeze: ["audio", "video", "fusion"])
                ]
            },
        ]
        for (name, change) in changes {
            let variant = try Self.settings("multisensory-variants/" + name)
            let expected = try Self.fresh {
                change(&$0)
                $0.train.name = "multisensory-" + name
            }
            #expect(variant == expected, "\(name)")
            let stored = variant.ingest.spectrograms.map(\.name)
            #expect(stored.contains(variant.train.model.spectrogram))
            let sets = try variant.shard.pairs.definitions(seed: 1)
            #expect(variant.train.stages.allSatisfy { stage in sets.contains { $0.name == stage.set } })
        }
    }
}
