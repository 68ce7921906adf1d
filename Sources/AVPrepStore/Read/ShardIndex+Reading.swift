import AVPrepCore
import AVPrepModel
import Foundation

// An index may come from anywhere: what it says is checked before anything is done with it.
extension ShardIndex {
    /// More of anything is no data set but an attempt to overflow a sum.
    private static let largestCount = 1 << 40

    /// Reads and checks `index.json`.
    ///
    /// - Throws: ``StoreError`` when it is absent, of a newer format, or contradicts itself.
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
            // The version says whether the rest can be understood at all.
            let version = try JSONDecoder().decode(Version.self, from: data)
            guard version.format == "avprep-index" else {
                throw StoreError(.foreign, "\(path) is not an index of avprep shards; run `avprep shard` for one")
            }
            try StoreFormat.checkVersion(version.format_version, path)
            let index = try StoredJSON.decode(ShardIndex.self, from: data)
            if let fault = index.fault { throw StoreError.damaged(path, fault) }
            return index
        } catch let error as StoredJSONError {
            throw StoreError(error, of: path)
        } catch is DecodingError {
            throw StoreError.damaged(path, "it does not say its format and format_version")
        }
    }

    /// What is wrong with an index that was read, or nil.
    private var fault: String? {
        if let fault = layout.fault { return "in its layout, \(fault)" }
        if Set(shards.map(\.name)).count != shards.count { return "two shards have one name" }
        for shard in shards {
            // Names lead to files: none may lead out of the folder.
            if !Self.isName(shard.name, of: shard.split) {
                return "a \(shard.split) shard is called \(quoted(shard.name))"
            }
            if SHA256Digest(hex: shard.sha256) == nil { return "\(shard.name) has no SHA-256" }
            if !Self.areCounts([shard.segments, shard.videos, shard.frames, shard.bytes]) || !(shard.seconds >= 0) {
                return "\(shard.name) has impossible counts"
            }
            if let fault = shard.structure?.fault(bytes: shard.bytes) { return "\(shard.name) \(fault)" }
        }
        for (name, totals) in splits {
            if Split(rawValue: name) == nil { return "there is no split \(quoted(name))" }
            if !Self.areCounts([totals.shards, totals.segments, totals.videos, totals.frames])
                || !(totals.seconds >= 0)
            {
                return "the split \(name) has impossible counts"
            }
        }
        if let leftOut, !Self.areCounts([leftOut.segments] + leftOut.flags.values) || !(leftOut.seconds >= 0) {
            return "left_out has impossible counts"
        }
        for (name, numbers) in normalization ?? [:] {
            guard let bins = layout.spectrogram(name)?.bins, numbers.rows > 0, numbers.mean.count == bins,
                numbers.std.count == bins, numbers.mean.allSatisfy(\.isFinite),
                numbers.std.allSatisfy({ $0.isFinite && $0 >= 0 })
            else { return "the normalization of \(quoted(name)) is not one of its bins" }
        }
        return pairFault
    }

    private var pairFault: String? {
        let names = Set(shards.map { PairFile.name(forShard: $0.name) })
        for (name, digest) in pairFiles {
            if !names.contains(name) { return "the pair file \(quoted(name)) belongs to no shard" }
            if SHA256Digest(hex: digest) == nil { return "\(name) has no SHA-256" }
        }
        if Set(pairSets.map(\.name)).count != pairSets.count { return "two pair sets have one name" }
        for set in pairSets {
            if !StoreLayout.isName(set.name) { return "a pair set is called \(quoted(set.name))" }
            let splits = Set(set.counts.keys).union(set.statistics.keys)
            if let name = splits.first(where: { Split(rawValue: $0) == nil }) {
                return "pair set \(set.name) is of the split \(quoted(name)), which there is not"
            }
            if !set.counts.values.allSatisfy({ Self.areCounts($0.values) })
                || !set.statistics.values.allSatisfy(\.isPossible)
            {
                return "pair set \(set.name) has impossible counts"
            }
        }
        return nil
    }

    private static func areCounts(_ numbers: some Sequence<Int>) -> Bool {
        numbers.allSatisfy { (0...largestCount).contains($0) }
    }

    /// Whether a shard can be called so: `train-00000.h5`, with five digits or a few more.
    private static func isName(_ name: String, of split: Split) -> Bool {
        guard name.hasPrefix(split.rawValue + "-"), name.hasSuffix(".h5") else { return false }
        let digits = name.utf8.dropFirst(split.rawValue.utf8.count + 1).dropLast(3)
        return (5...9).contains(digits.count) && digits.allSatisfy { (48...57).contains($0) }
    }

    /// A text from a file, for a message of one line.
    private func quoted(_ text: String) -> String {
        let plain = text.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
        return "\"" + plain.joined() + "\""
    }

    // MARK: - The files it names

    /// Opens a shard, which must be what the index says, as far as that shows without reading its media.
    ///
    /// - Throws: ``StoreError`` when it is not, or cannot be read.
    package func reader(of shard: Shard, in folder: String) throws -> StoreReader {
        let path = "\(folder)/\(shard.name)"
        let reader = try shard.open(in: folder)
        guard reader.kind == .shard else { throw Self.differs(path, "it is no shard but a prepared file") }
        guard reader.layout == layout else {
            throw Self.differs(path, "its layout is not the one of \(ShardIndex.fileName)")
        }
        guard reader.segments.count == shard.segments else {
            throw Self.differs(
                path, "it has \(reader.segments.count) segments, and \(ShardIndex.fileName) says \(shard.segments)")
        }
        return reader
    }

    /// Reads the pair sets of a shard, whose file must have the SHA-256 that stands in the index.
    ///
    /// - Throws: ``StoreError`` when it has not, or cannot be read; ``Failure`` when the disk cannot.
    package func pairSets(of shard: Shard, in folder: String) throws -> [PairSet] {
        let name = PairFile.name(forShard: shard.name)
        let path = "\(folder)/\(name)"
        guard let digest = pairFiles[name] else { throw Self.differs(path, "\(ShardIndex.fileName) does not name it") }
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(
                .unreadable, "cannot open \(path): it is not there; run `avprep shard`, which draws it again")
        }
        guard try SHA256.digest(ofFile: path).hex == digest.lowercased() else {
            throw Self.differs(path, "its SHA-256 is not the one of \(ShardIndex.fileName)")
        }
        return try PairFile.read(path)
    }

    fileprivate static func differs(_ path: String, _ what: String) -> StoreError {
        StoreError(
            .damaged,
            "\(path) is not the file that was written: \(what); run `avprep verify`, which says how to mend it")
    }
}

extension ShardIndex.Shard {
    /// Opens the shard if its size and structure are the index's: what was cut, has grown or is damaged where HDF5
    /// reads never reaches HDF5.
    ///
    /// - Throws: ``StoreError`` when they are not, or it cannot be read.
    package func open(in folder: String) throws -> StoreReader {
        let path = "\(folder)/\(name)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw StoreError(
                .unreadable, "cannot open \(path): \(systemError()); run `avprep shard`, which packs it again")
        }
        guard Int(status.st_size) == bytes else {
            throw ShardIndex.differs(
                path, "it has \(status.st_size) bytes, and \(ShardIndex.fileName) says \(bytes)")
        }
        if let structure, try !structure.matches(path) {
            throw ShardIndex.differs(path, "the SHA-256 of its structure is not the one of \(ShardIndex.fileName)")
        }
        return try StoreReader(path: path)
    }
}
