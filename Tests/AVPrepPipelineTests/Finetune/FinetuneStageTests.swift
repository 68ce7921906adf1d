import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepTorch
import AVPrepTraining
import AVPrepWorkspace
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepPipeline

/// A data set's official divisions, from list files to a mean accuracy.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct FinetuneStageTests {
    /// Nine videos of three kinds, and two divisions of them; one listed video is nowhere.
    private func workspace(_ folder: String) throws -> Workspace {
        var shards = PracticeShards(
            width: 16, height: 16, shards: (0..<6).map { _ in (.train, 1) } + (0..<3).map { _ in (.test, 1) })
        shards.firstNumbers = [0, 5, 10, 0, 5, 10, 0, 5, 10]
        try AtomicFile.makeFolder(folder + "/shards")
        try shards.write(to: folder + "/shards")
        try FileManager.default.createDirectory(atPath: folder + "/lists", withIntermediateDirectories: true)
        func list(_ name: String, _ lines: [String]) throws {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(
                to: URL(fileURLWithPath: "\(folder)/lists/\(name)"))
        }
        let classes = ["Low", "Middle", "High"]
        try list("classInd.txt", classes.enumerated().map { "\($0 + 1) \($1)" })
        try list("trainlist01.txt", (0..<6).map { "\(classes[$0 % 3])/train\($0).mp4 \($0 % 3 + 1)" })
        try list("testlist01.txt", (0..<3).map { "\(classes[$0])/test\($0).mp4" } + ["Low/gone.mp4"])
        try list(
            "trainlist02.txt",
            (0..<3).flatMap { ["\(classes[$0])/test\($0).mp4 \($0 + 1)", "\(classes[$0])/train\($0).mp4 \($0 + 1)"] })
        try list("testlist02.txt", (3..<6).map { "\(classes[$0 - 3])/train\($0).mp4" })
        var settings = PipelineSettings()
        settings.train.loaderThreads = 1
        settings.train.threads = 1
        settings.train.cropScale = [1, 1]
        settings.train.flip = false
        settings.train.model.cropSize = 16
        settings.train.model.video.width = 8
        settings.shard.pairs.clipSeconds = 0.8
        settings.finetune.source = .ucf101
        settings.finetune.lists = "lists"
        settings.finetune.splits = [1, 2]
        settings.finetune.epochs = 30
        settings.finetune.batchSize = 6
        settings.finetune.trainClips = 4
        settings.finetune.testClips = 3
        settings.finetune.optimizer.kind = .adam
        settings.finetune.optimizer.schedule = .constant
        settings.finetune.optimizer.weightDecay = 0
        return Workspace(folder: folder, settings: settings)
    }

    private func run(_ workspace: Workspace) throws -> FinetuneReport {
        try FinetuneStage.run(workspace, StageContext(), environment: [:])
    }

    private func message(_ body: () throws -> FinetuneReport) -> String {
        do { return try body().text } catch { return "\((error as? any ActionableError)?.description ?? "\(error)")" }
    }

    @Test func eachDivisionIsLearntAndMeasuredAndNothingIsDoneTwice() throws {
        try withTemporaryFolder { folder in
            let workspace = try workspace(folder)
            let report = try run(workspace)
            #expect(report.splits.map(\.accuracy) == [1, 1] && report.accuracy == 1)
            let first = try #require(report.splits.first)
            #expect(first.leftOut == ["test": ["not in the shards": 1]] && first.listedTestVideos == 4)
            #expect(first.accuracyOfListed == 0.75 && first.testClips == 9 && first.trainingVideos == 6)
            #expect(first.confusion == [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
            #expect(report.pictures == report.splits.map { "\($0.folder)/confusion.png" })
            #expect(report.pictures.allSatisfy { (FileManager.default.contents(atPath: $0)?.count ?? 0) > 1000 })
            let text = report.text
            #expect(text.contains("mean") && text.contains("1 not in the shards") && text.contains("75.0 %"), "\(text)")
            #expect(text.contains("random weights"))
            let stored = try #require(FileManager.default.contents(atPath: folder + "/runs/finetune/finetune.json"))
            #expect(try JSONDecoder().decode(FinetuneReport.self, from: stored).splits.count == 2)
            let weights = folder + "/runs/finetune/split-2/classifier.safetensors"
            let before = try FileManager.default.attributesOfItem(atPath: weights)[.modificationDate] as? Date
            #expect(try run(workspace).text == text)
            #expect(try FileManager.default.attributesOfItem(atPath: weights)[.modificationDate] as? Date == before)

            // The run's network but for its answers, which are other classes' now; of few videos.
            var going = workspace.settings
            going.finetune.name = "going-on"
            going.finetune.run = "finetune/split-1"
            going.finetune.learns = .lastLayer
            going.finetune.videosPerClass = 1
            going.finetune.splits = [2]
            let last = try run(workspace.with(going))
            #expect(last.splits[0].trainingVideos == 3)
            #expect(
                last.text.contains("the last weights of finetune/split-1")
                    && last.text.contains("1 training videos a class"))
        }
    }

    @Test func whatIsMissingIsSaidBeforeAnythingIsTrained() throws {
        try withTemporaryFolder { folder in
            let workspace = try workspace(folder)
            func said(_ change: (inout FinetuneSettings) -> Void) -> String {
                var settings = workspace.settings
                change(&settings.finetune)
                return message { try run(workspace.with(settings)) }
            }
            #expect(said { $0.source = .labels }.contains("have no labels"))
            #expect(said { $0.lists = "" }.contains("finetune.lists"))
            #expect(said { $0.run = "none" }.contains("runs/none has no checkpoint"))
            #expect(said { ($0.run, $0.weights) = ("a", "b.pth") }.contains("set one of them"))
            #expect(said { $0.clipSeconds = 9 }.contains("6 shorter than a clip"))
            #expect(said { $0.splits = [3] }.contains("trainlist03.txt"))
            #expect(
                !FileManager.default.fileExists(atPath: folder + "/runs/finetune/split-1/checkpoints/last.safetensors"))
            #expect(
                message {
                    try FinetuneStage.run(
                        workspace, StageContext(),
                        environment: [
                            "RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500",
                        ])
                }
                .contains("one process"))
        }
    }
}
