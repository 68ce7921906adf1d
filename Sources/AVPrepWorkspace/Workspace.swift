import AVPrepCore
package import AVPrepSettings
import Foundation

/// The folder of a pipeline file with all files that avprep keeps there; only one process at a time may change it.
package struct Workspace: Sendable {
    /// The folder of the pipeline file; its relative paths start here.
    package let folder: String
    package let settings: PipelineSettings
    /// What of the settings the command line has set beside the pipeline file: `KEY=VALUE`, in order.
    package let overrides: [String]

    /// - Parameters:
    ///   - folder: where relative paths start.
    ///   - settings: the settings in force.
    ///   - overrides: what the command line has set of them.
    package init(folder: String, settings: PipelineSettings, overrides: [String] = []) {
        self.folder = folder.isEmpty ? "." : folder
        self.settings = settings
        self.overrides = overrides
    }

    package var prepared: String { path(settings.folders.prepared) }
    package var shards: String { path(settings.folders.shards) }
    package var runs: String { path(settings.folders.runs) }
    package var catalog: String { path(settings.folders.catalog) }

    /// `name` relative to the pipeline file's folder.
    package func path(_ name: String) -> String {
        if name.hasPrefix("/") { return name }
        return folder == "." ? name : "\(folder)/\(name)"
    }

    /// Number of worker threads: as set, or one per core.
    package var workers: Int {
        settings.workers > 0 ? settings.workers : AvailableProcessors.count
    }

    /// The name of the file that is locked while a command changes the workspace.
    package static let lockName = ".avprep.lock"

    /// Takes the lock, waiting for it up to a second: child processes of an avprep that was just killed may hold it
    /// until they end.
    private func lock(_ file: Int32) -> Bool {
        for _ in 0..<20 {
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(50_000)
        }
        return flock(file, LOCK_EX | LOCK_NB) == 0
    }

    /// Runs `body` while no other avprep can change this workspace.
    ///
    /// The operating system holds the lock (`flock`) and releases it when the process ends, however it ends.
    /// - Throws: ``Failure`` with exit status 75 when another process holds it.
    package func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
        try AtomicFile.makeFolder(folder)
        let name = path(Self.lockName)
        let file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw Failure("cannot write in \(folder): \(systemError()); give another folder or make it writable")
        }
        defer { close(file) }
        guard lock(file) else {
            var text = [CChar](repeating: 0, count: 32)
            let count = max(0, pread(file, &text, text.count - 1, 0))
            let owner = String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw Failure(
                "another avprep\(owner.isEmpty ? "" : " (process \(owner))") is using \(folder); wait until it ends, or try again later",
                exitStatus: .busy)
        }
        let owner = String(getpid())
        ftruncate(file, 0)
        pwrite(file, owner, owner.utf8.count, 0)
        defer { ftruncate(file, 0) }
        return try body()
    }
}
