import Foundation
import Synchronization

/// Files that are not what they should be, and in whose place others are made: they get another name in their folder, and
/// are reported. Nothing is deleted.
package final class SetAsideFiles: Sendable {
    private let notes = Mutex<[String]>([])

    package init() {}

    /// One line a file that was set aside, sorted.
    package var lines: [String] { notes.withLock { $0.sorted() } }

    /// Renames `path` to the first of `NAME.MARK-1`, `NAME.MARK-2`, … that is free.
    ///
    /// - Parameters:
    ///   - mark: what became of the file, in one word.
    ///   - reason: a sentence that names the file; the note adds its new name.
    /// - Returns: the note.
    /// - Throws: ``Failure`` when the folder refuses.
    @discardableResult
    package func setAside(_ path: String, mark: String = "damaged", because reason: String) throws -> String {
        for number in 1... {
            let place = "\(path).\(mark)-\(number)"
            // The name is taken before it is used: a rename alone would overwrite what another process has put there.
            let file = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if file < 0, errno == EEXIST { continue }
            guard file >= 0 else { throw Self.failure(path, systemError()) }
            close(file)
            guard rename(path, place) == 0 else {
                let reason = systemError()
                unlink(place)
                throw Self.failure(path, reason)
            }
            let note = "\(reason); it was set aside as \((place as NSString).lastPathComponent)"
            notes.withLock { $0.append(note) }
            return note
        }
        preconditionFailure("the numbers ran out")
    }

    private static func failure(_ path: String, _ reason: String) -> Failure {
        Failure("cannot set \(path) aside: \(reason); move it away, and run the command again")
    }
}
