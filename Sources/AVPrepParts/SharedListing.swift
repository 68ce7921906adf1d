package import AVPrepCore
import Foundation

/// The listing that all tasks of a ``PartsFolder`` divide: one task makes it, the others wait for it.
package enum SharedListing {
    /// The listing as it was written: the identity of its makers, and a line an item.
    package struct Content: Sendable {
        package let identity: [String: String]
        package let lines: [String]
    }

    private struct Heading: StoredRecord {
        var format = TaskHeader.currentFormat
        let identity: [String: String]
        let items: Int
        let digest: String
    }

    /// The listing that is there, or the one that `make` makes.
    ///
    /// - Parameters:
    ///   - make: the lines of the items; called while this task holds the lease on the listing.
    ///   - waiting: called once where another task makes it.
    /// - Throws: ``Failure``; `CancellationError`; what `make` throws.
    package static func obtain(
        _ task: PartTask, cancellation: Cancellation, waiting: () -> Void, make: () throws -> [String]
    ) throws -> Content {
        let key = ItemKey(of: "listing")
        var hasSaid = false
        while true {
            if let content = try read(task.folder) { return content }
            if case .mine = try task.claim(key) {
                defer { task.release(key, isDone: true) }
                if let content = try read(task.folder) { return content }
                let lines = try make()
                try publish(lines, task)
                continue
            }
            if !hasSaid { waiting() }
            hasSaid = true
            try cancellation.wait(seconds: 0.3)
        }
    }

    /// - Returns: nil where there is none yet.
    package static func read(_ folder: PartsFolder) throws -> Content? {
        guard let data = try ExistingFile.content(folder.listing) else { return nil }
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        let damage = Failure(
            "\(folder.listing) is damaged; merge what the tasks have done with avprep merge, and start them again",
            exitStatus: .badInput)
        guard let first = lines.first, let text = CheckedLine.decode(first) else { throw damage }
        let heading: Heading
        do {
            heading = try StoredJSON.decode(Heading.self, from: text)
        } catch StoredJSONError.newer {
            throw Failure(
                "\(folder.listing) was written by a later version of avprep; run that one in all tasks",
                exitStatus: .badInput)
        } catch {
            throw damage
        }
        let items = lines.dropFirst().map { String(decoding: $0, as: UTF8.self) }
        guard heading.items == items.count, heading.digest == digest(items) else { throw damage }
        return Content(identity: heading.identity, lines: items)
    }

    /// The first listing stays: where two tasks come here, whatever the lease, all take the same.
    private static func publish(_ lines: [String], _ task: PartTask) throws {
        let path = task.folder.listing
        let heading = Heading(identity: task.header.identity, items: lines.count, digest: digest(lines))
        var data = CheckedLine.encode(try CanonicalJSON.encode(heading))
        for line in lines { data.append(contentsOf: line.utf8 + [UInt8(ascii: "\n")]) }
        let own = "\(path)-\(task.header.token)"
        try AtomicFile.write(data, to: own)
        defer { unlink(own) }
        if link(own, path) == 0 || errno == EEXIST { return }
        // A file system without links to files: the last one stays.
        guard rename(own, path) == 0 else {
            throw Failure("cannot rename \(own) to \(path): \(systemError())", endsRun: true)
        }
    }

    private static func digest(_ lines: [String]) -> String {
        SHA256.digest(of: lines.joined(separator: "\n")).hex
    }
}
