import AVPrepCore
import AVPrepModel
import Foundation

// An index is untrusted: its content is checked before it is used.
extension ShardIndex {
    /// A larger count is an attempt to overflow a sum.
    private static let largestCount = 1 << 40

    /// Reads and checks `index.json`.
    ///
    /// - Throws: ``StoreError`` when it is missing, of a newer format, or contradicts itself; ``Failure`` when the system
    ///   cannot read it.
    package static func load(_ folder: String) throws -> ShardIndex {
        let path = "\(folder)/\(fileName)"
        guard let data = try ExistingFile.content(path) else {
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
                throw StoreError(.foreign, "\(path) is not an index of avprep shards; run `avprep shard` to make one")
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

    /// Why the index that was read is invalid, or nil.
    private var fault: String? {
        if let fault = layout.fault { return "in its layout, \(fault)" }
        if Set(shards.map(\.name)).count != shards.count { return "two shards have the same name" }
        for shard in shards {
            // Names are used as paths: none may lead out of the folder.
            if ShardName(file: shard.name)?.split != shard.split {
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
            if !StoredName.isName(set.name) { return "\(quoted(set.name)) is not a valid name of a pair set" }
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

    /// Text from a file, made safe for a message of one line.
    private func quoted(_ text: String) -> String {
        let plain = text.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
        return "\"" + plain.joined() + "\""
    }
}
