import AVPrepCore
import AVPrepSettings
import Foundation
import TestSupport
import Testing

@testable import AVPrepWorkspace

/// One process at a time, by the locks that the file system has; where it has none, that is what is said.
@Suite struct WorkspaceLockTests {
    private static func missing(_ name: String, _ error: Int32) -> FileLock.Call {
        FileLock.Call(name: name) { _ in error }
    }

    /// Lustre without `-o flock`, some FUSE and NFS mounts.
    @Test(arguments: [ENOSYS, EOPNOTSUPP, EINVAL, ENOLCK])
    func withoutFlockPOSIXLocksExclude(error: Int32) throws {
        try withTemporaryFolder { folder in
            let workspace = try SmallCorpus(folder).workspace
            let lock = FileLock(calls: [Self.missing("flock", error), .posix])
            try workspace.exclusively(by: lock) {
                let failure = #expect(throws: Failure.self) { try workspace.exclusively(by: lock) {} }
                #expect(failure?.exitStatus == .busy)
                #expect(failure?.description.contains("another avprep (process \(getpid()))") == true)
            }
            try workspace.exclusively(by: lock) {}
        }
    }

    @Test func withoutAnyLocksTheMessageNamesThemAndWhatHelps() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            let lock = FileLock(calls: [Self.missing("flock", ENOSYS), Self.missing("fcntl", ENOLCK)])
            let failure = #expect(throws: Failure.self) { try corpus.workspace.exclusively(by: lock) {} }
            #expect(failure?.exitStatus == .failed)
            let text = failure?.description ?? ""
            #expect(text.contains("flock: Function not implemented, fcntl: No locks available"), "\(text)")
            #expect(text.contains("folders.lock") && !text.contains("another avprep") && !text.contains("\n"))
            // The lock may lie elsewhere.
            try withTemporaryFolder { local in
                corpus.settings.folders.lock = local + "/lock"
                try corpus.workspace.exclusively {
                    #expect(FileManager.default.fileExists(atPath: local + "/lock"))
                    let second = #expect(throws: Failure.self) { try corpus.workspace.exclusively {} }
                    #expect(second?.exitStatus == .busy)
                }
            }
        }
    }

    @Test func aLockThatIsHeldIsBusyWhateverElseIsMissing() throws {
        try withTemporaryFolder { folder in
            let workspace = try SmallCorpus(folder).workspace
            let lock = FileLock(calls: [Self.missing("flock", EWOULDBLOCK), Self.missing("fcntl", ENOLCK)])
            let failure = #expect(throws: Failure.self) { try workspace.exclusively(by: lock) {} }
            #expect(failure?.exitStatus == .busy)
        }
    }
}
