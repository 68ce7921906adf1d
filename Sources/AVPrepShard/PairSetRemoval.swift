import AVPrepClips
import AVPrepCore
import AVPrepStore
import Foundation

/// Takes pair sets out of all pair files and the index, so that a kill at any moment leaves something that the next removal
/// finishes.
///
/// First every pair file is compared with the index and written again beside itself, without the sets: if one is not what
/// was written, nothing has changed. Then a note is left of what is under way, the new files take the places of the old
/// ones, and the index, saved last, ends it.
struct PairSetRemoval {
    /// What stands in the note.
    private struct Note: Codable {
        /// SHA-256 of the index that the removal began with: with another one, the note is of the past.
        let index: String
        /// The sets to remove.
        let names: [String]
        /// SHA-256 of the new pair files, by file name.
        let files: [String: String]
    }

    private static let noteName = "pairs-removal.json"
    private let folder: String
    private var note: String { "\(folder)/\(Self.noteName)" }

    init(folder: String) { self.folder = folder }

    /// Removes the sets, once the removal before is finished that a kill may have cut short.
    ///
    /// - Parameter choose: says which sets to remove of those that the index then names.
    /// - Returns: the index as it is then.
    /// - Throws: `StoreError` naming a pair file that is not the one that was written; ``Failure`` when the disk refuses;
    ///   what `choose` throws.
    func run(_ choose: (ShardIndex) throws -> [String]) throws -> ShardIndex {
        if let content = FileManager.default.contents(atPath: note) {
            let shards = try ShardSet(folder)
            if let note = try? JSONDecoder().decode(Note.self, from: content), note.index == shards.digest.hex {
                try finish(note, shards.index)
            }
            discard(shards.index)
        }
        let shards = try ShardSet(folder)
        let names = try choose(shards.index)
        try shards.checkPairFiles()
        let begun: Note
        do {
            begun = try begin(names, shards)
        } catch {
            discard(shards.index)
            throw error
        }
        return try finish(begun, shards.index)
    }

    /// Writes the new pair files beside the old ones, then the note.
    private func begin(_ names: [String], _ shards: ShardSet) throws -> Note {
        var files: [String: String] = [:]
        for shard in shards.index.shards {
            let kept = try shards.storedPairSets(of: shard).filter { !names.contains($0.name) }
            let file = PairFile.name(forShard: shard.name)
            try PairFile.write(kept, shardKey: try shards.pairKey(of: shard), to: staged(file))
            files[file] = try SHA256.digest(ofFile: staged(file)).hex
        }
        let begun = Note(index: shards.digest.hex, names: names, files: files)
        try AtomicFile.write(Data(try CanonicalJSON.encode(begun).utf8), to: note)
        return begun
    }

    @discardableResult
    private func finish(_ begun: Note, _ index: ShardIndex) throws -> ShardIndex {
        for (file, digest) in begun.files.sorted(by: { $0.key < $1.key }) {
            let isStaged = FileManager.default.fileExists(atPath: staged(file))
            let path = isStaged ? staged(file) : "\(folder)/\(file)"
            guard try SHA256.digest(ofFile: path).hex == digest else {
                throw StoreError(
                    .damaged,
                    "\(path) is not the file that avprep pairs remove wrote; run `avprep shard`, which draws pairs again"
                )
            }
            if isStaged { try AtomicFile.commit(path, to: "\(folder)/\(file)") }
        }
        var index = index
        index.pairFiles = begun.files
        index.pairSets.removeAll { begun.names.contains($0.name) }
        try index.save(folder)
        discard(index)
        return index
    }

    /// Removes the note, and new pair files that never came to their place.
    private func discard(_ index: ShardIndex) {
        unlink(note)
        for shard in index.shards { unlink(staged(PairFile.name(forShard: shard.name))) }
    }

    /// Where a new pair file lies until its turn comes.
    private func staged(_ file: String) -> String { "\(folder)/\(file).kept" }
}
