import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore

/// Pair sets that lie beside the shards and whose stored definition (`definition_json`) this avprep cannot read: it cannot
/// draw them again. They stay, byte for byte, where their shard stays.
struct OpaquePairSets {
    /// What the index says of each, by name.
    let sets: [String: ShardIndex.PairSetSummary]

    init(_ sets: [ShardIndex.PairSetSummary]) {
        self.sets = Dictionary(sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Without those of these names, which are ordered anew.
    func without(_ names: some Sequence<String>) -> OpaquePairSets {
        let names = Set(names)
        return OpaquePairSets(sets.values.filter { !names.contains($0.name) })
    }

    /// Checks that no pair of theirs is lost, before anything is written.
    ///
    /// - Parameter keys: for each pair file as it is to be, by name, what its pairs are drawn for.
    /// - Throws: ``Failure`` naming the set that would be; `StoreError` when a pair file cannot be read.
    func check(against keys: [String: String], in folder: String) throws {
        guard !sets.isEmpty else { return }
        for file in try ExistingFile.names(inFolder: folder) where ShardName(pairFile: file) != nil {
            let path = "\(folder)/\(file)"
            // What a damaged file held is lost already.
            let found = try ExistingShards.unlessDamaged(path, { _ in }, ShardSet.unindexedPairFile)
            guard let found, found.shardKey != keys[file],
                let name = found.sets.map(\.name).first(where: { sets[$0] != nil })
            else { continue }
            throw Failure(
                "the pair set \(name) in \(path) cannot be drawn again for the shards as they are to be, since this avprep cannot read its definition_json; avprep pairs remove \(name) gives it up, or run the avprep that drew it",
                exitStatus: .badInput)
        }
    }

    /// A line for each set that new shards do not have.
    ///
    /// - Parameter shards: each shard's name and split, and the sets that it has.
    func notes(_ shards: [(name: String, split: Split, sets: Set<String>)]) -> [String] {
        sets.keys.sorted().compactMap { name in
            let splits = Set(shards.filter { $0.sets.contains(name) }.map(\.split))
            let missing = shards.filter { splits.contains($0.split) && !$0.sets.contains(name) }.map(\.name)
            guard let first = missing.first else { return nil }
            let places = missing.count == 1 ? first : "\(missing.count) shards, \(first) among them"
            return
                "the pair set \(name) stays as it was drawn and is not extended to \(places), since this avprep cannot read its definition_json; avprep pairs remove \(name) removes it"
        }
    }
}
