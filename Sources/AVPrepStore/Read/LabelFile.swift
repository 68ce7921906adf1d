import AVPrepCore
import AVPrepModel
import CHDF5
import Foundation

/// The labels of a shard's segments, as numbers of a vocabulary: those of segment `i` are
/// `indices[offsets[i]..<offsets[i + 1]]`, in ascending order.
package struct SegmentLabels: Sendable, Equatable {
    package var offsets: [Int64]
    package var indices: [Int32]
    /// What the numbers mean.
    package var vocabulary: [String]

    /// - Parameters:
    ///   - labels: the numbers of each segment's labels.
    package init(_ labels: [[Int32]], vocabulary: [String]) {
        offsets = [0]
        indices = []
        for own in labels {
            indices += own.sorted()
            offsets.append(Int64(indices.count))
        }
        self.vocabulary = vocabulary
    }

    /// The labels of a segment.
    package subscript(segment: Int) -> [String] {
        indices[Int(offsets[segment])..<Int(offsets[segment + 1])].map { vocabulary[Int($0)] }
    }

    /// Whether it can be what it says, for a shard of so many segments.
    fileprivate func fault(segments: Int) -> String? {
        if offsets.count != segments + 1 { return "it has \(offsets.count - 1) segments, not \(segments)" }
        guard offsets.first == 0, offsets.last == Int64(indices.count),
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
        else { return "its offsets are not in order" }
        if indices.contains(where: { !vocabulary.indices.contains(Int($0)) }) {
            return "it has numbers that are not in its vocabulary"
        }
        return nil
    }

    fileprivate init(offsets: [Int64], indices: [Int32], vocabulary: [String]) {
        (self.offsets, self.indices, self.vocabulary) = (offsets, indices, vocabulary)
    }
}

/// The labels of one shard, in a small HDF5 file beside it: they can change while the shard, and its SHA-256, stays
/// unchanged. The shard's `/segments/labels` is a link into this file where there were labels when it was packed.
package enum LabelFile {
    /// The name of the label file of a shard, `train-00000.labels.h5` for `train-00000.h5`.
    package static func name(forShard name: String) -> String {
        (name.hasSuffix(".h5") ? String(name.dropLast(3)) : name) + ".labels.h5"
    }

    static let folder = "labels"

    /// Writes the file atomically. The same labels give the same bytes.
    ///
    /// - Parameter shardKey: the content key of the shard to whose rows the labels belong.
    package static func write(_ labels: SegmentLabels, shardKey: String, to path: String) throws {
        try AtomicFile.write(to: path) { temporary in
            try HDF5.perform {
                let file = try HDF5.createFile(temporary, isAligned: false)
                try HDF5.write(
                    [
                        "format": .string(StoreFormat.labelsName), "format_version": .string(StoreFormat.version),
                        "shard_key": .string(shardKey),
                    ], to: file, temporary)
                let group = try HDF5.createGroup(folder, in: file, temporary)
                func put(
                    _ name: String, _ type: HDF5.ElementType, rows: Int, _ axis: String, _ bytes: UnsafeRawBufferPointer
                ) throws {
                    let dataset = try HDF5.Dataset(
                        create: name, in: group, type: type, rows: rows, labels: [axis], attributes: [:],
                        storage: .contiguous, temporary)
                    try dataset.write(bytes, at: 0)
                }
                try labels.offsets.withUnsafeBytes {
                    try put("offsets", .int64, rows: labels.offsets.count, "segment", $0)
                }
                try labels.indices.withUnsafeBytes {
                    try put("indices", .int32, rows: labels.indices.count, "label", $0)
                }
                let words = labels.vocabulary
                let length = max(1, words.map(\.utf8.count).max() ?? 0)
                try words.flatMap { $0.zeroPadded(to: length) }.withUnsafeBytes {
                    try put("vocabulary", .string(length), rows: words.count, "word", $0)
                }
                try file.closeFile(temporary)
            }
        }
    }

    /// Reads and checks the file.
    ///
    /// - Parameter segments: how many the shard has; nil: whatever it says.
    /// - Returns: the labels, and the content key of the shard that they belong to.
    package static func read(_ path: String, segments: Int?) throws -> (labels: SegmentLabels, shardKey: String) {
        try HDF5.perform {
            let file = try HDF5.openFile(path)
            let attributes = try HDF5.readAttributes(of: file, path)
            try StoreFormat.check(attributes, format: StoreFormat.labelsName, path)
            func open(_ name: String, _ type: HDF5.ElementType?) throws -> HDF5.Dataset {
                try HDF5.Dataset(open: "\(folder)/\(name)", in: file, type: type, path)
            }
            let labels = SegmentLabels(
                offsets: try open("offsets", .int64).readAll(as: Int64.self),
                indices: try open("indices", .int32).readAll(as: Int32.self),
                vocabulary: try open("vocabulary", nil).readAllTexts())
            if let fault = labels.fault(segments: segments ?? labels.offsets.count - 1) {
                throw StoreError.damaged(path, fault)
            }
            return (labels, attributes["shard_key"]?.text ?? "")
        }
    }
}
