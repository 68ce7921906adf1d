import AVPrepCore
import Foundation

/// The journal of a task, read line by line.
package struct JournalReader {
    package let token: String
    package let path: String
    /// Nil where the first line is damaged.
    package private(set) var header: TaskHeader?
    /// Lines that are damaged, but for one at the end that was being written.
    package private(set) var damagedLines = 0

    /// Where an entry lies in its file.
    package struct Place: Sendable {
        package let offset: Int
        package let length: Int
    }

    package init(_ token: String, in folder: PartsFolder) {
        self.token = token
        path = folder.journal(token)
    }

    /// Calls `body` with every whole entry.
    ///
    /// - Throws: ``Failure`` when the journal cannot be read, or another version of avprep wrote it; what `body` throws.
    package mutating func read(_ body: (_ entry: String, _ place: Place) throws -> Void) throws {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Failure("cannot read \(path): \(systemError()); make it readable and merge again")
        }
        defer { try? file.close() }
        var rest = Data()
        var offset = 0
        while let chunk = try Self.chunk(of: file, path), !chunk.isEmpty {
            rest.append(chunk)
            var start = rest.startIndex
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                try take(rest[start..<end], Place(offset: offset, length: end - start), body)
                offset += end - start + 1
                start = end + 1
            }
            rest = Data(rest[start...])
        }
    }

    private mutating func take(
        _ line: Data, _ place: Place, _ body: (_ entry: String, _ place: Place) throws -> Void
    ) throws {
        guard let text = CheckedLine.decode(line) else {
            damagedLines += 1
            return
        }
        if place.offset > 0 { return try body(text, place) }
        do {
            header = try StoredJSON.decode(TaskHeader.self, from: text)
        } catch StoredJSONError.newer {
            throw Failure(
                "\(path) was written by a later version of avprep; merge with that version", exitStatus: .badInput)
        } catch {
            damagedLines += 1
        }
        if let format = header?.format, format > TaskHeader.currentFormat {
            throw Failure(
                "\(path) was written by a later version of avprep; merge with that version", exitStatus: .badInput)
        }
    }

    private static func chunk(of file: FileHandle, _ path: String) throws -> Data? {
        do {
            return try file.read(upToCount: 1 << 20)
        } catch {
            throw Failure("cannot read \(path): \(AtomicFile.diskReason(error)); merge again when the disk is well")
        }
    }

    /// The entries at these places, in their order.
    package func entries(at places: [Place]) throws -> [String] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Failure("cannot read \(path): \(systemError()); make it readable and merge again")
        }
        defer { try? file.close() }
        return try places.map { place in
            do {
                try file.seek(toOffset: UInt64(place.offset))
                if let line = try file.read(upToCount: place.length), let text = CheckedLine.decode(line) {
                    return text
                }
            } catch {
                throw Failure("cannot read \(path): \(AtomicFile.diskReason(error)); merge again when the disk is well")
            }
            throw Failure("\(path) changed while it was merged; merge again")
        }
    }
}
