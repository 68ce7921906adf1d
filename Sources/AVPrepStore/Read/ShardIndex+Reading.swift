import AVPrepCore
import AVPrepModel
import Foundation

// An index is untrusted: its content is checked before it is used.
extension ShardIndex {
    /// A larger count is an attempt to overflow a sum.
    private static let largestCount = 1 << 40

    /// Reads and checks `index.json`.
    ///
    /// - Throws: ``StoreError`` when it is missing, of a newer format, or contradicts itself.
    package static func load(_ folder: String) throws -> ShardIndex {
        let path = "\(folder)/\(fileName)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw StoreError(.unreadable, "cannot read \(path): there is no shard set; run `avprep shard` first")
        }
        struct Version: Decodable {
            let format: String
            let format_version: String
        }
        do {
            let version = try JSONDecoder().decode(Version.self, from: data)
            guard version.format == "avprep-index" else {
                throw StoreError(.foreign, "\(path) is not an index of avprep shards; run `avprep shard` to make one")
            }
            try StoreFormat.checkVersion(version.format_version, path)
            let index = try JSONDecoder().decode(ShardIndex.self, from: data)
            if let fault = index.fault { throw StoreError.damaged(path, fault) }
            return index
        } catch let error as DecodingError {
            throw StoreError.damaged(path, error.line)
        }
    }

    /// Why the index that was read is invalid, or nil.
    private var fault: String? {
        if let fault = layout.fault { return "in its layout, \(fault)" }
        if Set(shards.map(\.name)).count != shards.count { return "two shards have the same name" }
        for shard in shards {
            // Names are used as paths: none may lead out of the folder.
            if !Self.isName(shard.name, of: shard.split) {
                return "\(quoted(shard.name)) is not a valid name of a \(shard.split) shard"
            }
            if SHA256Digest(hex: shard.sha256) == nil { return "\(shard.name) has no SHA-256" }
            if !Self.areCounts([shard.segments, shard.videos, shard.frames, shard.bytes]) || !(shard.seconds >= 0) {
                return "\(shard.name) has invalid counts"
            }
            if let fault = shard.structure?.fault(bytes: shard.bytes) { return "\(shard.name) \(fault)" }
        }
        for (name, totals) in splits {
            if Split(rawValue: name) == nil { return "\(quoted(name)) is not a split" }
            if !Self.areCounts([totals.shards, totals.segments, totals.videos, totals.frames])
                || !(totals.seconds >= 0)
            {
                return "the split \(name) has invalid counts"
            }
        }
        if let leftOut, !Self.areCounts([leftOut.segments] + leftOut.flags.values) || !(leftOut.seconds >= 0) {
            return "left_out has invalid counts"
        }
        for (name, numbers) in normalization ?? [:] {
            guard let bins = layout.spectrogram(name)?.bins, numbers.rows > 0, numbers.mean.count == bins,
                numbers.std.count == bins, numbers.mean.allSatisfy(\.isFinite),
                numbers.std.allSatisfy({ $0.isFinite && $0 >= 0 })
            else { return "the normalization of \(quoted(name)) does not fit its spectrogram" }
        }
        return pairFault
    }

    private var pairFault: String? {
        let names = Set(shards.map { PairFile.name(forShard: $0.name) })
        for (name, digest) in pairFiles {
            if !names.contains(name) { return "the pair file \(quoted(name)) belongs to no shard" }
            if SHA256Digest(hex: digest) == nil { return "\(name) has no SHA-256" }
        }
        if Set(pairSets.map(\.name)).count != pairSets.count { return "two pair sets have the same name" }
        for set in pairSets {
            if !StoreLayout.isName(set.name) { return "\(quoted(set.name)) is not a valid name of a pair set" }
            let splits = Set(set.counts.keys).union(set.statistics.keys)
            if let name = splits.first(where: { Split(rawValue: $0) == nil }) {
                return "pair set \(set.name) lists the unknown split \(quoted(name))"
            }
            if !set.counts.values.allSatisfy({ Self.areCounts($0.values) })
                || !set.statistics.values.allSatisfy(\.isPossible)
            {
                return "pair set \(set.name) has invalid counts"
            }
        }
        return nil
    }

    private static func areCounts(_ numbers: some Sequence<Int>) -> Bool {
        numbers.allSatisfy { (0...largestCount).contains($0) }
    }

    /// Whether this is a valid name of a shard: `train-00000.h5`, with five digits or a few more.
    private static func isName(_ name: String, of split: Split) -> Bool {
        guard name.hasPrefix(split.rawValue + "-"), name.hasSuffix(".h5") else { return false }
        let digits = name.utf8.dropFirst(split.rawValue.utf8.count + 1).dropLast(3)
        return (5...9).contains(digits.count) && digits.allSatisfy { (48...57).contains($0) }
    }

    /// Text from a file, made safe for a message of one line.
    private func quoted(_ text: String) -> String {
        let plain = text.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
        return "\"" + plain.joined() + "\""
    }

    // MARK: - The files it names

    /// Opens a shard, which must match the index as far as can be checked without reading its media.
    ///
    /// - Throws: ``StoreError`` when it does not match, or cannot be read.
    package func reader(of shard: Shard, in folder: String) throws -> StoreReader {
        let path = "\(folder)/\(shard.name)"
        let reader = try shard.open(in: folder)
        guard reader.kind == .shard else { throw Self.differs(path, "it is not a shard but a prepared file") }
        guard reader.layout == layout else {
            throw Self.differs(path, "its layout differs from \(ShardIndex.fileName)")
        }
        guard reader.segments.count == shard.segments else {
            throw Self.differs(
                path, "it has \(reader.segments.count) segments, but \(ShardIndex.fileName) says \(shard.segments)")
        }
        return reader
    }

    /// Reads the pair sets of a shard, whose file must have the SHA-256 in the index.
    ///
    /// - Throws: ``StoreError`` when it has another one, or cannot be read; ``Failure`` when the disk fails.
    package func pairSets(of shard: Shard, in folder: String) throws -> [PairSet] {
        let name = PairFile.name(forShard: shard.name)
        let path = "\(folder)/\(name)"
        guard let digest = pairFiles[name] else { throw Self.differs(path, "\(ShardIndex.fileName) does not list it") }
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(
                .unreadable, "cannot open \(path): it does not exist; run `avprep shard`, which draws it again")
        }
        guard try SHA256.digest(ofFile: path).hex == digest.lowercased() else {
            throw Self.differs(path, "its SHA-256 differs from \(ShardIndex.fileName)")
        }
        return try PairFile.read(path)
    }

    fileprivate static func differs(_ path: String, _ what: String) -> StoreError {
        StoreError(
            .damaged,
            "\(path) is not the file that was written: \(what); run `avprep verify`, which lists the remedy")
    }
}

extension ShardIndex.Shard {
    /// Opens the shard if its size and structure match the index: a file that was truncated, extended or damaged in the
    /// parts that HDF5 reads never reaches HDF5.
    ///
    /// - Throws: ``StoreError`` when they do not match, or it cannot be read.
    package func open(in folder: String) throws -> StoreReader {
        let path = "\(folder)/\(name)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw StoreError(
                .unreadable, "cannot open \(path): \(systemError()); run `avprep shard`, which packs it again")
        }
        guard Int(status.st_size) == bytes else {
            throw ShardIndex.differs(
                path, "it has \(status.st_size) bytes, but \(ShardIndex.fileName) says \(bytes)")
        }
        if let structure, try !structure.matches(path) {
            throw ShardIndex.differs(path, "the SHA-256 of its structure differs from \(ShardIndex.fileName)")
        }
        return try StoreReader(path: path)
    }
}
