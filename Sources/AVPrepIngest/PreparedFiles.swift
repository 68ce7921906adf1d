import AVPrepCore
import AVPrepPolicy
import AVPrepStore
import Foundation
import Synchronization

/// The prepared files that lie there before a run, and what was wrong with some of them.
///
/// Only what was read and proved damaged is prepared again, and keeps lying under another name. What could not be read, for
/// whatever reason, may be whole: it stays, and so does what the catalog says of it.
final class PreparedFiles: Sendable {
    /// What lies in the place of a prepared file.
    enum State {
        /// Nothing, now, or a file that lacks what the policy keeps: it is to be prepared.
        case absent
        /// The file, brought under the policy in force.
        case usable(DecidedVideo, fingerprint: [UInt8])
        /// Something that could not be read: nothing is to be done about this video.
        case unread
    }

    let setAside = SetAsideFiles()
    private let unreadNotes = Mutex<[String]>([])
    private let say: @Sendable (String) -> Void

    /// - Parameter say: takes a line for each file that is wrong, at once.
    init(say: @escaping @Sendable (String) -> Void) { self.say = say }

    /// One line a file that could not be read, sorted.
    var unread: [String] { unreadNotes.withLock { $0.sorted() } }

    /// Whether a prepared file is known to be gone.
    func isGone(_ path: String) -> Bool {
        do {
            return try !ExistingFile.isThere(path)
        } catch {
            note("\(error)")
            return false
        }
    }

    /// The size of a prepared file in bytes; nil where it cannot be looked at.
    static func size(of path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// Looks at the file, and sets it aside where it is damaged.
    ///
    /// - Throws: errors that concern the whole run: a disk error, `CancellationError`.
    func state(of path: String, _ reapplication: PolicyReapplication) throws -> State {
        do {
            guard try ExistingFile.isThere(path) else { return .absent }
        } catch let failure as Failure {
            note(failure.description)
            return .unread
        }
        switch try reapplication.decide(path) {
        case .decided(let video, let fingerprint): return .usable(video, fingerprint: fingerprint)
        case .incomplete: return .absent
        case .damaged(let error):
            say("avprep: " + (try setAside.setAside(path, because: error.description)))
            return .absent
        case .unreadable(let error):
            note(error.description)
            return .unread
        }
    }

    private func note(_ text: String) {
        let isNew = unreadNotes.withLock { notes in
            if notes.contains(text) { return false }
            notes.append(text)
            return true
        }
        if isNew { say("avprep: " + text) }
    }
}
