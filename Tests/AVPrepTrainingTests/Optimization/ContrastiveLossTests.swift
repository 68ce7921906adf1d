import AVPrepTorch
import TestSupport
import Testing

@testable import AVPrepTraining

extension EngineTests {
    @Suite struct ContrastiveLossTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        private func loss(squared: Bool) -> ContrastiveLoss {
            var settings = LossSettings()
            settings.squaredPositive = squared
            return ContrastiveLoss(settings)
        }

        /// Worked by hand: distances 0.5 (in sync), 0.5 (not), 2 (not, beyond the margin).
        @Test func theFormulaIsThatOfThePaper() throws {
            let video = try Tensor([0, 0, 0, 0, 0, 0], shape: [3, 2], engine: engine)
            let audio = try Tensor([0.3, 0.4, 0.3, 0.4, 2, 0], shape: [3, 2], engine: engine)
            let labels = try Tensor([1, 0, 0], shape: [3], engine: engine)
            let result = try loss(squared: true)(video: video, audio: audio, labels: labels)
            #expect(largestDifference(try result.distances.floats(), [0.5, 0.5, 2]) < 1e-6)
            let apart: Float = (0.99 - 0.5) * (0.99 - 0.5)
            #expect(abs(try result.loss.item() - (0.25 + apart) / 3) < 1e-6)
            let plain = try loss(squared: false)(video: video, audio: audio, labels: labels).loss.item()
            #expect(abs(plain - (0.5 + apart) / 3) < 1e-6)
        }

        @Test func pairsThatCoincideHaveAGradient() throws {
            for squared in [true, false] {
                let video = try Tensor([0.1, 0.2, 0.1, 0.2], shape: [2, 2], engine: engine)
                try video.setRequiresGradient(true)
                let audio = try Tensor([0.1, 0.2, 0.1, 0.2], shape: [2, 2], engine: engine)
                let labels = try Tensor([1, 0], shape: [2], engine: engine)
                try loss(squared: squared)(video: video, audio: audio, labels: labels).loss.backward()
                #expect(try video.gradient()?.floats() == [0, 0, 0, 0])
            }
        }

        @Test(.enabled(if: torchIsAvailable)) func lossAndGradientsAreTorchs() throws {
            let reference = try TorchReference.tensors()
            for (name, squared) in [("squared", true), ("plain", false)] {
                let video = try Tensor(try #require(reference["loss-video"]), engine: engine)
                let audio = try Tensor(try #require(reference["loss-audio"]), engine: engine)
                let labels = try Tensor(try #require(reference["loss-labels"]), engine: engine)
                try video.setRequiresGradient(true)
                try audio.setRequiresGradient(true)
                let result = try loss(squared: squared)(video: video, audio: audio, labels: labels).loss
                try result.backward()
                #expect(abs(try result.item() - (try #require(reference["loss-\(name)"]).floats[0])) < 1e-6)
                for (tensor, part) in [(video, "video"), (audio, "audio")] {
                    let gradient = try #require(try tensor.gradient()).floats()
                    let expected = try #require(reference["loss-\(name)-\(part)"]).floats
                    #expect(largestDifference(gradient, expected) < 1e-6)
                }
            }
        }
    }
}
