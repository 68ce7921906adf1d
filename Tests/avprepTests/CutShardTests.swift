import Foundation
import TestSupport
import Testing

/// A shard that somebody cuts while it is being trained on.
@Suite struct CutShardTests {
    @Test(.enabled(if: Products.hasEngine, "the torch engine is not built"))
    func trainingEndsWithOneLineThatNamesTheShardAndGoesOnAfterwards() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 10)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            let shards = corpus.folder + "/shards"
            let names = try FileManager.default.contentsOfDirectory(atPath: shards).filter {
                $0.hasPrefix("train-") && $0.hasSuffix(".h5") && !$0.hasSuffix(".pairs.h5")
            }
            #expect(!names.isEmpty)
            for name in names {
                try FileManager.default.copyItem(atPath: "\(shards)/\(name)", toPath: "\(folder)/\(name)")
            }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Products.avprep)
            let arguments = ["train", "-q", "--set", "train.pairs_per_epoch=480000"]
            process.arguments = arguments
            process.currentDirectoryURL = URL(fileURLWithPath: corpus.folder)
            process.standardOutput = FileHandle.nullDevice
            let error = Pipe()
            process.standardError = error
            try process.run()
            let checkpoint = corpus.folder + "/runs/small/checkpoints/last.safetensors"
            for _ in 0..<600 where process.isRunning && !FileManager.default.fileExists(atPath: checkpoint) {
                usleep(50_000)
            }
            #expect(FileManager.default.fileExists(atPath: checkpoint))
            for name in names { #expect(truncate("\(shards)/\(name)", 4096) == 0) }
            let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationReason == .exit && process.terminationStatus == 1, "\(text)")
            #expect(text.split(separator: "\n").count == 1, "\(text)")
            #expect(names.contains { text.contains("\($0) was cut while it was read") }, "\(text)")
            // The checkpoint is whole: with the shard back, the run goes on from it.
            for name in names {
                try FileManager.default.removeItem(atPath: "\(shards)/\(name)")
                try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: "\(shards)/\(name)")
            }
            let rest = try corpus.run(arguments)
            #expect(rest.status == 0, "\(rest.standardError)")
        }
    }
}
