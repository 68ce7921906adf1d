import AVPrepCore
import Foundation

/// The folder in which the tasks of one listing meet: what there is to do, who does it, and what came of it.
///
///     current/listing                what there is to do, written once, by the first task
///     current/tasks/TOKEN.log        what a task says of itself and has done; its time of modification is its sign of life
///     current/tasks/TOKEN.journal    what came of its items, for `merge`
///     current/leases/ab/ITEM         who is at an item: holds a TOKEN
///     merged-…                       the same after a merge, on its way out
///
/// Nothing in it needs locks or memory that processes share, no file has two writers, and nothing depends on the leases but
/// time: two tasks at one item make the same file.
package struct PartsFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package var current: String { "\(path)/current" }
    package var listing: String { "\(current)/listing" }
    var tasks: String { "\(current)/tasks" }
    var leases: String { "\(current)/leases" }

    static let logEnding = ".log"
    static let journalEnding = ".journal"

    func log(_ token: String) -> String { "\(tasks)/\(token)\(Self.logEnding)" }
    func journal(_ token: String) -> String { "\(tasks)/\(token)\(Self.journalEnding)" }

    /// Whether tasks have left anything that is not merged.
    ///
    /// - Throws: ``Failure`` when the system cannot say.
    package func isInUse() throws -> Bool { try ExistingFile.isThere(tasks) }

    /// The tokens of all tasks, sorted.
    package func tokens() throws -> [String] {
        try ExistingFile.names(inFolder: tasks).filter { $0.hasSuffix(Self.logEnding) }.map {
            String($0.dropLast(Self.logEnding.count))
        }
    }

    /// The time by the clock of the machine that holds the folder: signs of life are told by no other.
    package func now() throws -> Double {
        let probe = AtomicFile.temporaryPath(for: "\(path)/clock-\(UInt32.random(in: 0...UInt32.max))")
        let file = try AppendedFile(creating: probe)
        defer { unlink(probe) }
        guard let now = file.touch() else { throw Failure("cannot read the time of \(probe): \(systemError())") }
        return now
    }

    /// The state of every task, in the order of their tokens.
    ///
    /// - Parameter clock: the time to judge by, for those who write nothing; nil: that of the machine that holds the folder.
    package func states(by clock: Double? = nil) throws -> [TaskState] {
        guard try isInUse() else { return [] }
        let now = try clock ?? now()
        return try tokens().map { token in
            var log = TaskLog(path: log(token))
            var done: Set<ItemKey> = []
            for case .done(let key) in log.readOn() { done.insert(key) }
            return TaskState(
                token: token, header: log.header, done: done.count, exitCode: log.exitCode,
                isRunning: log.lives(at: now), silentSeconds: max(0, now - log.lastSign))
        }
    }

    /// Moves what was merged out of the way at once, and removes it.
    ///
    /// - Throws: ``Failure`` when it cannot be moved; then nothing has changed.
    package func retire() throws {
        let old = "\(path)/merged-\(FileOwner.current)-\(UInt64.random(in: 0...UInt64.max))"
        guard rename(current, old) == 0 else {
            throw Failure(
                "cannot rename \(current): \(systemError()); its work is in the catalog: remove it yourself, or merge again"
            )
        }
        for name in try ExistingFile.names(inFolder: path) where name.hasPrefix("merged-") {
            do {
                try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            } catch let error as CocoaError where error.code == .fileNoSuchFile {
                // Another merge was here.
            } catch {
                throw Failure("cannot remove \(path)/\(name): \(AtomicFile.diskReason(error)); remove it yourself")
            }
        }
        // Only where it is empty.
        _ = rmdir(path)
    }
}

/// What is known of a task from its log.
package struct TaskState: Sendable, Codable {
    package let token: String
    /// Nil where the log is damaged, or was not written yet.
    package let header: TaskHeader?
    /// How many items it has done.
    package let done: Int
    /// Its exit code; nil while it runs, and where it was killed.
    package let exitCode: Int32?
    package let isRunning: Bool
    /// How long ago it showed that it lives.
    package let silentSeconds: Double

    /// One line about it.
    package var text: String {
        let name = header.map { "part \($0.part) on \($0.host) (process \($0.process))" } ?? "task \(token)"
        let state =
            switch (exitCode, isRunning) {
            case (let code?, _): code == 0 ? "ended" : "ended with exit code \(code)"
            case (nil, true): "running"
            case (nil, false): "no sign of life for \(Int(silentSeconds)) s: killed or cut off"
            }
        return "\(name): \(done) done, \(state)"
    }
}
