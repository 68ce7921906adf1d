import AVPrepCore
package import AVPrepModel
import CHDF5
import Foundation

/// Writes one prepared file, segment by segment, in memory that does not grow with their number (except for a table row
/// of some hundred bytes each).
///
/// Used by one thread at a time. The same content gives the same bytes. The path should be a temporary one
/// (``AtomicFile``): before ``finish()`` returns, the file is not valid.
package final class PreparedFileWriter {
    /// Bytes of pictures written at a time.
    private static let pieceBytes = 32 << 20

    private let path: String
    private let layout: StoreLayout
    private var file: HDF5.Handle?
    private var tracks: [TrackDatasets] = []
    private var segments: [StoredSegment] = []

    /// Creates the file, replacing an existing one.
    ///
    /// - Parameter attributes: additional root attributes; they should include `avprep_version` and `config_json`.
    /// - Throws: ``StoreError`` when writing fails or an attribute's name is reserved by the format.
    package init(path: String, layout: StoreLayout, attributes: [String: AttributeValue]) throws {
        self.path = path
        self.layout = layout
        if let fault = layout.fault { throw StoreError(.layoutMismatch, "cannot write \(path): \(fault)") }
        let root = try Self.rootAttributes(attributes, kind: "prepared", layout: layout, path)
        try HDF5.perform {
            let file = try HDF5.createFile(path, isAligned: false)
            try HDF5.write(root, to: file, path)
            tracks = try TrackDatasets.create(layout, in: file, sizes: nil, path)
            self.file = file
        }
    }

    /// Adds a whole segment.
    ///
    /// - Throws: ``StoreError`` when the segment does not fit the layout (nothing is written then) or writing fails
    ///   (the file is abandoned then, and every later call fails too).
    package func append(_ data: SegmentData) throws {
        guard file != nil else { throw gaveUp }
        if let fault = data.fault(in: layout) {
            throw StoreError(.layoutMismatch, "cannot write segment \(data.segment.segmentID) to \(path): \(fault)")
        }
        var stored = StoredSegment(
            segment: data.segment, frames: 0..<0, flow: [:], pcm: 0..<0, spectrograms: [:], split: nil)
        do {
            for datasets in tracks { try append(data, to: datasets, &stored) }
        } catch {
            abandon()
            throw error
        }
        segments.append(stored)
    }

    /// Changes the rows of the segments added so far: for what is known of a file only at its end.
    package func revise(_ body: (inout Segment) -> Void) {
        for index in segments.indices { body(&segments[index].segment) }
    }

    /// Adds a segment without its media: a row of the table.
    package func leaveOut(_ segment: Segment) throws {
        guard file != nil else { throw gaveUp }
        var stored = StoredSegment(
            segment: segment, frames: 0..<0, flow: [:], pcm: 0..<0, spectrograms: [:], split: nil)
        stored.leftOutFrames = segment.frameCount
        segments.append(stored)
    }

    /// Writes the table of segments, and closes the file, which is then complete.
    ///
    /// - Parameter fingerprint: the video's fingerprint for finding near-duplicates; not stored if empty.
    package func finish(fingerprint: [UInt8] = []) throws {
        guard let file else { throw gaveUp }
        defer { abandon() }
        try HDF5.perform {
            try SegmentTable.write(segments, layout: layout, in: file, path)
            try PreparedFingerprint.write(fingerprint, in: file, path)
            tracks = []
            try file.closeFile(path)
        }
    }

    /// Closes everything, complete or not.
    private func abandon() {
        tracks = []
        file = nil
    }

    private var gaveUp: StoreError { StoreError(.unwritable, "\(path) was abandoned after an error, or is finished") }

    private func append(_ data: SegmentData, to datasets: TrackDatasets, _ stored: inout StoredSegment) throws {
        switch datasets.track.content {
        case .frames:
            stored[datasets.track] = try append(data.frames, to: datasets)
        case .flow(let direction):
            stored[datasets.track] = try append(data.flow[direction] ?? PictureSequence(), to: datasets)
        case .motion(let column):
            try append(column, of: data.motion, to: datasets.rows)
        case .pcm:
            stored[datasets.track] = try append(data.pcm, to: datasets.rows)
        case .waveform(let name):
            stored[datasets.track] = try append(data.waveforms[name] ?? [], to: datasets.rows)
        case .spectrogram(let name):
            let values = data.spectrograms[name] ?? []
            if datasets.rows.type == .float16 {
                let halves = [Float16](unsafeUninitializedCapacity: values.count) { buffer, count in
                    values.withUnsafeBufferPointer {
                        Half.convert($0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<values.count]))
                    }
                    count = values.count
                }
                stored[datasets.track] = try append(halves, to: datasets.rows)
            } else {
                stored[datasets.track] = try append(values, to: datasets.rows)
            }
        }
    }

    private func append<Number>(_ numbers: [Number], to dataset: HDF5.Dataset) throws -> Range<Int> {
        try HDF5.perform {
            let first = dataset.rows
            try numbers.withUnsafeBytes { try dataset.append($0) }
            return first..<dataset.rows
        }
    }

    private func append(_ pictures: PictureSequence, to datasets: TrackDatasets) throws -> Range<Int> {
        guard let offsets = datasets.offsets else { preconditionFailure("pictures without offsets") }
        return try HDF5.perform {
            let first = offsets.rows - 1
            let base = Int64(datasets.rows.rows)
            try pictures.forEachPiece(of: Self.pieceBytes) { try datasets.rows.append($0) }
            try pictures.offsets.dropFirst().map { $0 + base }.withUnsafeBytes { try offsets.append($0) }
            return first..<first + pictures.count
        }
    }

    private func append(_ column: MotionColumn, of motion: [FrameMotion], to dataset: HDF5.Dataset) throws {
        if let matrix = column.matrix {
            _ = try append(motion.flatMap { $0[keyPath: matrix] }, to: dataset)
        } else if let value = column.value {
            _ = try append(motion.map { $0[keyPath: value] }, to: dataset)
        } else {
            _ = try append(motion.map(\.inlierCount), to: dataset)
        }
    }

    /// The root attributes of a file of this kind: those of the format and the caller's.
    static func rootAttributes(
        _ attributes: [String: AttributeValue], kind: String, layout: StoreLayout,
        version: String = StoreFormat.versionWithoutLabels, _ path: String
    ) throws -> [String: AttributeValue] {
        if let name = attributes.keys.sorted().first(where: StoreFormat.reservedAttributes.contains) {
            throw StoreError(.layoutMismatch, "cannot write \(path): the attribute name \(name) is reserved")
        }
        let own: [String: AttributeValue] = [
            "format": .string(StoreFormat.name),
            "format_version": .string(version),
            "kind": .string(kind),
            "layout_json": .string(try CanonicalJSON.encode(layout)),
            "flag_names": .strings(SegmentFlags.names),
            "measure_names": .strings(SegmentMeasure.allCases.map(\.rawValue)),
            "measure_units": .strings(SegmentMeasure.allCases.map(\.unit)),
        ]
        return attributes.merging(own) { _, own in own }
    }
}
