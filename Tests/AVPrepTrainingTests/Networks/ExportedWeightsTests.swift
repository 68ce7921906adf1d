import AVPrepTorch
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

extension EngineTests {
    /// The lines of README.md that load a trained trunk in Python, run on what a run leaves.
    @Suite(.enabled(if: torchIsAvailable)) struct ExportedWeightsTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        /// The Python block that loads weights, without its fences.
        private static func documentedLines() throws -> String {
            let text = try String(contentsOfFile: Oracle.repository + "/README.md", encoding: .utf8)
            let blocks = text.components(separatedBy: "```python\n").dropFirst().map {
                $0.components(separatedBy: "```")[0]
            }
            return try #require(blocks.first { $0.contains("load_state_dict") })
        }

        @Test(arguments: [
            (VideoNetworkSettings.Trunk.mc3, "mc3_18"), (.r3d, "r3d_18"), (.r2plus1d, "r2plus1d_18"),
        ])
        func theDocumentedLinesLoadEveryTrunkThatTorchvisionHas(
            _ trunk: VideoNetworkSettings.Trunk, _ name: String
        ) throws {
            let lines = try Self.documentedLines()
            #expect(lines.split(separator: "\n").count <= 6)
            #expect(
                lines.contains("torchvision.models.video.mc3_18()") && lines.contains("runs/avts/video.safetensors"))
            var settings = ModelSettings()
            settings.frames = 2
            settings.video.trunk = trunk
            settings.audio.width = 2
            let recipe = AVTSRecipe(model: settings, loss: LossSettings())
            let inputs = [InputShape(name: SpectrogramInput.name, type: .float32, sizes: [1, 18, 10])]
            // Seedless: drawing thirty million numbers takes long. One tensor is told from the others.
            let model = try recipe.makeModel(inputs, seed: nil, engine: engine)
            let mark = HostTensor((0..<512).map { Float($0) }, shape: [512])
            try model.store.fill(
                under: "video.", from: ["layer4.1.conv2.1.bias": mark], isComplete: false, source: "a test")
            try withTemporaryFolder { folder in
                let run = RunFolder(folder + "/runs/avts")
                try run.prepare()
                let file = try #require(recipe.weightFiles.first)
                try SafeTensors.write(
                    .init(tensors: model.weights(for: file), metadata: ["format": "pt"]), to: run.weights(file))
                let program =
                    TorchReference.imports + "import os; os.chdir(sys.argv[1])\n"
                    + lines.replacing("mc3_18", with: name) + """

                        left = network.load_state_dict(load_file("runs/avts/video.safetensors"), strict=False)
                        assert sorted(left.missing_keys) == ["fc.bias", "fc.weight"] and not left.unexpected_keys, left
                        print(int(network.layer4[1].conv2[1].bias.sum()), float(network.stem[0].weight.abs().max()))
                        """
                #expect(try Oracle.run(program, [folder]) == "130816 0.0\n")
            }
        }

        /// Trunks that torchvision lacks are exported by the names of their tables.
        @Test func otherTrunksHaveTheNamesOfTheirTables() throws {
            var settings = ModelSettings()
            settings.frames = 8
            settings.cropSize = 16
            settings.video.trunk = .i3d
            settings.video.width = 2
            settings.audio.trunk = .vgg
            settings.audio.width = 2
            let inputs = [InputShape(name: SpectrogramInput.name, type: .float32, sizes: [1, 18, 10])]
            let avts = AVTSRecipe(model: settings, loss: LossSettings())
            let model = try avts.makeModel(inputs, seed: nil, engine: engine)
            let video = try Set(model.weights(for: "video.safetensors").keys)
            #expect(video.contains("Mixed_5c.b2b.conv3d.weight") && video.contains("Conv3d_1a_7x7.bn.running_mean"))
            #expect(!video.contains { $0.hasPrefix("fc.") || $0.hasPrefix("video.") })
            let audio = try Set(model.weights(for: "audio.safetensors").keys)
            #expect(
                audio.contains("conv4_2.0.weight") && audio.contains("conv1_1.1.bias") && audio.contains("fc.weight"))
            let l3 = try L3Recipe(model: settings, jitter: JitterSettings()).makeModel(
                inputs, seed: nil, engine: engine)
            for file in ["video.safetensors", "audio.safetensors"] {
                #expect(try Set(l3.weights(for: file).keys) == audio.subtracting(["fc.weight", "fc.bias"]))
            }
        }
    }
}
