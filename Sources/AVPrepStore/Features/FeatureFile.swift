package import AVPrepModel
import CHDF5
import Foundation

/// A recording or video of a features file.
package struct FeatureItem: Sendable, Equatable {
    /// The escaped path, relative to the list or folder that it was found in.
    package var path: String
    /// What it is by its content, whatever it is called; empty: not known, as are the others.
    package var id: String
    package var label: String
    /// The fold that it is tested in.
    package var fold: String
    /// What it was cut from.
    package var recording: String

    package init(path: String, id: String = "", label: String = "", fold: String = "", recording: String = "") {
        self.path = path
        self.id = id
        self.label = label
        self.fold = fold
        self.recording = recording
    }

    /// Its texts by the names of their datasets.
    static let columns: [(name: String, of: any WritableKeyPath<FeatureItem, String> & Sendable)] = [
        ("path", \.path), ("label", \.label), ("id", \.id), ("fold", \.fold), ("recording", \.recording),
    ]
    /// How many of ``columns`` every file has: others came later.
    static let firstColumns = 2
}

/// Which stretch of which item a row of features is of.
package struct FeatureClip: Sendable, Equatable {
    /// The row of the item.
    package var item: Int32
    /// In seconds from the item's beginning.
    package var start: Double
    package var end: Double

    package init(item: Int32, start: Double, end: Double) {
        self.item = item
        self.start = start
        self.end = end
    }
}

/// The names and numbers of the format of features files; `schemas/features-format.md` documents it.
enum FeatureFormat {
    static let name = "avprep-features"
    static let version = 1
    /// Far above any layer of a network, and far below what could exhaust memory.
    static let mostDimensions = 1 << 26
    /// What ``HDF5/Dataset`` reads of a text.
    static let mostTextBytes = 1 << 16

    static let features = "features"
    static let clips = "clips"
    static let items = "items"
    static let failed = "failed"

    static func check(_ attributes: [String: AttributeValue], _ path: String) throws {
        guard attributes["format"]?.text == name else {
            throw StoreError(
                .foreign, "\(path) is HDF5, but no avprep features file; give a file made by avprep embed")
        }
        guard case .int(let version) = attributes["format_version"], version >= 1 else {
            throw StoreError.damaged(path, "its format_version is no number from 1")
        }
        guard version <= Self.version else {
            throw StoreError(
                .newerFormat,
                "\(path) has version \(version) of the features format, this avprep reads \(Self.version); "
                    + "install a newer avprep, or make the file again with this one")
        }
    }
}

/// Features of clips, opened and checked: every clip belongs to an item, and all rows are in the file. Whether the features
/// are finite is for those who read them.
package final class FeatureFile: Sendable {
    package let path: String
    /// Numbers a clip.
    package let dimensions: Int
    package let clips: [FeatureClip]
    package let items: [FeatureItem]
    /// Items without features, and why there are none.
    package let failed: [(path: String, reason: String)]
    /// What was written of how the features were made.
    package let provenance: String
    /// All attributes of the file.
    package let attributes: [String: AttributeValue]
    private let file: HDF5.Handle
    private let rows: HDF5.Dataset

    /// - Throws: ``StoreError`` where it is no features file, of a newer avprep, or contradicts itself.
    package init(path: String) throws {
        self.path = path
        let read = try HDF5.perform { try Content(path) }
        (file, rows, attributes) = (read.file, read.rows, read.attributes)
        (clips, items, failed) = (read.clips, read.items, read.failed)
        dimensions = read.rows.rowShape[0]
        provenance = read.attributes["provenance_json"]?.text ?? ""
    }

    /// The features of some clips, one after another.
    package func features(of range: Range<Int>) throws -> [Float] {
        var values = [Float](repeating: 0, count: range.count * dimensions)
        try HDF5.perform { try values.withUnsafeMutableBytes { try rows.read(range, into: $0) } }
        return values
    }

    private struct Content {
        let file: HDF5.Handle
        let rows: HDF5.Dataset
        let attributes: [String: AttributeValue]
        let clips: [FeatureClip]
        let items: [FeatureItem]
        let failed: [(path: String, reason: String)]

        init(_ path: String) throws {
            file = try HDF5.openFile(path)
            attributes = try HDF5.readAttributes(of: file, path)
            try FeatureFormat.check(attributes, path)
            rows = try HDF5.Dataset(
                open: FeatureFormat.features, in: file, type: .float32,
                rowShape: [try Self.dimensions(in: file, path)], path)
            let file = self.file
            func open(_ name: String, _ type: HDF5.ElementType?) throws -> HDF5.Dataset {
                try HDF5.Dataset(open: name, in: file, type: type, path)
            }
            let numbers = try open("\(FeatureFormat.clips)/item", .int32).readAll(as: Int32.self)
            let starts = try open("\(FeatureFormat.clips)/start", .float64).readAllDoubles()
            let ends = try open("\(FeatureFormat.clips)/end", .float64).readAllDoubles()
            let group = try HDF5.openObject(FeatureFormat.items, in: file, path)
            var items: [FeatureItem] = []
            for (place, column) in FeatureItem.columns.enumerated() {
                if place >= FeatureItem.firstColumns, H5Lexists(group.id, column.name, avprep_h5p_default()) <= 0 {
                    continue
                }
                let texts = try open("\(FeatureFormat.items)/\(column.name)", nil).readAllTexts()
                if place == 0 { items = texts.map { FeatureItem(path: $0) } }
                guard texts.count == items.count else {
                    throw StoreError.damaged(
                        path, "it has \(items.count) paths of items, and \(texts.count) of \(column.name)")
                }
                for (row, text) in texts.enumerated() { items[row][keyPath: column.of] = text }
            }
            let count = rows.rows
            guard [numbers.count, starts.count, ends.count].allSatisfy({ $0 == count }) else {
                throw StoreError.damaged(path, "it has \(count) features, and columns of other lengths for clips")
            }
            self.items = items
            if H5Lexists(file.id, FeatureFormat.failed, avprep_h5p_default()) > 0 {
                let paths = try open("\(FeatureFormat.failed)/path", nil).readAllTexts()
                let reasons = try open("\(FeatureFormat.failed)/reason", nil).readAllTexts()
                failed = zip(paths, reasons).map { ($0, $1) }
            } else {
                failed = []
            }
            let clips = numbers.indices.map { FeatureClip(item: numbers[$0], start: starts[$0], end: ends[$0]) }
            self.clips = clips
            if let fault = FeatureFile.fault(of: items, clips) { throw StoreError.damaged(path, fault) }
        }

        /// The length of a row of features, as the file says.
        private static func dimensions(in file: HDF5.Handle, _ path: String) throws -> Int {
            let object = try HDF5.openObject(FeatureFormat.features, in: file, path)
            guard H5Iget_type(object.id) == H5I_DATASET else {
                throw StoreError.damaged(path, "features is not a dataset")
            }
            let space = try HDF5.Handle(H5Dget_space(object.id), "read the shape of features in", path)
            var shape: [hsize_t] = [0, 0]
            guard H5Sget_simple_extent_ndims(space.id) == 2, H5Sget_simple_extent_dims(space.id, &shape, nil) == 2,
                let dimensions = Int(exactly: shape[1]), (1...FeatureFormat.mostDimensions).contains(dimensions)
            else { throw StoreError.damaged(path, "features is no table of clips by numbers") }
            return dimensions
        }
    }

    /// What is wrong with items and their clips.
    static func fault(of items: [FeatureItem], _ clips: [FeatureClip]) -> String? {
        // By bytes: to Swift, names in two normal forms are one.
        var seen: Set<[UInt8]> = []
        for (row, item) in items.enumerated() {
            if item.path.isEmpty { return "item \(row) has no path" }
            if !seen.insert(Array(item.path.utf8)).inserted { return "two items have the path \(item.path)" }
        }
        for (row, clip) in clips.enumerated() {
            if !items.indices.contains(Int(clip.item)) {
                return "clip \(row) is of item \(clip.item), and there are \(items.count)"
            }
            if !(clip.start.isFinite && clip.end.isFinite && clip.start >= 0 && clip.end >= clip.start) {
                return "clip \(row) lasts from \(clip.start) to \(clip.end) s"
            }
        }
        return nil
    }
}
