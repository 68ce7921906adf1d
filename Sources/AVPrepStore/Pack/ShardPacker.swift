package import AVPrepCore
package import AVPrepModel
import CHDF5
import Foundation

/// The segments of one prepared file that go into a shard.
package struct ShardPart: Sendable, Equatable {
    /// The prepared file.
    package var path: String
    /// Rows of its segment table, in the order in which they are packed.
    package var rows: [Int]
    package var split: Split
    /// The id of the video's group (near-duplicates, or videos of one source).
    package var groupID: String

    /// - Parameter groupID: nil if the video has no group.
    package init(path: String, rows: [Int], split: Split, groupID: String? = nil) {
        self.groupID = groupID ?? ""
        self.path = path
        self.rows = rows
        self.split = split
    }
}

/// An error of one of the prepared files that a shard is packed from.
package struct ShardPartError: Error, CustomStringConvertible {
    /// The prepared file.
    package let path: String
    package let cause: any Error

    package var description: String { "\(cause)" }
}

/// Packs segments of prepared files into one shard, in which every dataset is contiguous and can be mapped.
package enum ShardPacker {
    /// Bytes copied at a time.
    private static let pieceBytes = 4 << 20
    /// Number of prepared files kept open, since several parts may use the same file.
    private static let maxOpenFiles = 8

    /// Copies the stored bytes of the selected segments, in the given order, into a new shard. Pictures are not encoded
    /// again. The same input gives the same bytes.
    ///
    /// - Parameters:
    ///   - path: the output; a temporary path (``AtomicFile``).
    ///   - pairsFile: the name, without a folder, of the pair file that will be beside the shard: `/pairs` of the shard
    ///     links to it. It need not exist yet, and may be replaced without changing the shard.
    ///   - labelsFile: likewise, the name of the label file that `/segments/labels` is to link to; nil for no link.
    ///   - attributes: additional root attributes, among them `seed`.
    ///   - cancellation: checked between pieces.
    ///   - clock: of the thread that calls: when it reads, writes and computes the digest.
    ///   - willCopy: called before each part's segments are copied.
    /// - Returns: the SHA-256 of the shard, computed while it is being written.
    /// - Throws: ``ShardPartError`` for a part that is damaged, cannot be read or has another layout; ``StoreError`` when
    ///   writing fails; `CancellationError`.
    @discardableResult
    package static func pack(
        _ parts: [ShardPart], to path: String, pairsFile: String, labelsFile: String? = nil,
        attributes: [String: AttributeValue],
        cancellation: Cancellation = Cancellation(), clock: WorkClock = WorkClock(),
        willCopy: (ShardPart) throws -> Void = { _ in }
    ) throws -> SHA256Digest {
        clock.begin(.input)
        let source = PartReaders(limit: maxOpenFiles)
        let plan = try plan(parts, path, source)
        let root = try PreparedFileWriter.rootAttributes(
            attributes, kind: "shard", layout: plan.layout,
            version: labelsFile == nil ? StoreFormat.versionWithoutLabels : StoreFormat.version, path)
        // HDF5 creates the file with all its space and closes it; the data is then written directly. So HDF5, which
        // does not survive a full disk, never sees one, and its queue is free while bytes are copied.
        let targets = try HDF5.perform {
            try PackedFile.reserve(plan.bytes, path)
            let file = try HDF5.createFile(path, isAligned: true)
            try HDF5.write(root, to: file, path)
            let tracks = try TrackDatasets.create(plan.layout, in: file, sizes: { plan.sizes[$0] ?? (0, 0) }, path)
            try SegmentTable.write(plan.segments, layout: plan.layout, in: file, path)
            try HDF5.linkExternally("pairs", in: file, to: "/pairs", of: pairsFile, path)
            if let labelsFile {
                try HDF5.linkExternally(
                    SegmentTable.labelsLink, in: file, to: "/" + LabelFile.folder, of: labelsFile, path)
            }
            let targets = tracks.map(PackedTrack.init)
            try file.closeFile(path)
            return targets
        }
        let file = try PackedFile(path)
        var positions = targets.map { _ in Position() }
        for part in parts {
            try attributed(to: part) {
                try willCopy(part)
                let reader = try source.reader(part.path)
                for row in part.rows {
                    for index in targets.indices {
                        try copy(
                            reader.segments[row], of: reader, to: targets[index], in: file, at: &positions[index],
                            clock, cancellation)
                    }
                }
            }
        }
        try clock.during(.output) { try file.close() }
        return try clock.during(.compute) {
            try SHA256.digest(ofFile: path, isCancelled: { cancellation.isCancelled })
        }
    }

    /// Errors are the part's, but for those that any other would meet too.
    private static func attributed<Result>(to part: ShardPart, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw error.isOfRun ? error : ShardPartError(path: part.path, cause: error)
        }
    }

    // MARK: - Planning

    private struct Plan {
        var layout: StoreLayout
        /// The shard's segment table.
        var segments: [StoredSegment] = []
        /// Number of rows and pictures of each track.
        var sizes: [Track: (rows: Int, pictures: Int)] = [:]

        mutating func add(_ part: ShardPart, _ reader: StoreReader, _ first: ShardPart, _ tracks: [Track]) throws {
            if let difference = layout.difference(from: reader.layout) {
                throw StoreError(
                    .layoutMismatch,
                    "cannot pack \(first.path) and \(part.path) into one shard: \(difference); ingest both with the "
                        + "same settings")
            }
            for row in part.rows {
                guard reader.segments.indices.contains(row) else {
                    throw StoreError(
                        .damaged,
                        "\(part.path) has \(reader.segments.count) segments, but number \(row) is needed; "
                            + "make the file again")
                }
                let segment = reader.segments[row]
                var packed = segment
                packed.split = part.split
                packed.groupID = part.groupID.isEmpty ? segment.segment.videoID : part.groupID
                for track in tracks {
                    let range = segment[track]
                    var size = sizes[track] ?? (0, 0)
                    let first = track.isPictures ? size.pictures : size.rows
                    packed[track] = first..<first + range.count
                    if track.isPictures {
                        size.rows += reader.byteRange(track.content, range).count
                        size.pictures += range.count
                    } else {
                        size.rows += range.count
                    }
                    sizes[track] = size
                }
                segments.append(packed)
            }
        }

        /// Approximate size of the shard: its rows, and an allowance for tables and alignment.
        var bytes: Int {
            sizes.reduce(1 << 20) { sum, entry in
                let rowBytes = entry.key.isPictures ? 1 : entry.key.rowShape.reduce(entry.key.element.size, *)
                return sum + entry.value.rows * rowBytes + entry.value.pictures * 8 + 8192
            } + segments.count * 1024
        }
    }

    private static func plan(_ parts: [ShardPart], _ path: String, _ source: PartReaders) throws -> Plan {
        guard let first = parts.first else { throw StoreError(.layoutMismatch, "cannot pack \(path): no input files") }
        var plan = Plan(layout: try attributed(to: first) { try source.reader(first.path).layout })
        let tracks = Track.all(of: plan.layout)
        for part in parts {
            try attributed(to: part) { try plan.add(part, try source.reader(part.path), first, tracks) }
        }
        return plan
    }

    // MARK: - Copying

    /// The position up to which a track of the shard is written.
    private struct Position {
        var rows = 0
        var pictures = 0
    }

    private static func copy(
        _ segment: StoredSegment, of reader: StoreReader, to target: PackedTrack, in file: PackedFile,
        at position: inout Position, _ clock: WorkClock, _ cancellation: Cancellation
    ) throws {
        let content = target.track.content
        let range = segment[target.track]
        guard let offsets = target.offsets else {
            try copyRows(range, content, of: reader, to: target.rows, in: file, at: &position.rows, clock, cancellation)
            return
        }
        let bytes = reader.byteRange(content, range)
        let shift = Int64(position.rows) - Int64(bytes.lowerBound)
        let ends = range.map { Int64(reader.byteRange(content, $0..<$0 + 1).upperBound) + shift }
        // Row 0 of the offsets is the 0 written when they were created.
        try ends.withUnsafeBytes { try file.write($0, to: offsets, row: position.pictures + 1) }
        position.pictures += range.count
        try copyRows(bytes, content, of: reader, to: target.rows, in: file, at: &position.rows, clock, cancellation)
    }

    private static func copyRows(
        _ range: Range<Int>, _ content: Track.Content, of reader: StoreReader, to target: PackedPiece,
        in file: PackedFile, at position: inout Int, _ clock: WorkClock, _ cancellation: Cancellation
    ) throws {
        try reader.forEachPiece(content, range, pieceBytes: pieceBytes) { bytes in
            try cancellation.check()
            touch(bytes)
            try clock.during(.output) { try file.write(bytes, to: target, row: position) }
            position += bytes.count / target.rowBytes
        }
    }

    /// Waits for the pages of a mapped file, which writing would wait for otherwise: so that it is told what takes the time.
    private static func touch(_ bytes: UnsafeRawBufferPointer) {
        var sum: UInt8 = 0
        for place in stride(from: 0, to: bytes.count, by: pageBytes) { sum &+= bytes[place] }
        withExtendedLifetime(sum) {}
    }

    private static let pageBytes = 4096

    /// The prepared files in use; the last few are kept open.
    private final class PartReaders {
        private var readers: [(path: String, reader: StoreReader)] = []
        private let limit: Int

        init(limit: Int) { self.limit = limit }

        func reader(_ path: String) throws -> StoreReader {
            if let index = readers.firstIndex(where: { $0.path == path }) {
                let entry = readers.remove(at: index)
                readers.append(entry)
                return entry.reader
            }
            if readers.count == limit { readers.removeFirst() }
            let reader = try StoreReader(path: path)
            readers.append((path, reader))
            return reader
        }
    }
}
