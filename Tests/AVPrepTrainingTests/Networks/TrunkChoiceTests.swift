import AVPrepTorch
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

extension EngineTests {
    /// What needs no reference.
    @Suite struct TrunkChoiceTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        @Test(
            arguments: VideoNetworkSettings.Trunk.allCases,
            AudioNetworkSettings.Trunk.allCases)
        func everyTwoTrunksMakeANetworkThatLearns(
            _ video: VideoNetworkSettings.Trunk, _ audio: AudioNetworkSettings.Trunk
        ) throws {
            for head in ModelSettings.TemporalHead.allCases {
                var settings = ModelSettings()
                settings.frames = 5
                settings.cropSize = 17
                settings.video.trunk = video
                settings.video.width = 3
                settings.audio.trunk = audio
                settings.audio.width = 3
                settings.embedding = 6
                settings.temporalHead = head
                let network = try TwoStreamNetwork(settings: settings, sound: (19, 9), seed: 1, engine: engine)
                let clips = try Tensor(noise(2 * 3 * 5 * 17 * 17), shape: [2, 3, 5, 17, 17], engine: engine)
                let sounds = try Tensor(noise(2 * 19 * 9, seed: 2), shape: [2, 1, 19, 9], engine: engine)
                let (seen, heard) = try network(clips: clips, spectrograms: sounds, training: true)
                #expect(seen.shape == [2, 6] && heard.shape == [2, 6])
                try (seen * heard).sum().backward()
                for entry in network.store.parameters {
                    #expect(try entry.tensor.gradient() != nil, "\(entry.name) has no gradient")
                }
            }
        }

        @Test func soundsTooShortForTheTrunkAreRefusedWithAdvice() throws {
            var settings = ModelSettings()
            settings.audio.trunk = .vgg
            settings.frames = 4
            for sound in [(7, 40), (100, 7), (0, 0)] {
                let error = #expect(throws: TrainingError.self) {
                    try TwoStreamNetwork(settings: settings, sound: sound, seed: nil, engine: engine)
                }
                #expect(error?.description.contains("train.model.audio.trunk") == true)
                let other = #expect(throws: TrainingError.self) {
                    try CorrespondenceNetwork(settings: settings, sound: sound, seed: nil, engine: engine)
                }
                #expect(other?.description.contains("avprep shard") == true)
            }
            settings.cropSize = 7
            #expect(throws: TrainingError.self) {
                try CorrespondenceNetwork(settings: settings, sound: (19, 9), seed: nil, engine: engine)
            }
        }

        /// A network that is sure has probabilities, too, not numbers that are none.
        @Test func probabilitiesOfSureAnswersAreNumbers() throws {
            let logits = try Tensor([200, -200, -200, 200, 3, 3], shape: [3, 2], engine: engine)
            #expect(try FusionHead.probabilities(logits) == [0, 1, 0.5])
        }

        @Test func picturesOfI3DRunFromMinusOneToOne() throws {
            let pictures = try Tensor(
                bytes: [0, 128, 255], shape: [1, 1, 1, 1, 3], engine: engine)
            let values = try PictureNormalization(.symmetric, engine: engine)(pictures).floats()
            #expect(largestDifference(values, [-1, 128 / 127.5 - 1, 1]) < 1e-6)
        }
    }
}
