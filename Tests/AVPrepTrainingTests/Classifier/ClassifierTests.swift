import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// Classes that are learnt on the networks of the recipes.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct ClassifierTests {
    /// Videos of one segment each: six to learn from and three to measure, of three kinds that differ in colour and sound.
    private static let kinds = [0, 5, 10]

    private func write(_ folder: String) throws {
        var shards = PracticeShards(
            width: 16, height: 16, shards: (0..<6).map { _ in (.train, 1) } + (0..<3).map { _ in (.test, 1) })
        shards.firstNumbers = Self.kinds + Self.kinds + Self.kinds
        shards.flowDirections = [.forward]
        shards.waveformRate = 2000
        try shards.write(to: folder)
    }

    private func division(shuffled: Bool = false) -> (training: ClassVideos, test: ClassVideos) {
        let classes = ["low", "middle", "high"]
        let own = (0..<6).map { ("train\($0)", shuffled ? ($0 + $0 / 3) % 3 : $0 % 3) }
        return (
            ClassVideos(classes: classes, videos: Dictionary(uniqueKeysWithValues: own)),
            ClassVideos(classes: classes, videos: ["test0": 0, "test1": 1, "test2": 2])
        )
    }

    private func settings(_ recipe: TrainSettings.RecipeName, epochs: Int = 8) -> (TrainSettings, FinetuneSettings) {
        var settings = TrainerTests.settings(epochs: [1, 0])
        settings.recipeName = recipe
        settings.flip = false
        settings.model.cropSize = 16
        settings.model.multisensory.renorm = false
        settings.model.multisensory.normMomentum = 0.1
        settings.model.segments = 1
        var finetune = FinetuneSettings()
        finetune.batchSize = 6
        finetune.epochs = epochs
        finetune.trainClips = 4
        finetune.optimizer.kind = .adam
        finetune.optimizer.learningRate = recipe == .arrowOfTime ? 0.002 : 0.01
        finetune.optimizer.schedule = .constant
        finetune.optimizer.weightDecay = 0
        return (settings, finetune)
    }

    @discardableResult
    private func train(
        _ folder: String, _ run: String, _ recipe: TrainSettings.RecipeName, weights: String = "", epochs: Int = 8,
        learns: LearntLayers = .all, videos: ClassVideos? = nil, cancellation: Cancellation = Cancellation(),
        progress: (TrainingProgress) -> Void = { _ in }
    ) throws -> Trainer.Outcome {
        var (settings, finetune) = settings(recipe, epochs: epochs)
        finetune.learns = learns
        let training = videos ?? division().training
        settings = try settings.classifying(training.classes, weights: weights, finetune)
        return try Trainer(
            settings: settings, seed: 4, shards: folder, run: "\(folder)/\(run)", base: folder,
            classes: ClassTraining(videos: training, clipSeconds: 0.8, perVideo: finetune.trainClips)
        ).run(cancellation: cancellation, progress: progress)
    }

    private func scores(_ folder: String, _ run: String) throws -> ClassScores {
        try ClassEvaluator(run: "\(folder)/\(run)", shards: folder).evaluate(
            division().test, clipSeconds: 0.8, clips: 4)
    }

    @Test(arguments: [TrainSettings.RecipeName.avts, .l3, .multisensory, .arrowOfTime])
    func everyNetworkLearnsClassesThatCanBeTold(_ recipe: TrainSettings.RecipeName) throws {
        try withTemporaryFolder { folder in
            try write(folder)
            try train(folder, "run", recipe, epochs: 16)
            let scores = try scores(folder, "run")
            #expect(scores.videos.count == 3 && scores.videos.values.allSatisfy { $0.clips == 4 })
            #expect(scores.correct() == 3, "\(scores.videos)")
            for video in scores.videos.values { #expect(abs(video.probabilities.reduce(0, +) - 4) < 1e-4) }
        }
    }

    /// The answer layer alone, or with the stages above; the rest stays bit by bit, its statistics, too.
    @Test func whatDoesNotLearnStaysAsItBegan() throws {
        try withTemporaryFolder { folder in
            try write(folder)
            try train(folder, "whole", .avts, epochs: 2)
            let file = "whole/checkpoints/last.safetensors"
            try train(folder, "last", .avts, weights: file, epochs: 1, learns: .lastLayer)
            try train(folder, "upper", .avts, weights: file, epochs: 1, learns: .afterFusion)
            func tensors(_ run: String) throws -> [String: HostTensor] {
                try SafeTensors.read("\(folder)/\(run)/classifier.safetensors").tensors
            }
            let (whole, last, upper) = (try tensors("whole"), try tensors("last"), try tensors("upper"))
            let changedByLast = whole.keys.filter { whole[$0] != last[$0] }
            #expect(Set(changedByLast) == ["fc.weight", "fc.bias"])
            let changedByUpper = whole.keys.filter { whole[$0] != upper[$0] }
            #expect(changedByUpper.contains { $0.hasPrefix("layer4.") })
            #expect(changedByUpper.allSatisfy { $0.hasPrefix("layer4.") || $0.hasPrefix("fc.") })
        }
    }

    @Test func weightsOfAnotherNetworkAreRefusedAndNamed() throws {
        try withTemporaryFolder { folder in
            try write(folder)
            try train(folder, "whole", .avts, epochs: 1)
            var (settings, finetune) = settings(.avts, epochs: 1)
            finetune.learns = .all
            settings.model.video.trunk = .r3d
            settings = try settings.classifying(
                division().training.classes, weights: "whole/checkpoints/last.safetensors", finetune)
            let error = #expect(throws: TrainingError.self) {
                try Trainer(
                    settings: settings, seed: 4, shards: folder, run: "\(folder)/other", base: folder,
                    classes: ClassTraining(videos: division().training, clipSeconds: 0.8)
                ).run(cancellation: Cancellation(), progress: { _ in })
            }
            #expect(error?.description.contains("last.safetensors") == true)
            #expect(error?.description.contains("train.recipe avts") == true)
            let plain = TrainerTests.settings(epochs: [1, 0])
            #expect(throws: TrainingError.self) {
                var separation = plain
                separation.recipeName = .separation
                return try separation.classifying(["a", "b"], weights: "", finetune)
            }
        }
    }

    @Test func aRunThatWasStoppedEndsWithTheBytesOfOneThatWasNot() throws {
        try withTemporaryFolder { folder in
            try write(folder)
            try train(folder, "whole", .avts, epochs: 3)
            let cancellation = Cancellation()
            #expect(throws: CancellationError.self) {
                try train(folder, "stopped", .avts, epochs: 3, cancellation: cancellation) {
                    if $0.step == 5 { cancellation.cancel(.interrupted) }
                }
            }
            try train(folder, "stopped", .avts, epochs: 3)
            let files = ["whole", "stopped"].map { "\(folder)/\($0)/classifier.safetensors" }
            #expect(FileManager.default.contentsEqual(atPath: files[0], andPath: files[1]))
            #expect(try train(folder, "stopped", .avts, epochs: 3) == .wasFinished(steps: 12))
            // Other classes of the same videos are another run.
            #expect(throws: TrainingError.self) {
                try train(folder, "stopped", .avts, epochs: 3, videos: division(shuffled: true).training)
            }
        }
    }

    @Test func flowOfTheOtherDirectionIsNotNeededAndMissingFlowIsSaid() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 1), (.test, 1)]).write(to: folder)
            let error = #expect(throws: TrainingError.self) {
                try train(
                    folder, "run", .arrowOfTime,
                    videos: ClassVideos(classes: ["a", "b"], videos: ["train0": 0, "test0": 1]))
            }
            #expect(error?.description.contains("no flow") == true)
        }
    }
}

extension EngineTests {
    /// A classifier with the published sizes is torchvision's network with so many classes.
    @Suite(.enabled(if: torchIsAvailable)) struct ClassifierNetworkTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        @Test func lossAndProbabilitiesAreTorchs() throws {
            var settings = TrainSettings()
            settings.model.frames = 4
            settings.model.cropSize = 16
            settings.model.video.trunk = .r3d
            settings.classifier.classes = (0..<5).map { "class \($0)" }
            let recipe = ClassifierRecipe(settings: settings, base: settings.recipe)
            let made = try recipe.makeModel([], seed: 3, engine: engine)
            let model = try #require(made as? ClassifierModel)
            let pictures = (0..<3 * 4 * 16 * 16 * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
            var shares = [Float](repeating: 0, count: 15)
            for (row, label) in [4, 0, 2].enumerated() { shares[row * 5 + label] = 1 }
            let batch = TensorBatch(
                inputs: [
                    PictureInput.name: try Tensor(bytes: pictures, shape: [3, 4, 16, 16, 3], engine: engine),
                    LabelInput.name(.picture): try Tensor(shares, shape: [3, 5], engine: engine),
                ], labels: try Tensor([1, 1, 1] as [Float], shape: [3], engine: engine),
                kinds: [.positive, .positive, .positive], pairs: [0, 1, 2])
            let probabilities = try engine.withoutGradients { try model.probabilities(of: batch) }
            // Before the loss, which changes the running statistics.
            var tensors = try model.weights(for: ClassifierRecipe.weights)
            let loss = try model.loss(of: batch).floats()
            try withTemporaryFolder { folder in
                tensors["pictures"] = HostTensor(pictures.map(Float.init), shape: [3, 4, 16, 16, 3])
                tensors["probabilities"] = HostTensor(probabilities, shape: [3, 5])
                tensors["loss"] = HostTensor(loss, shape: [1])
                try SafeTensors.write(.init(tensors: tensors, metadata: [:]), to: folder + "/all.safetensors")
                let program =
                    TorchReference.imports + """
                        import torchvision
                        given = load_file(sys.argv[1])
                        pictures, probabilities, loss = (given.pop(n) for n in ["pictures", "probabilities", "loss"])
                        network = torchvision.models.video.r3d_18(num_classes=5)
                        network.load_state_dict(given, strict=False)
                        mean, deviation = [0.43216, 0.394666, 0.37645], [0.22803, 0.22145, 0.216989]
                        x = (pictures / 255 - torch.tensor(mean)) / torch.tensor(deviation)
                        x = x.permute(0, 4, 1, 2, 3).contiguous()
                        network.eval()
                        assert torch.allclose(network(x).softmax(1), probabilities, atol=1e-4)
                        network.train()
                        own = torch.nn.functional.cross_entropy(network(x), torch.tensor([4, 0, 2]))
                        print("same" if abs(float(own - loss[0])) < 1e-3 else (float(own), float(loss[0])))
                        """
                #expect(try Oracle.run(program, [folder + "/all.safetensors"]) == "same\n")
            }
        }
    }
}
