import AVPrepCore
package import AVPrepModel
import CHDF5
import Foundation

/// Writes a features file, item by item: in memory are only one item's features, and some bytes of each clip.
///
/// Used by one thread at a time. The file appears, whole, when ``finish(provenance:attributes:)`` returns; whatever happens
/// before leaves what was at `path`. The same content gives the same bytes.
package final class FeatureFileWriter {
    /// Chunks of this many bytes: their unused end is the most that a file is larger than its features.
    private static let chunkBytes = 256 << 10

    package let path: String
    package let dimensions: Int
    private let temporary: String
    private var file: HDF5.Handle?
    private var rows: HDF5.Dataset?
    private var clips: [FeatureClip] = []
    private var items: [FeatureItem] = []
    private var paths: Set<[UInt8]> = []
    private var isTemporary = false

    /// - Parameter dimensions: numbers a clip.
    package init(path: String, dimensions: Int) throws {
        guard (1...FeatureFormat.mostDimensions).contains(dimensions) else {
            throw StoreError(.layoutMismatch, "cannot write \(path): features of \(dimensions) numbers a clip")
        }
        self.path = path
        self.dimensions = dimensions
        temporary = AtomicFile.temporaryPath(for: path)
        do {
            try HDF5.perform {
                let file = try HDF5.createFile(temporary, isAligned: false)
                self.file = file
                isTemporary = true
                rows = try HDF5.Dataset(
                    create: FeatureFormat.features, in: file, type: .float32, rowShape: [dimensions],
                    labels: ["clip", "feature"], storage: .chunked(bytes: Self.chunkBytes), temporary)
            }
        } catch {
            abandon()
            throw error
        }
    }

    deinit { abandon() }

    /// Adds an item with its clips, of which there may be none.
    ///
    /// - Parameters:
    ///   - spans: start and end of each clip, in seconds from the item's beginning.
    ///   - features: those of the clips, one after another.
    /// - Throws: ``StoreError`` when these do not fit (nothing is written then) or writing fails (the file is given up then).
    package func append(_ item: FeatureItem, spans: [(start: Double, end: Double)], features: [Float]) throws {
        guard let rows else { throw gaveUp }
        let added = spans.map { FeatureClip(item: 0, start: $0.start, end: $0.end) }
        if let fault = FeatureFile.fault(of: [item], added)
            ?? (paths.contains(Array(item.path.utf8)) ? "two items have the path \(item.path)" : nil)
            ?? FeatureItem.columns.lazy.compactMap({ Self.fault(of: item[keyPath: $0.of]) }).first
        {
            throw StoreError(.layoutMismatch, "cannot write \(item.path) to \(path): \(fault)")
        }
        guard features.count == spans.count * dimensions else {
            throw StoreError(
                .layoutMismatch,
                "cannot write \(item.path) to \(path): \(features.count) numbers for \(spans.count) clips of \(dimensions)"
            )
        }
        guard let number = Int32(exactly: items.count) else {
            throw StoreError(.layoutMismatch, "cannot write \(item.path) to \(path): it has too many items")
        }
        do {
            try HDF5.perform { try features.withUnsafeBytes { try rows.append($0) } }
        } catch {
            abandon()
            throw error
        }
        items.append(item)
        paths.insert(Array(item.path.utf8))
        clips += added.map { FeatureClip(item: number, start: $0.start, end: $0.end) }
    }

    /// Writes what the rows are, and puts the file in its place.
    ///
    /// - Parameters:
    ///   - provenance: a JSON text of how the features were made.
    ///   - attributes: further attributes of the file.
    ///   - failed: items without features, and why there are none.
    package func finish(
        provenance: String, attributes: [String: AttributeValue] = [:],
        failed: [(path: String, reason: String)] = []
    ) throws {
        guard let file else { throw gaveUp }
        do {
            try HDF5.perform {
                var root = attributes
                root["format"] = .string(FeatureFormat.name)
                root["format_version"] = .int(FeatureFormat.version)
                root["provenance_json"] = .string(provenance)
                try HDF5.write(root, to: file, temporary)
                try writeTables(failed, in: file)
                // What is written when a dataset is closed fails unheard.
                try HDF5.check(H5Fflush(file.id, H5F_SCOPE_LOCAL), "write", path, code: .unwritable)
                rows = nil
                try file.closeFile(temporary)
            }
            self.file = nil
            try AtomicFile.commit(temporary, to: path)
            isTemporary = false
        } catch {
            abandon()
            throw error
        }
    }

    private static func fault(of text: String) -> String? {
        if text.utf8.contains(0) { return "a text with a zero byte" }
        return text.utf8.count > FeatureFormat.mostTextBytes ? "a text of \(text.utf8.count) bytes" : nil
    }

    private func writeTables(_ failed: [(path: String, reason: String)], in file: HDF5.Handle) throws {
        func put(
            _ name: String, _ type: HDF5.ElementType, rows: Int, in group: HDF5.Handle, axis: String,
            _ bytes: UnsafeRawBufferPointer
        ) throws {
            let dataset = try HDF5.Dataset(
                create: name, in: group, type: type, rows: rows, labels: [axis],
                attributes: type == .float64 ? ["unit": .string("s")] : [:], storage: .contiguous, temporary)
            try dataset.write(bytes, at: 0)
        }
        let clipGroup = try HDF5.createGroup(FeatureFormat.clips, in: file, temporary)
        try clips.map(\.item).withUnsafeBytes {
            try put("item", .int32, rows: clips.count, in: clipGroup, axis: "clip", $0)
        }
        try clips.map(\.start).withUnsafeBytes {
            try put("start", .float64, rows: clips.count, in: clipGroup, axis: "clip", $0)
        }
        try clips.map(\.end).withUnsafeBytes {
            try put("end", .float64, rows: clips.count, in: clipGroup, axis: "clip", $0)
        }
        func put(_ columns: [(name: String, texts: [String])], as name: String, axis: String) throws {
            let group = try HDF5.createGroup(name, in: file, temporary)
            for (name, texts) in columns {
                let length = max(1, texts.map(\.utf8.count).max() ?? 0)
                try texts.flatMap { $0.zeroPadded(to: length) }.withUnsafeBytes {
                    try put(name, .string(length), rows: texts.count, in: group, axis: axis, $0)
                }
            }
        }
        try put(
            FeatureItem.columns.map { column in (column.name, items.map { $0[keyPath: column.of] }) },
            as: FeatureFormat.items, axis: "item")
        if !failed.isEmpty {
            func cut(_ text: String) -> String {
                let bytes = text.utf8.prefix(FeatureFormat.mostTextBytes - 4).map { $0 == 0 ? 0x20 : $0 }
                return String(decoding: bytes, as: UTF8.self)
            }
            try put(
                [("path", failed.map { cut($0.path) }), ("reason", failed.map { cut($0.reason) })],
                as: FeatureFormat.failed, axis: "failed")
        }
    }

    /// Closes everything, and removes the temporary file.
    private func abandon() {
        rows = nil
        file = nil
        guard isTemporary else { return }
        isTemporary = false
        unlink(temporary)
    }

    private var gaveUp: StoreError { StoreError(.unwritable, "\(path) was abandoned after an error, or is finished") }
}
