package import AVPrepCore
import Foundation
import Synchronization

/// This process as one of the tasks in a ``PartsFolder``: its log and its journal, its leases, and what it knows of the others.
package final class PartTask: Sendable {
    package let folder: PartsFolder
    package let header: TaskHeader
    private let files: Mutex<Files>
    private let others = Mutex(OtherTasks())
    private let ends = Atomic(false)

    private struct Files: ~Copyable {
        let log: AppendedFile
        let journal: AppendedFile
        /// Leases on items of other parts, which stay until the end: their owners see by them that the items are taken.
        var stolen: [String] = []
        var isOver = false
    }

    /// Joins the tasks, and begins to show that this one lives.
    ///
    /// - Throws: ``Failure`` when the folder cannot be written.
    package init(
        _ folder: PartsFolder, part: PartNumber, leaseSeconds: Double, identity: [String: String], startedAt: String
    ) throws {
        self.folder = folder
        let token = "\(part.index)-of-\(part.count)-\(FileOwner.current)-\(UInt32.random(in: 0...UInt32.max))"
        header = TaskHeader(
            token: token, host: ProcessInfo.processInfo.hostName, process: getpid(), part: part,
            leaseSeconds: leaseSeconds, startedAt: startedAt, identity: identity)
        var made: Files?
        // A merge may take the folder away at this very moment.
        for attempt in 0..<5 {
            try AtomicFile.makeFolder(folder.tasks)
            do {
                made = Files(
                    log: try AppendedFile(creating: folder.log(token)),
                    journal: try AppendedFile(creating: folder.journal(token)))
                break
            } catch  where attempt < 4 && !FileManager.default.fileExists(atPath: folder.tasks) { continue }
        }
        guard let made else { throw Failure("cannot make \(folder.log(token)); merge first, then try again") }
        let line = CheckedLine.encode(try CanonicalJSON.encode(header))
        try made.log.append(line, isDurable: false)
        try made.journal.append(line, isDurable: true)
        files = Mutex(made)
        beat()
    }

    /// A thread of its own shows that the process lives, ten times in the time after which it would be given up.
    private func beat() {
        let pause = max(0.05, header.leaseSeconds / 10)
        Thread.detachNewThread { [weak self] in
            while true {
                usleep(UInt32(min(pause, 60) * 1e6))
                guard let self, !self.ends.load(ordering: .relaxed) else { return }
                // A server that cannot be reached now may be by the next time.
                _ = self.files.withLock { $0.isOver ? nil : $0.log.touch() }
            }
        }
    }

    /// Leaves: gives back all leases, and says so in the log.
    package func leave(_ status: ExitStatus) {
        ends.store(true, ordering: .relaxed)
        files.withLock { files in
            guard !files.isOver else { return }
            files.isOver = true
            // Where this cannot be written, the others wait for the lease to run out.
            try? files.log.append(Data((TaskLog.Line.end(status.rawValue).text + "\n").utf8), isDurable: false)
            for path in files.stolen where Self.content(path) == header.token { unlink(path) }
        }
    }

    /// Leaves no trace: the task has done nothing.
    package func withdraw() {
        leave(.failed)
        unlink(folder.log(header.token))
        unlink(folder.journal(header.token))
    }

    // MARK: - What this task has done

    /// Notes the id of a file's content.
    package func note(content video: String, of key: ItemKey, entry: String) throws {
        try write(entry, .content(key, video))
        others.withLock { $0.contents[key] = video }
    }

    /// Notes what came of an item: durable on return, before anybody is told.
    package func note(done key: ItemKey, entry: String?) throws {
        try write(entry, .done(key))
        others.withLock { _ = $0.finished.insert(key) }
    }

    /// Notes that an item's file is not what was listed any more.
    package func note(changed key: ItemKey) throws {
        try write(nil, .changed(key))
        others.withLock { _ = $0.finished.insert(key) }
    }

    private func write(_ entry: String?, _ line: TaskLog.Line) throws {
        try files.withLock { files in
            guard files.log.isThere else { throw Self.merged(folder) }
            if let entry { try files.journal.append(CheckedLine.encode(entry), isDurable: true) }
            try files.log.append(Data((line.text + "\n").utf8), isDurable: false)
        }
    }

    /// The error of a task that was taken for dead, and whose folder a merge has taken away since.
    private static func merged(_ folder: PartsFolder) -> Failure {
        Failure(
            "\(folder.current) was merged while this task gave no sign of life; what it has prepared since is kept: start the tasks again",
            exitStatus: .busy, endsRun: true)
    }

    // MARK: - Leases

    /// What came of asking for an item.
    package enum Claim: Equatable, Sendable {
        case mine
        /// The task of this token is at it.
        case held(by: String)
    }

    /// Takes an item, or finds out who has it. Whoever is given up loses it.
    package func claim(_ key: ItemKey) throws -> Claim {
        let place = "\(folder.leases)/\(key.text.prefix(2))"
        let path = "\(place)/\(key.text)"
        for _ in 0..<3 {
            let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if file >= 0 {
                let token = header.token
                let count = Foundation.write(file, token, token.utf8.count)
                close(file)
                if count != token.utf8.count {
                    let reason = errno
                    unlink(path)
                    throw Failure(
                        "cannot write \(path): \(systemError(reason)); free disk space or quota", endsRun: true)
                }
                if !header.part.owns(key) { files.withLock { $0.stolen.append(path) } }
                return .mine
            }
            switch errno {
            case EEXIST: break
            case ENOENT:
                guard files.withLock({ $0.log.isThere }) else { throw Self.merged(folder) }
                try AtomicFile.makeFolder(place)
                continue
            default: throw Failure("cannot write \(path): \(systemError()); free disk space or quota", endsRun: true)
            }
            guard let owner = Self.content(path) else { continue }
            if owner == header.token { return .mine }
            if try lives(owner, lease: path) { return .held(by: owner) }
            // Whoever comes here at the same time may take it twice: both then make the same file.
            unlink(path)
        }
        return .held(by: "")
    }

    /// Gives an item back. One of another part that is done stays taken until this task ends.
    package func release(_ key: ItemKey, isDone: Bool) {
        if isDone, !header.part.owns(key) { return }
        let path = "\(folder.leases)/\(key.text.prefix(2))/\(key.text)"
        if Self.content(path) == header.token { unlink(path) }
    }

    private static func content(_ path: String) -> String? {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// Whether the holder of a lease can be taken to live. One whose log is unknown is judged by the lease's own age.
    private func lives(_ token: String, lease: String) throws -> Bool {
        let now = try sign()
        if let known = others.withLock({ $0.lives(token, at: now, in: folder) }) { return known }
        var status = stat()
        guard stat(lease, &status) == 0 else { return false }
        return now - Double(status.st_mtim.tv_sec) <= TaskLog.headlessSeconds
    }

    /// Shows that this task lives.
    ///
    /// - Returns: the time by the clock of the machine that holds the folder.
    private func sign() throws -> Double {
        guard let now = files.withLock({ $0.log.touch() }) else {
            throw Failure("cannot reach \(folder.log(header.token)): \(systemError())", endsRun: true)
        }
        return now
    }

    /// When the task of this token last showed that it lives, by the clock of the machine that holds the folder; nil where it
    /// has ended or is unknown.
    package func lastSign(of token: String) -> Double? {
        others.withLock { others in
            guard others.readOn(token, in: folder), let log = others.logs[token], log.exitCode == nil else {
                return nil
            }
            return log.lastSign
        }
    }

    // MARK: - What others have done

    /// Reads what is new in the logs of all tasks.
    ///
    /// - Parameter isDue: only where the last time was long enough ago, as against how long it took.
    package func lookAround(ifDue isDue: Bool = false) throws {
        try others.withLock { try $0.lookAround(in: folder, own: header.token, ifDue: isDue) }
    }

    /// Whether an item is known to need nothing more.
    package func isFinished(_ key: ItemKey) -> Bool { others.withLock { $0.finished.contains(key) } }

    /// The id of a file's content, as far as a task has found it.
    package func content(of key: ItemKey) -> String? { others.withLock { $0.contents[key] } }
}

/// What a task knows of all others, and of itself.
private struct OtherTasks {
    var logs: [String: TaskLog] = [:]
    var finished: Set<ItemKey> = []
    var contents: [ItemKey: String] = [:]
    private var lookedAt = ContinuousClock.now - .seconds(86_400)
    private var duration = Duration.zero

    mutating func lookAround(in folder: PartsFolder, own: String, ifDue: Bool) throws {
        let start = ContinuousClock.now
        // With many tasks each look takes long: one part in twenty of the time is spent on it.
        if ifDue, start - lookedAt < max(.seconds(1), duration * 20) { return }
        for token in try folder.tokens() where token != own { _ = readOn(token, in: folder) }
        lookedAt = .now
        duration = lookedAt - start
    }

    /// - Returns: whether there is such a task.
    @discardableResult
    mutating func readOn(_ token: String, in folder: PartsFolder) -> Bool {
        var log = logs[token] ?? TaskLog(path: folder.log(token))
        if log.exitCode != nil { return true }
        for line in log.readOn() {
            switch line {
            case .content(let key, let video): contents[key] = video
            case .done(let key), .changed(let key): finished.insert(key)
            case .end: break
            }
        }
        guard log.isThere else { return false }
        logs[token] = log
        return true
    }

    /// Nil when there is no such task.
    mutating func lives(_ token: String, at now: Double, in folder: PartsFolder) -> Bool? {
        guard !token.isEmpty, readOn(token, in: folder) else { return nil }
        return logs[token]?.lives(at: now)
    }
}
