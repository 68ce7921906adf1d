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
    /// Whether this process holds the lock for several stages; see ``holding(_:)``.
    private var isHeld = false

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
    /// The folder of the run named in the settings.
    package var runFolder: String { "\(runs)/\(settings.runName)" }
    package var catalog: String { path(settings.folders.catalog) }
    package var parts: String { path(settings.folders.parts) }

    /// `name` relative to the pipeline file's folder.
    package func path(_ name: String) -> String {
        if name.hasPrefix("/") { return name }
        return folder == "." ? name : "\(folder)/\(name)"
    }

    /// Number of worker threads: as set, or one per core.
    package var workers: Int {
        settings.workers > 0 ? settings.workers : AvailableProcessors.count
    }

    /// Takes the lock, waiting for it up to a second: child processes of an avprep that was just killed may hold it
    /// until they end.
    private func take(_ lock: FileLock, of file: Int32, waits: Bool) -> FileLock.Outcome {
        for _ in 0..<(waits ? 20 : 0) {
            let outcome = lock.take(file)
            if outcome != .busy { return outcome }
            usleep(50_000)
        }
        return lock.take(file)
    }

    /// Runs `body` while no other avprep can change this workspace.
    ///
    /// The operating system holds the lock and releases it when the process ends, however it ends.
    /// - Throws: ``Failure`` with exit status 75 when another process holds it.
    package func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
        if isHeld { return try body() }
        return try exclusively(by: FileLock(), body)
    }

    /// The same for several stages in a row, which get a workspace whose lock they need not take.
    ///
    /// - Throws: ``Failure`` with exit status 75, at once, when another process holds the lock.
    package func holding<Result>(_ body: (Workspace) throws -> Result) throws -> Result {
        var held = self
        held.isHeld = true
        return try exclusively(by: FileLock(), waits: false) { try body(held) }
    }

    /// The same workspace with other settings; who holds its lock still does.
    package func with(_ settings: PipelineSettings) -> Workspace {
        var other = Workspace(folder: folder, settings: settings, overrides: overrides)
        other.isHeld = isHeld
        return other
    }

    /// The same with a choice of locks.
    ///
    /// - Parameter waits: whether to wait up to a second for child processes of an avprep that was killed.
    func exclusively<Result>(by lock: FileLock, waits: Bool = true, _ body: () throws -> Result) throws -> Result {
        try AtomicFile.makeFolder(folder)
        let name = path(settings.folders.lock)
        let file = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o644)
        guard file >= 0 else {
            throw Failure("cannot write \(name): \(systemError()); make its folder writable, or set folders.lock")
        }
        defer { close(file) }
        switch take(lock, of: file, waits: waits) {
        case .taken: break
        case .busy:
            var text = [CChar](repeating: 0, count: 32)
            let count = max(0, pread(file, &text, text.count - 1, 0))
            let owner = String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw Failure(
                "another avprep\(owner.isEmpty ? "" : " (process \(owner))") is using \(folder); wait until it ends, or try again later",
                exitStatus: .busy)
        case .missing(let answers):
            throw Failure(
                "the file system of \(name) has no file locks (\(answers)), so nothing keeps a second avprep out; mount it with locks (Lustre: -o flock), or set folders.lock to a file on a disk that has them and run avprep on one machine at a time"
            )
        }
        // Who holds the lock is said for people: where it cannot be written, the message does without.
        let owner = String(getpid())
        if ftruncate(file, 0) == 0, pwrite(file, owner, owner.utf8.count, 0) != owner.utf8.count {
            throw Failure("cannot write \(name): \(systemError()); free disk space")
        }
        return try body()
    }
}
