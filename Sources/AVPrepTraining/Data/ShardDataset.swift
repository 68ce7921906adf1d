package import AVPrepClips
import AVPrepCore
package import AVPrepModel
package import AVPrepStore
import Synchronization

/// The pairs of one set in the shards of one split, numbered from 0 in the order of the index.
///
/// All shards are opened and all pairs checked when it is made, so that what is wrong shows before an hour of training
/// and not after. May be used by many threads at once.
package final class ShardDataset: Sendable {
    /// The folder of the shards.
    package let folder: String
    package let split: Split
    package let set: String
    /// File names of the shards.
    package let shardNames: [String]
    /// Length of the picture clips that the pairs were drawn for, in seconds; 0: one frame.
    package let clipSeconds: Double
    /// Length of the sound clips, in seconds: that of the picture clips where the set does not say.
    package let soundSeconds: Double
    /// How the pairs were drawn, by the first shard's pair file, without the numbers of what came of it there.
    let attributes: [String: AttributeValue]
    /// Epochs' worth of pairs that each shard holds, one after the other.
    package let storedEpochs: Int
    /// Longest clip in seconds that a file may claim: a day.
    private static let longestClip = 86_400.0
    let readers: [ShardReader]
    /// Nil for shards that no index lists.
    private let shardSet: ShardSet?
    private let readLabels = Mutex<[String: SegmentLabels]?>(nil)
    /// By shard.
    let pairs: [[Pair]]
    /// Number of the first pair of each shard.
    private let firstPairs: [Int]
    /// Number of pairs.
    package let count: Int
    /// Stands for all that is learnt from it: the shards' bytes, by their checksums in the index, and the pairs. Other sets
    /// beside this one leave no trace in it.
    let contentKey: String

    /// - Throws: ``TrainingError`` when the split or the set is missing, saying which there are, or the set is not one to
    ///   train on; `StoreError` for files that are not those of the index, or whose pairs lie outside of their shard.
    package init(_ split: Split, set: String, of folder: ShardSet) throws {
        self.folder = folder.folder
        shardSet = folder
        self.split = split
        self.set = set
        let shards = folder.shards(of: split)
        shardNames = shards.map(\.name)
        guard !shardNames.isEmpty else {
            throw TrainingError(
                .data, "\(folder.folder) has no \(split.rawValue) shards; prepare more videos, or raise shard.split")
        }
        guard folder.index.pairSets.contains(where: { $0.name == set }) else {
            throw TrainingError(
                .data,
                """
                \(folder.folder) has no pair set "\(set)", only \
                \(folder.index.pairSets.map(\.name).sorted().joined(separator: ", ")); \
                name one of them in train.stages, or run `avprep shard`
                """)
        }
        readers = try shards.map { try folder.reader(of: $0) }
        var seconds: Set<Double> = []
        var soundSeconds: Set<Double> = []
        var attributes: [String: AttributeValue]?
        var epochs: Set<Int> = []
        let pairs = try zip(shards, readers).map { shard, reader in
            let path = folder.pairPath(of: shard)
            guard let own = try folder.pairSets(of: reader).first(where: { $0.name == set }) else {
                throw TrainingError(.data, "\(path) lacks the pair set \"\(set)\"; run `avprep shard` again")
            }
            attributes = attributes ?? own.attributes
            func length(_ name: String) -> Double? {
                own.attributes[name]?.number.flatMap { $0 >= 0 && $0 <= Self.longestClip ? $0 : nil }
            }
            // Sound has a length, also where the picture is one frame.
            if let clip = length("clip_seconds"), case let sound = length("sound_seconds") ?? clip, sound > 0 {
                seconds.insert(clip)
                soundSeconds.insert(sound)
            }
            let stored = own.attributes["epochs"]?.number.flatMap { Int(exactly: $0) } ?? 1
            guard stored > 0, own.pairs.count % stored == 0 else {
                throw TrainingError(
                    .data, "\(path): \(own.pairs.count) pairs cannot be divided into \(stored) epochs of the same size")
            }
            epochs.insert(stored)
            return own.pairs
        }
        guard epochs.count == 1, let storedEpochs = epochs.first else {
            throw TrainingError(
                .data,
                "the pairs \"\(set)\" of \(folder.folder) hold different numbers of epochs; run `avprep shard` again")
        }
        self.storedEpochs = storedEpochs
        guard seconds.count == 1, let clipSeconds = seconds.first, soundSeconds.count == 1,
            let soundLength = soundSeconds.first
        else {
            throw TrainingError(
                .data,
                """
                the pairs "\(set)" of \(folder.folder) name \(seconds.isEmpty ? "no" : "several") clip_seconds or \
                sound_seconds; \
                run `avprep shard` again
                """)
        }
        self.attributes = (attributes ?? [:]).filter { $0.key != "statistics_json" }
        self.clipSeconds = clipSeconds
        self.soundSeconds = soundLength
        self.pairs = pairs
        (firstPairs, count) = Self.numbered(pairs)
        contentKey = try CanonicalJSON.key(
            of: [split.rawValue, set] + zip(shards, pairs).flatMap { [$0.sha256, Self.digest(of: $1).hex] })
    }

    /// Clips that no pair set lists, with labels of their own.
    ///
    /// - Parameters:
    ///   - split: what they are for; the shards may be of any.
    ///   - clips: of each shard.
    ///   - labels: of each shard's segments, by the shard's name.
    init(
        _ split: Split, of folder: ShardSet, _ shards: [ShardIndex.Shard], clips: [[Pair]],
        labels: [String: SegmentLabels], clipSeconds: Double, storedEpochs: Int
    ) throws {
        self.folder = folder.folder
        shardSet = folder
        self.split = split
        set = "clips with classes"
        shardNames = shards.map(\.name)
        self.clipSeconds = clipSeconds
        soundSeconds = clipSeconds
        attributes = [:]
        self.storedEpochs = storedEpochs
        readers = try shards.map { try folder.reader(of: $0) }
        pairs = clips
        (firstPairs, count) = Self.numbered(clips)
        contentKey = try CanonicalJSON.key(
            of: [split.rawValue, set, clipSeconds.shortText]
                + zip(shards, clips).flatMap { shard, own in
                    let classes = labels[shard.name].map {
                        [$0.vocabulary.joined(separator: "\n"), "\($0.indices)", "\($0.offsets)"]
                    }
                    return [shard.sha256, Self.digest(of: own).hex] + (classes ?? [])
                })
        readLabels.withLock { $0 = labels }
    }

    /// The same shards with other pairs, one list a shard: for measuring alone, since no order of training knows them.
    init(_ other: ShardDataset, pairs: [[Pair]]) {
        folder = other.folder
        shardSet = other.shardSet
        split = other.split
        set = other.set
        shardNames = other.shardNames
        clipSeconds = other.clipSeconds
        soundSeconds = other.soundSeconds
        attributes = other.attributes
        storedEpochs = 1
        readers = other.readers
        contentKey = other.contentKey
        self.pairs = pairs
        (firstPairs, count) = Self.numbered(pairs)
    }

    /// Other shards with clips as long as another set's: for measuring alone.
    ///
    /// - Parameters:
    ///   - readers: shards that no index lists.
    ///   - folder: where they lie.
    init(_ other: ShardDataset, readers: [ShardReader], of folder: String, pairs: [[Pair]]) {
        self.folder = folder
        shardSet = nil
        split = other.split
        set = other.set
        shardNames = readers.map(\.entry.name)
        clipSeconds = other.clipSeconds
        soundSeconds = other.soundSeconds
        attributes = other.attributes
        storedEpochs = 1
        self.readers = readers
        contentKey = other.contentKey
        self.pairs = pairs
        (firstPairs, count) = Self.numbered(pairs)
    }

    /// Clips of shards that need be in no index: for looking alone, since no order of training knows them.
    ///
    /// - Parameters:
    ///   - folder: where they lie, for messages.
    ///   - clips: of each shard.
    init(looking readers: [ShardReader], of folder: String, clips: [[Pair]], clipSeconds: Double, soundSeconds: Double)
    {
        self.folder = folder
        shardSet = nil
        split = .test
        set = "clips"
        shardNames = readers.map(\.entry.name)
        self.clipSeconds = clipSeconds
        self.soundSeconds = soundSeconds
        attributes = [:]
        storedEpochs = 1
        self.readers = readers
        contentKey = ""
        pairs = clips
        (firstPairs, count) = Self.numbered(clips)
    }

    /// The number of the first pair of each shard, and of all pairs.
    private static func numbered(_ pairs: [[Pair]]) -> (first: [Int], count: Int) {
        var count = 0
        let first = pairs.map { own in
            defer { count += own.count }
            return count
        }
        return (first, count)
    }

    /// The labels of each shard's segments, by the shard's name: read once. None of shards that no index lists.
    ///
    /// - Throws: `StoreError` naming a label file that is not the one of the index.
    package func segmentLabels() throws -> [String: SegmentLabels] {
        try readLabels.withLock { known in
            if let known { return known }
            let labels = try readers.reduce(into: [:]) { $0[$1.entry.name] = try shardSet?.labels(of: $1.entry) }
            known = labels
            return labels
        }
    }

    /// The video of each pair's picture.
    var videos: [String] {
        zip(pairs, readers).flatMap { own, reader in own.map { reader.segments[Int($0.videoSegment)].segment.videoID } }
    }

    private static func digest(of pairs: [Pair]) -> SHA256Digest {
        let hash = SHA256()
        for pair in pairs {
            let numbers = [
                UInt64(pair.kind.rawValue), UInt64(UInt32(bitPattern: pair.videoSegment)),
                UInt64(UInt32(bitPattern: pair.videoStartFrame)), UInt64(UInt32(bitPattern: pair.audioSegment)),
                pair.audioStartSeconds.bitPattern,
            ]
            numbers.withUnsafeBytes { hash.update($0) }
        }
        return hash.finish()
    }

    /// Pair `number`, the shard it lies in, and that shard's reader.
    ///
    /// - Complexity: O(log *shards*).
    package func locate(_ number: Int) -> (pair: Pair, shard: Int, reader: ShardReader) {
        precondition((0..<count).contains(number), "pair \(number) of \(count)")
        var low = 0
        var high = firstPairs.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if firstPairs[middle] <= number { low = middle } else { high = middle - 1 }
        }
        return (pairs[low][number - firstPairs[low]], low, readers[low])
    }

    /// The reader of one of the shards.
    package func reader(_ shard: Int) -> ShardReader { readers[shard] }

    /// 1 for each pair in sync and 0 for each other, a shard after the other.
    package var labels: [[UInt8]] { pairs.map { $0.map(\.kind.label) } }

    /// Frames per second of the stored pictures.
    package var fps: Double { readers[0].layout.fps }

    /// Frames of a picture clip, as the pairs were drawn.
    package var clipFrames: Int { max(1, Int((clipSeconds * fps).rounded())) }

    /// How a spectrogram is stored in these shards.
    ///
    /// - Throws: ``TrainingError`` when it is not, saying which ones are.
    package func spectrogram(_ name: String) throws -> StoreLayout.Spectrogram {
        let layout = readers[0].layout
        guard let spectrogram = layout.spectrogram(name) else {
            let names = layout.spectrograms.map(\.name).joined(separator: ", ")
            throw TrainingError(
                .data,
                """
                the shards in \(folder) hold no spectrogram "\(name)", only \(names.isEmpty ? "none" : names); \
                set train.model.spectrogram, or ingest with it
                """)
        }
        return spectrogram
    }

    /// Calls `body` with each pair, the reader of its shard and the shard's path.
    func forEachPair(_ body: (_ pair: Pair, _ reader: ShardReader, _ path: String) throws -> Void) rethrows {
        for (shard, own) in pairs.enumerated() {
            let path = "\(folder)/\(shardNames[shard])"
            for pair in own { try body(pair, readers[shard], path) }
        }
    }
}
