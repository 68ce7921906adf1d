import AVPrepCore
import AVPrepModel
import CHDF5

/// The datasets of one track in one file: `rows`, and for pictures also `offsets`.
///
/// Used on HDF5's queue.
struct TrackDatasets {
    let track: Track
    /// The rows; for pictures, their bytes.
    let rows: HDF5.Dataset
    /// For pictures: the start of each in `rows`, and the end of the last one.
    let offsets: HDF5.Dataset?

    /// Creates the datasets of all tracks of a layout.
    ///
    /// - Parameter sizes: number of rows and, for pictures, number of pictures, if known: the datasets are then
    ///   contiguous. Without sizes they can grow.
    static func create(
        _ layout: StoreLayout, in file: HDF5.Handle, sizes: ((Track) -> (rows: Int, pictures: Int))?, _ path: String
    ) throws -> [TrackDatasets] {
        var groups: [String: HDF5.Handle] = [:]
        func group(_ name: String) throws -> HDF5.Handle {
            if name.isEmpty { return file }
            if let group = groups[name] { return group }
            let (above, last) = split(name)
            let made = try HDF5.createGroup(last, in: try group(above), path)
            groups[name] = made
            return made
        }
        return try Track.all(of: layout).map { track in
            let size = sizes?(track)
            guard track.isPictures else {
                let (folder, name) = split(track.path)
                let rows = try HDF5.Dataset(
                    create: name, in: try group(folder), type: track.element, rows: size?.rows ?? 0,
                    rowShape: track.rowShape, labels: track.labels, attributes: track.attributes,
                    storage: size == nil ? .chunked(bytes: StoreFormat.numberChunk) : .contiguous, path)
                return TrackDatasets(track: track, rows: rows, offsets: nil)
            }
            let folder = try group(track.path)
            try HDF5.write(track.attributes, to: folder, path)
            let bytes = try HDF5.Dataset(
                create: "bytes", in: folder, type: .uint8, rows: size?.rows ?? 0, labels: track.labels,
                storage: size == nil ? .chunked(bytes: StoreFormat.byteChunk) : .contiguous, path)
            let offsets = try HDF5.Dataset(
                create: "offsets", in: folder, type: .int64, rows: size.map { $0.pictures + 1 } ?? 0,
                labels: ["picture"], attributes: ["unit": .string("byte")],
                storage: size == nil ? .chunked(bytes: StoreFormat.numberChunk) : .contiguous, path)
            let zero = [Int64(0)]
            try zero.withUnsafeBytes { size == nil ? try offsets.append($0) : try offsets.write($0, at: 0) }
            return TrackDatasets(track: track, rows: bytes, offsets: offsets)
        }
    }

    /// Opens the datasets of all tracks of a layout.
    static func open(_ layout: StoreLayout, in file: HDF5.Handle, _ path: String) throws -> [TrackDatasets] {
        try Track.all(of: layout).map { track in
            guard track.isPictures else {
                let rows = try HDF5.Dataset(
                    open: track.path, in: file, type: track.element, rowShape: track.rowShape, path)
                return TrackDatasets(track: track, rows: rows, offsets: nil)
            }
            return TrackDatasets(
                track: track, rows: try HDF5.Dataset(open: "\(track.path)/bytes", in: file, type: .uint8, path),
                offsets: try HDF5.Dataset(open: "\(track.path)/offsets", in: file, type: .int64, path))
        }
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}
