import AVPrepTorch
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

extension EngineTests {
    @Suite struct TwoStreamNetworkTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        private var settings: ModelSettings {
            var settings = ModelSettings()
            settings.frames = 4
            settings.cropSize = 16
            settings.video.width = 4
            settings.audio.width = 4
            settings.embedding = 8
            settings.temporalHead = .keepTime
            return settings
        }

        private func batch(_ count: Int) throws -> (clips: Tensor, spectrograms: Tensor) {
            (
                try Tensor(noise(count * 3 * 4 * 16 * 16), shape: [count, 3, 4, 16, 16], engine: engine),
                try Tensor(noise(count * 18 * 10, seed: 2), shape: [count, 1, 18, 10], engine: engine)
            )
        }

        @Test(arguments: ModelSettings.TemporalHead.allCases)
        func embeddingsHaveTheLengthAskedFor(head: ModelSettings.TemporalHead) throws {
            var settings = settings
            settings.temporalHead = head
            let network = try TwoStreamNetwork(
                settings: settings, sound: (frames: 18, bins: 10), seed: 1, engine: engine)
            let (clips, spectrograms) = try batch(3)
            let (video, audio) = try network(clips: clips, spectrograms: spectrograms, training: true)
            for embeddings in [video, audio] {
                #expect(embeddings.shape == [3, 8])
                for length in try embeddings.power(2).sum([1]).squareRoot().floats() {
                    #expect(abs(length - 0.5) < 1e-5)
                }
            }
        }

        @Test func embeddingsStayRawWithoutANorm() throws {
            var settings = settings
            settings.embeddingNorm = 0
            let network = try TwoStreamNetwork(
                settings: settings, sound: (frames: 18, bins: 10), seed: 1, engine: engine)
            let (clips, _) = try batch(2)
            let raw = try network.video(clips, training: false).floats()
            #expect(try network.embedVideo(clips, training: false).floats() == raw)
        }

        @Test func sizesThatMakeNoNetworkAreRefused() throws {
            for change: (inout ModelSettings) -> Void in [
                { $0.video.width = 0 }, { $0.audio.width = -1 }, { $0.embedding = 0 }, { $0.frames = 0 },
                { $0.embeddingNorm = -1 }, { $0.embeddingNorm = .nan }, { $0.video.width = 1 << 40 },
            ] {
                var settings = settings
                change(&settings)
                let error = #expect(throws: TrainingError.self) {
                    try TwoStreamNetwork(settings: settings, sound: (frames: 18, bins: 10), seed: 1, engine: engine)
                }
                #expect(error?.code == .settings)
            }
        }

        /// torch takes the written weights and computes both trunks from its own layers; and a video trunk of full width
        /// goes into torchvision's network by name, with nothing left over but the last layer.
        @Test(.enabled(if: torchIsAvailable)) func torchComputesTheSameFromTheWrittenWeights() throws {
            let network = try TwoStreamNetwork(
                settings: settings, sound: (frames: 18, bins: 10), seed: 1, engine: engine)
            let (clips, spectrograms) = try batch(2)
            // A step of training first, so that running statistics are not those of a new network.
            _ = try network(clips: clips, spectrograms: spectrograms, training: true)
            var tensors = try network.store.values()
            try engine.withoutGradients {
                tensors["clips"] = try clips.host()
                tensors["spectrograms"] = try spectrograms.host()
                tensors["video-features"] = try network.video.features(clips, training: false).host()
                tensors["video-out"] = try network.video(clips, training: false).host()
                tensors["audio-features"] = try network.audio.features(spectrograms, training: false).host()
                tensors["audio-out"] = try network.audio(spectrograms, training: false).host()
            }
            // Seedless, because drawing 11 million numbers takes long in a debug build; the values do not matter here.
            var wide = settings
            wide.video.width = 64
            let trunk = try TwoStreamNetwork(settings: wide, sound: (frames: 18, bins: 10), seed: nil, engine: engine)
                .torchvisionVideoWeights()
            let verdict = try withTemporaryFolder { folder in
                try SafeTensors.write(SafeTensors.Content(tensors: tensors), to: folder + "/weights")
                try SafeTensors.write(SafeTensors.Content(tensors: trunk), to: folder + "/trunk")
                return try Oracle.json(Verdict.self, Self.program, [folder + "/weights", folder + "/trunk"])
            }
            #expect(verdict.differences.count == 4)
            for difference in verdict.differences { #expect(difference < 1e-5) }
            #expect(verdict.missing == ["fc.weight", "fc.bias"])
            #expect(verdict.unexpected == [])
        }

        private struct Verdict: Decodable {
            let differences: [Float]
            let missing: [String]
            let unexpected: [String]
        }

        private static let program =
            TorchReference.imports + """
                w = load_file(sys.argv[1])
                x = w["spectrograms"]
                for i in range(1, 6):
                    n = f"audio.conv{i}."
                    x = F.conv2d(x, w[n + "0.weight"], padding=1)
                    x = F.relu(F.batch_norm(x, w[n + "1.running_mean"], w[n + "1.running_var"],
                                            w[n + "1.weight"], w[n + "1.bias"]))
                    if i in (2, 5): x = F.max_pool2d(x, 3, 2, 1)
                audio = F.linear(x.amax(3).flatten(1), w["audio.fc.weight"], w["audio.fc.bias"])

                def norm(n, x):
                    return F.batch_norm(x, w[n + "running_mean"], w[n + "running_var"], w[n + "weight"], w[n + "bias"])
                y = F.relu(norm("video.stem.1.", F.conv3d(
                    w["clips"], w["video.stem.0.weight"], stride=(1, 2, 2), padding=(1, 3, 3))))
                for layer in range(1, 5):
                    for block in range(2):
                        n = f"video.layer{layer}.{block}."
                        t = 1 if layer == 1 else 0
                        s = (1, 2, 2) if layer > 1 and block == 0 else 1
                        z = F.relu(norm(n + "conv1.1.", F.conv3d(y, w[n + "conv1.0.weight"], stride=s, padding=(t, 1, 1))))
                        z = norm(n + "conv2.1.", F.conv3d(z, w[n + "conv2.0.weight"], padding=(t, 1, 1)))
                        if s != 1: y = norm(n + "downsample.1.", F.conv3d(y, w[n + "downsample.0.weight"], stride=s))
                        y = F.relu(y + z)
                video = F.linear(y.amax((3, 4)).flatten(1), w["video.fc.weight"], w["video.fc.bias"])
                pairs = [(x, "audio-features"), (audio, "audio-out"), (y, "video-features"), (video, "video-out")]
                left = mc3_18().load_state_dict(load_file(sys.argv[2]), strict=False)
                print(json.dumps({
                    "differences": [float((a - w[n]).abs().max()) for a, n in pairs],
                    "missing": list(left.missing_keys), "unexpected": list(left.unexpected_keys)}))
                """

        // MARK: - Learning

        private func train(steps: Int) throws -> (losses: [Float], weights: [String: HostTensor]) {
            let network = try TwoStreamNetwork(
                settings: settings, sound: (frames: 18, bins: 10), seed: 11, engine: engine)
            let optimizer = SGD(network.store.parameters, learningRate: 0.05, momentum: 0.9)
            let loss = ContrastiveLoss(LossSettings())
            let (clips, spectrograms) = try batch(8)
            let labels = try Tensor([1, 0, 1, 0, 1, 0, 1, 0], shape: [8], engine: engine)
            var losses: [Float] = []
            for _ in 0..<steps {
                try optimizer.clearGradients()
                let (video, audio) = try network(clips: clips, spectrograms: spectrograms, training: true)
                let result = try loss(video: video, audio: audio, labels: labels)
                try result.loss.backward()
                try optimizer.step()
                losses.append(try result.loss.item())
            }
            return (losses, try network.store.values())
        }

        @Test func aTinyBatchIsLearntByHeart() throws {
            let losses = try train(steps: 60).losses
            #expect(losses[0] > 0.2)
            #expect(losses[59] < 0.02)
        }

        @Test func twoRunsGiveTheSameWeights() throws {
            let (first, second) = (try train(steps: 5), try train(steps: 5))
            #expect(first.losses == second.losses)
            #expect(first.weights == second.weights)
        }
    }
}
