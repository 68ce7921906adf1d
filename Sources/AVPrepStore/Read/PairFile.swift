import AVPrepCore
package import AVPrepModel
import CHDF5
import Foundation

/// A named table of pairs as it is stored for one shard, with the attributes it was drawn with.
///
/// A set is defined by a `PairSetDefinition`, drawn for a shard as a `DrawnPairSet`, stored as this, and counted over all
/// shards in ``ShardIndex/PairSetSummary``.
package struct PairSet: Sendable, Equatable {
    /// Lower-case letters, digits and `_`, starting with a letter.
    package var name: String
    /// `hard_ratio`, `seed`, `clip_seconds`, `gap_seconds`, …
    package var attributes: [String: AttributeValue]
    package var pairs: [Pair]

    package init(name: String, attributes: [String: AttributeValue], pairs: [Pair]) {
        self.name = name
        self.attributes = attributes
        self.pairs = pairs
    }

    /// Checks that every pair is inside the segments of its shard.
    ///
    /// - Throws: ``StoreError`` naming the first pair that is not.
    package func check(against reader: StoreReader) throws {
        let segments = reader.segments
        for (row, pair) in pairs.enumerated() {
            guard segments.indices.contains(Int(pair.videoSegment)), segments.indices.contains(Int(pair.audioSegment)),
                segments[Int(pair.videoSegment)].frames.count > Int(pair.videoStartFrame),
                Double(segments[Int(pair.audioSegment)].frames.count) / reader.layout.fps > pair.audioStartSeconds
            else {
                throw StoreError.damaged(
                    reader.path, "pair \(row) of set \(name) is outside of its \(segments.count) segments")
            }
        }
    }
}

/// The pair tables of one shard, in a small HDF5 file beside it: pairs can be drawn again while the shard, and its
/// SHA-256, stays unchanged. The shard's `/pairs` is a link into this file.
package enum PairFile {
    /// The name of the pair file of a shard, `train-00000.pairs.h5` for `train-00000.h5`.
    package static func name(forShard name: String) -> String {
        (name.hasSuffix(".h5") ? String(name.dropLast(3)) : name) + ".pairs.h5"
    }

    private static let folder = "pairs"

    /// Writes the file atomically. The same pairs give the same bytes.
    ///
    /// - Parameter keeping: sets of the existing file at `path`, copied with all their content.
    /// - Parameter shardKey: the content key of the shard whose rows the pairs refer to, by which a reader can check
    ///   that they still match.
    package static func write(_ sets: [PairSet], keeping kept: [String] = [], shardKey: String, to path: String) throws
    {
        for set in sets where !StoredName.isName(set.name) {
            throw StoreError(.layoutMismatch, "cannot write \(path): \"\(set.name)\" is not a valid name of a pair set")
        }
        guard Set(sets.map(\.name) + kept).count == sets.count + kept.count else {
            throw StoreError(.layoutMismatch, "cannot write \(path): two pair sets have the same name")
        }
        try AtomicFile.write(to: path) { temporary in
            try HDF5.perform {
                let file = try HDF5.createFile(temporary, isAligned: false)
                try HDF5.write(
                    [
                        "format": .string(StoreFormat.pairsName),
                        "format_version": .string(StoreFormat.versionWithoutLabels),
                        "shard_key": .string(shardKey),
                    ], to: file, temporary)
                let group = try HDF5.createGroup(folder, in: file, temporary)
                for set in sets { try write(set, in: group, temporary) }
                if !kept.isEmpty {
                    let source = try HDF5.openFile(path)
                    let old = try HDF5.openObject(folder, in: source, path)
                    // What is open in a file is closed with it.
                    try withExtendedLifetime(source) {
                        for name in kept.sorted() { try HDF5.copy(name, of: old, to: group, path) }
                    }
                }
                try file.closeFile(temporary)
            }
        }
    }

    private static func write(_ set: PairSet, in parent: HDF5.Handle, _ path: String) throws {
        let group = try HDF5.createGroup(set.name, in: parent, path)
        try HDF5.write(set.attributes, to: group, path)
        func put<Number>(
            _ name: String, _ type: HDF5.ElementType, unit: String? = nil, _ number: (Pair) -> Number
        ) throws {
            let dataset = try HDF5.Dataset(
                create: name, in: group, type: type, rows: set.pairs.count, labels: ["pair"],
                attributes: unit.map { ["unit": .string($0)] } ?? [:], storage: .contiguous, path)
            try set.pairs.map(number).withUnsafeBytes { try dataset.write($0, at: 0) }
        }
        try put("kind", .uint8) { $0.kind.rawValue }
        try put("label", .uint8) { $0.kind.label }
        try put("video_segment", .int32) { $0.videoSegment }
        try put("video_start_frame", .int32, unit: "frame") { $0.videoStartFrame }
        try put("audio_segment", .int32) { $0.audioSegment }
        try put("audio_start_seconds", .float64, unit: "s") { $0.audioStartSeconds }
    }

    /// Reads all sets, sorted by name. Every number is checked, except against the shard (see
    /// ``PairSet/check(against:)``).
    package static func read(_ path: String) throws -> [PairSet] {
        try HDF5.perform {
            let file = try HDF5.openFile(path)
            try StoreFormat.check(try HDF5.readAttributes(of: file, path), format: StoreFormat.pairsName, path)
            let group = try HDF5.openObject(folder, in: file, path)
            return try HDF5.names(in: group, path).map { try read($0, in: group, path) }
        }
    }

    /// The attributes of the sets, in alphabetical order of names, without their pairs.
    package static func attributes(_ path: String) throws -> [(name: String, attributes: [String: AttributeValue])] {
        try HDF5.perform {
            let file = try HDF5.openFile(path)
            try StoreFormat.check(try HDF5.readAttributes(of: file, path), format: StoreFormat.pairsName, path)
            let group = try HDF5.openObject(folder, in: file, path)
            return try HDF5.names(in: group, path).map { name in
                (name, try HDF5.readAttributes(of: try HDF5.openObject(name, in: group, path), path))
            }
        }
    }

    /// The content key of the shard that a pair file was drawn for.
    package static func shardKey(_ path: String) throws -> String? {
        try HDF5.perform {
            let file = try HDF5.openFile(path)
            let attributes = try HDF5.readAttributes(of: file, path)
            try StoreFormat.check(attributes, format: StoreFormat.pairsName, path)
            return attributes["shard_key"]?.text
        }
    }

    private static func read(_ name: String, in parent: HDF5.Handle, _ path: String) throws -> PairSet {
        guard StoredName.isName(name) else {
            throw StoreError.damaged(path, "it has a pair set with an invalid name")
        }
        let group = try HDF5.openObject(name, in: parent, path)
        func open(_ column: String, _ type: HDF5.ElementType) throws -> HDF5.Dataset {
            try HDF5.Dataset(open: column, in: group, type: type, path)
        }
        let kinds = try open("kind", .uint8).readAll(as: UInt8.self)
        let labels = try open("label", .uint8).readAll(as: UInt8.self)
        let videoSegments = try open("video_segment", .int32).readAll(as: Int32.self)
        let videoStarts = try open("video_start_frame", .int32).readAll(as: Int32.self)
        let audioSegments = try open("audio_segment", .int32).readAll(as: Int32.self)
        let audioStarts = try open("audio_start_seconds", .float64).readAllDoubles()
        let counts = [labels.count, videoSegments.count, videoStarts.count, audioSegments.count, audioStarts.count]
        guard counts.allSatisfy({ $0 == kinds.count }) else {
            throw StoreError.damaged(path, "the columns of pair set \(name) differ in length")
        }
        let pairs = try kinds.indices.map { row in
            guard let kind = PairKind(rawValue: kinds[row]), kind.label == labels[row], videoSegments[row] >= 0,
                videoStarts[row] >= 0, audioSegments[row] >= 0, audioStarts[row].isFinite, audioStarts[row] >= 0
            else { throw StoreError.damaged(path, "pair \(row) of set \(name) is invalid") }
            return Pair(
                kind: kind, videoSegment: videoSegments[row], videoStartFrame: videoStarts[row],
                audioSegment: audioSegments[row], audioStartSeconds: audioStarts[row])
        }
        return PairSet(name: name, attributes: try HDF5.readAttributes(of: group, path), pairs: pairs)
    }
}
