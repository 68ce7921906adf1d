import Foundation
import TestSupport
import Testing

@testable import AVPrepStore

/// A file that is cut while it is mapped ends the process with one line that names it, and the exit code 1.
@Suite struct MappedFileTests {
    @Test func aReadBeyondTheNewEndEndsTheProcessWithTheFilesName() async throws {
        let result = try await #require(
            processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
        ) {
            try withTemporaryFolder { folder in
                // Others come and go; the right one is named.
                var files: [MappedFile] = []
                for number in 0..<20 {
                    try Data(repeating: 7, count: 1 << 16).write(to: URL(fileURLWithPath: "\(folder)/\(number).h5"))
                    files.append(try MappedFile("\(folder)/\(number).h5"))
                }
                files.removeSubrange(3..<7)
                files.append(try MappedFile("\(folder)/12.h5"))
                truncate("\(folder)/11.h5", 4096)
                exit(Int32(files[7].bytes[40_000]))
            }
        }
        let lines = String(decoding: result.standardErrorContent, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 1)
        #expect(lines.first?.contains("/11.h5 was cut while it was read") == true, "\(lines)")
    }

    /// Any other SIGBUS is not ours.
    @Test func aFaultElsewhereGoesItsUsualWay() async throws {
        await #expect(processExitsWith: .signal(SIGBUS)) {
            try withTemporaryFolder { folder in
                let path = folder + "/own.h5"
                try Data(repeating: 7, count: 1 << 16).write(to: URL(fileURLWithPath: path))
                let mapped = try MappedFile(path)
                signal(SIGBUS, SIG_DFL)
                _ = withExtendedLifetime(mapped) { raise(SIGBUS) }
            }
        }
    }
}
