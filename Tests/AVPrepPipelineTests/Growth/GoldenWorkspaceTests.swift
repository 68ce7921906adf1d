import AVPrepCore
import Foundation
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct GoldenWorkspaceTests {
    /// Writes the archive when asked to; it does not touch one that is there.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["AVPREP_GOLDEN"] != nil, "AVPREP_GOLDEN=1 writes it"))
    func theGoldenWorkspaceIsWritten() throws {
        let archive = GoldenWorkspace.archive
        guard !FileManager.default.fileExists(atPath: archive) else { return }
        try AtomicFile.makeFolder((archive as NSString).deletingLastPathComponent)
        try withTemporaryFolder { try GoldenWorkspace.make(in: $0, archive: archive) }
    }
}
