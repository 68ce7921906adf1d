import AVPrepCore
package import AVPrepModel
import CHDF5
import Foundation

/// Reads a prepared file or a shard. Everything the file says about itself is checked when it is opened, so that later
/// reads cannot lead outside of it.
///
/// May be used by many threads at once. A file is mapped into memory and read without HDF5 calls or locks: a shard's
/// tracks are contiguous, a prepared file's are chunked. Only files of other origin whose chunks split rows are read
/// through HDF5's queue.
package final class StoreReader: @unchecked Sendable {
    // Sendable: all properties are constant; mapped bytes are never written; datasets are used on HDF5's queue.

    package enum Kind: String, Sendable {
        case prepared, shard
    }

    package let path: String
    package let kind: Kind
    package let layout: StoreLayout
    /// All root attributes, including those of the format.
    package let attributes: [String: AttributeValue]
    /// The table of segments; pairs refer to its row numbers.
    package let segments: [StoredSegment]
    /// The target of the link `/pairs`, as `FILE:OBJECT`; nil if there is no such link. avprep itself does not follow
    /// it: it finds pair files by their names.
    package let pairsLink: String?

    let columns: [Track.Content: Column]
    /// Kept open if some columns are read through HDF5; nil if all are mapped.
    private let file: HDF5.Handle?

    /// Whether the file is read from memory, without HDF5.
    package var isMapped: Bool { file == nil }

    /// The byte ranges of the contiguous tracks, in file order.
    var mappedPieces: [ShardStructure.Piece] {
        columns.values.compactMap { column in
            guard case .mapped(let file, let bytes) = column.source, !bytes.isEmpty, let start = bytes.baseAddress,
                let origin = file.bytes.baseAddress
            else { return nil }
            return ShardStructure.Piece(offset: start - origin, bytes: bytes.count)
        }.sorted { $0.offset < $1.offset }
    }

    /// One track, ready for reading.
    struct Column {
        let rows: Int
        let rowBytes: Int
        /// For pictures: the start of each, and the end of the last one.
        let offsets: [Int64]
        let source: Source

        enum Source {
            case mapped(MappedFile, UnsafeRawBufferPointer)
            case chunked(MappedFile, ChunkTable)
            case dataset(HDF5.Dataset)
        }
    }

    /// - Throws: ``StoreError`` when the file is missing, not of this format, of a newer one, or contradicts itself.
    package init(path: String) throws {
        self.path = path
        (kind, layout, attributes, segments, pairsLink, columns, file) = try HDF5.perform {
            let file = try HDF5.openFile(path)
            let attributes = try HDF5.readAttributes(of: file, path)
            try StoreFormat.check(attributes, format: StoreFormat.name, path)
            guard let kind = attributes["kind"]?.text.flatMap(Kind.init) else {
                throw StoreError.damaged(path, "its kind is neither prepared nor shard")
            }
            var layout = try Self.layout(attributes, path)
            let tracks = try TrackDatasets.open(layout, in: file, path)
            try Self.takeAttributes(of: tracks, into: &layout, path)
            let columns = try Self.columns(tracks, path)
            let segments = try SegmentTable.read(
                layout: layout, measures: attributes["measure_names"], in: file,
                rowCount: { columns[$0.content]?.rows ?? 0 }, path)
            try Self.check(segments, layout, columns, path)
            let isMapped = columns.values.allSatisfy { if case .dataset = $0.source { false } else { true } }
            let link = try HDF5.externalLink("pairs", in: file, path).map { "\($0.file):\($0.object)" }
            return (kind, layout, attributes, segments, link, columns, isMapped ? nil : file)
        }
    }

    // MARK: - Opening

    private static func layout(_ attributes: [String: AttributeValue], _ path: String) throws -> StoreLayout {
        guard let text = attributes["layout_json"]?.text else {
            throw StoreError.damaged(path, "it has no layout_json")
        }
        do {
            let layout = try StoredJSON.decode(StoreLayout.self, from: text)
            if let fault = layout.fault { throw StoreError.damaged(path, "in its layout, \(fault)") }
            return layout
        } catch let error as StoredJSONError {
            throw StoreError(error, in: "layout_json", of: path)
        }
    }

    /// Checks the attributes of spectrograms against the layout, and uses those of the datasets, which have kept their
    /// types.
    private static func takeAttributes(
        of tracks: [TrackDatasets], into layout: inout StoreLayout, _ path: String
    ) throws {
        for index in layout.spectrograms.indices {
            let spectrogram = layout.spectrograms[index]
            guard let datasets = tracks.first(where: { $0.track.content == .spectrogram(spectrogram.name) }) else {
                continue
            }
            let stored = try datasets.rows.attributes().filter { spectrogram.attributes[$0.key] != nil }
            guard stored == spectrogram.attributes else {
                throw StoreError.damaged(path, "the attributes of \(spectrogram.name) differ from layout_json")
            }
            layout.spectrograms[index].attributes = stored
        }
    }

    private static func columns(_ tracks: [TrackDatasets], _ path: String) throws -> [Track.Content: Column] {
        let mapped = try MappedFile(path)
        var columns: [Track.Content: Column] = [:]
        for datasets in tracks {
            let offsets = try datasets.offsets.map { try checkedOffsets($0, bytes: datasets.rows.rows, path) } ?? []
            let source: Column.Source =
                if let piece = try piece(of: datasets.rows, in: mapped, path) {
                    .mapped(mapped, piece)
                } else if let chunks = try chunks(of: datasets.rows, in: mapped, path) {
                    .chunked(mapped, chunks)
                } else {
                    .dataset(datasets.rows)
                }
            columns[datasets.track.content] = Column(
                rows: datasets.offsets == nil ? datasets.rows.rows : offsets.count - 1,
                rowBytes: datasets.rows.rowBytes, offsets: offsets, source: source)
        }
        return columns
    }

    /// The bytes of a contiguous dataset, otherwise nil.
    private static func piece(of dataset: HDF5.Dataset, in file: MappedFile, _ path: String) throws
        -> UnsafeRawBufferPointer?
    {
        let count = dataset.rows * dataset.rowBytes
        guard dataset.isContiguous else { return nil }
        if count == 0 { return UnsafeRawBufferPointer(rebasing: file.bytes[..<0]) }
        guard let offset = dataset.contiguousOffset() else { return nil }
        guard offset >= 0, offset <= file.bytes.count, count <= file.bytes.count - offset else {
            throw StoreError.damaged(path, "\(dataset.name) extends beyond the end of the file")
        }
        return UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + count])
    }

    /// The chunks of a dataset whose chunks hold whole rows, otherwise nil.
    private static func chunks(of dataset: HDF5.Dataset, in file: MappedFile, _ path: String) throws -> ChunkTable? {
        guard let chunks = try dataset.chunks() else { return nil }
        guard chunks.offsets.allSatisfy({ $0 >= 0 }), chunks.end <= file.bytes.count else {
            throw StoreError.damaged(path, "\(dataset.name) extends beyond the end of the file")
        }
        return chunks
    }

    private static func checkedOffsets(_ dataset: HDF5.Dataset, bytes: Int, _ path: String) throws -> [Int64] {
        let offsets = try dataset.readAll(as: Int64.self)
        guard offsets.first == 0, offsets.last == Int64(bytes) else {
            throw StoreError.damaged(path, "\(dataset.name) do not cover all \(bytes) bytes")
        }
        for index in offsets.indices.dropFirst() where offsets[index] < offsets[index - 1] {
            throw StoreError.damaged(path, "\(dataset.name) decrease at picture \(index - 1)")
        }
        return offsets
    }

    /// Raw pictures must have the size in bytes that follows from their segment's size.
    private static func check(
        _ segments: [StoredSegment], _ layout: StoreLayout, _ columns: [Track.Content: Column], _ path: String
    ) throws {
        if layout.hasMotion {
            let frames = columns[.frames]?.rows
            for column in MotionColumn.all(of: layout) where columns[.motion(column)]?.rows != frames {
                throw StoreError.damaged(
                    path, "motion/\(column.rawValue) and the frames have different numbers of rows")
            }
        }
        for track in Track.all(of: layout) where track.isPictures {
            let codec = track.content == .frames ? layout.frameCodec : layout.flow?.codec
            guard codec == .raw, let offsets = columns[track.content]?.offsets else { continue }
            for (row, segment) in segments.enumerated() {
                let bytes = Int64(
                    layout.rawBytes(of: track, width: segment.segment.width, height: segment.segment.height))
                for picture in segment[track] where offsets[picture + 1] - offsets[picture] != bytes {
                    throw StoreError.damaged(path, "a picture of segment \(row) in \(track.path) has the wrong size")
                }
            }
        }
    }
}
