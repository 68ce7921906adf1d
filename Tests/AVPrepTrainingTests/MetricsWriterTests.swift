import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

@Suite struct MetricsWriterTests {
    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func aRunThatGoesOnReadsLikeOneThatNeverStopped() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/metrics.csv"
            let first = try MetricsWriter(path: path, columns: ["loss", "stage"], lastStep: 0)
            for step in [10, 20, 30] { try first.write(step: step, ["loss": .number(1 / Double(step))]) }
            // Killed within a line; the last checkpoint was at step 20.
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data("2".utf8))
            let second = try MetricsWriter(path: path, columns: ["loss", "stage"], lastStep: 20)
            try second.write(step: 30, ["loss": 0.25, "stage": "hard, late \"x\""])
            #expect(
                try text(path) == """
                    step,loss,stage
                    10,0.1,
                    20,0.05,
                    30,0.25,"hard, late ""x\"""

                    """)
        }
    }

    @Test func aFileWithOtherColumnsIsLeftAlone() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/metrics.csv"
            try Data("step,other\n1,2\n".utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: TrainingError.self) { try MetricsWriter(path: path, columns: ["loss"], lastStep: 9) }
            #expect(try text(path) == "step,other\n1,2\n")
        }
    }

    @Test func aFileThatCannotBeReadIsNotReplaced() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/metrics.csv"
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
            #expect(throws: Failure.self) { try MetricsWriter(path: path, columns: ["loss"], lastStep: 0) }
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == path)
            // Nor does a run whose checkpoint cannot be looked at begin anew.
            let run = RunFolder(folder)
            try FileManager.default.createDirectory(atPath: run.checkpoints, withIntermediateDirectories: true)
            let last = run.checkpoint(.last)
            #expect(try !run.has(.last))
            try FileManager.default.createSymbolicLink(atPath: last, withDestinationPath: last)
            #expect(throws: Failure.self) { try run.has(.last) }
        }
    }

    @Test func aFileTornWithinItsHeaderStartsAnew() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/metrics.csv"
            try Data("step,lo".utf8).write(to: URL(fileURLWithPath: path))
            _ = try MetricsWriter(path: path, columns: ["loss"], lastStep: 0)
            #expect(try text(path) == "step,loss\n")
        }
    }
}
