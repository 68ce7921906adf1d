import AVPrepCore
import Foundation

/// What a task says of itself, first thing in its log and in its journal.
package struct TaskHeader: StoredRecord, Sendable, Equatable {
    /// The version of logs, journals and listings.
    package static let currentFormat = 1

    package var format = Self.currentFormat
    /// The name of its files.
    package let token: String
    package let host: String
    package let process: Int32
    package let part: PartNumber
    /// After so many seconds without a sign of life its work is others'.
    package let leaseSeconds: Double
    package let startedAt: String
    /// What all tasks of one listing have in common, by name.
    package let identity: [String: String]
}

/// The log of a task, read by others while it is written: which items are done, and which contents are known.
///
/// It is short, so that each of many tasks can read those of all others; what came of the items is in the journal. A line
/// lost or doubled costs time, never correctness: `merge` reads journals alone.
struct TaskLog {
    /// A line after the header.
    enum Line: Equatable {
        /// A file's content has this id.
        case content(ItemKey, String)
        /// The item is done: it has an outcome, or is another one's duplicate.
        case done(ItemKey)
        /// The item's file is not what was listed any more.
        case changed(ItemKey)
        /// The task has ended, with this exit code.
        case end(Int32)

        var text: String {
            switch self {
            case .content(let key, let video): "h \(key.text) \(video)"
            case .done(let key): "d \(key.text)"
            case .changed(let key): "c \(key.text)"
            case .end(let status): "e \(status)"
            }
        }

        init?(_ text: Substring) {
            let words = text.split(separator: " ")
            switch (words.first, words.count) {
            case ("h", 3):
                guard let key = ItemKey(words[1]) else { return nil }
                self = .content(key, String(words[2]))
            case ("d", 2):
                guard let key = ItemKey(words[1]) else { return nil }
                self = .done(key)
            case ("c", 2):
                guard let key = ItemKey(words[1]) else { return nil }
                self = .changed(key)
            case ("e", 2):
                guard let status = Int32(words[1]) else { return nil }
                self = .end(status)
            default: return nil
            }
        }
    }

    let path: String
    private(set) var header: TaskHeader?
    /// Set once the task has ended.
    private(set) var exitCode: Int32?
    /// When the task last showed that it lives, in seconds by the clock of the machine that holds the file.
    private(set) var lastSign = 0.0
    /// Whether the file is still there.
    private(set) var isThere = true
    private var offset = 0

    init(path: String) { self.path = path }

    /// Reads on from where it was read up to.
    ///
    /// - Returns: the whole lines that are new.
    mutating func readOn() -> [Line] {
        // Opened anew each time: network file systems look for news when a file is opened.
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            isThere = errno != ENOENT
            return []
        }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        var status = stat()
        guard fstat(file, &status) == 0 else { return [] }
        lastSign = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
        guard Int(status.st_size) > offset, (try? handle.seek(toOffset: UInt64(offset))) != nil,
            let data = try? handle.readToEnd(), let last = data.lastIndex(of: UInt8(ascii: "\n"))
        else { return [] }
        let whole = data[data.startIndex...last]
        offset += whole.count
        var lines: [Line] = []
        for bytes in whole.split(separator: UInt8(ascii: "\n")) {
            if header == nil {
                header = CheckedLine.decode(bytes).flatMap { try? StoredJSON.decode(TaskHeader.self, from: $0) }
                continue
            }
            guard let line = Line(Substring(decoding: bytes, as: UTF8.self)) else { continue }
            if case .end(let status) = line { exitCode = status } else { lines.append(line) }
        }
        return lines
    }

    /// Whether the task can be taken to live, at a time of the same clock.
    func lives(at now: Double) -> Bool {
        guard exitCode == nil, isThere else { return false }
        return now - lastSign <= (header?.leaseSeconds ?? Self.headlessSeconds)
    }

    /// How long a task without a readable header is waited for.
    static let headlessSeconds = 120.0
}
