package import AVPrepCore
package import AVPrepModel
import Foundation

/// `index.json` of a folder of shards: its files, with counts and checksums. It is written last; a folder without it is
/// not a complete shard set.
package struct ShardIndex: Sendable, Equatable, StoredRecord {
    package static let fileName = "index.json"

    /// One shard.
    package struct Shard: Sendable, Equatable, StoredRecord {
        /// File name, without a folder.
        package var name: String
        package var split: Split
        package var segments: Int
        package var videos: Int
        package var frames: Int
        /// Frames / fps.
        package var seconds: Double
        package var bytes: Int
        /// SHA-256 of the file, 64 hexadecimal digits.
        package var sha256: String
        /// The key of its videos, their order and the settings they were prepared with: the file's `content_key`.
        package var contentKey: String
        /// The structure, which is compared before the file is opened. nil in an index written before format 1.2.
        package var structure: ShardStructure?

        package static var laterKeys: [String: LaterKey] { ["content_key": .written(absent: "")] }

        private enum CodingKeys: String, CodingKey {
            case name, split, segments, videos, frames, seconds, bytes, sha256, structure
            case contentKey = "content_key"
        }
    }

    /// Totals of one split.
    package struct SplitTotals: Sendable, Equatable, Codable {
        package var shards: Int
        package var segments: Int
        package var videos: Int
        package var frames: Int
        package var seconds: Double

        package init(shards: Int, segments: Int, videos: Int, frames: Int, seconds: Double) {
            self.shards = shards
            self.segments = segments
            self.videos = videos
            self.frames = frames
            self.seconds = seconds
        }
    }

    /// What the index says of one pair set over all shards: how many pairs of each kind, and how they were drawn. The pairs
    /// themselves are in each shard's ``PairSet``.
    package struct PairSetSummary: Sendable, Equatable, StoredRecord {
        package var name: String
        /// Pairs by split (`train`, `val`, `test`) and kind (`positive`, `easy`, `hard`, `super-hard`).
        package var counts: [String: [String: Int]]
        /// Statistics of the pairs drawn, by split.
        package var statistics: [String: PairStatistics]
        package var attributes: [String: AttributeValue]

        package static var laterKeys: [String: LaterKey] {
            ["statistics": .written(absent: [String: PairStatistics]())]
        }

        package init(
            name: String, counts: [String: [String: Int]], statistics: [String: PairStatistics],
            attributes: [String: AttributeValue]
        ) {
            self.name = name
            self.counts = counts
            self.statistics = statistics
            self.attributes = attributes
        }

        private enum CodingKeys: String, CodingKey {
            case name, counts, statistics, attributes
        }
    }

    /// Mean and standard deviation of a spectrogram's bins, for normalisation, measured on all rows of the training
    /// shards.
    package struct Normalization: Sendable, Equatable, Codable {
        /// Number of rows measured.
        package var rows: Int
        /// One value per bin.
        package var mean: [Double]
        /// Standard deviation, one value per bin; 0 for a constant bin.
        package var std: [Double]

        package init(_ moments: BinMoments) {
            rows = moments.rows
            mean = moments.mean
            std = moments.deviation
        }
    }

    /// What the policy dropped of the prepared videos.
    package struct LeftOut: Sendable, Equatable, Codable {
        /// Segments that are in no shard.
        package var segments: Int
        package var seconds: Double
        /// Those segments by the flag that drops them; a segment with two such flags counts for both.
        package var flags: [String: Int]
        /// Whole videos left out in addition, by id: near-duplicates of packed ones; nil if there are none.
        package var nearDuplicates: [String]?

        private enum CodingKeys: String, CodingKey {
            case segments, seconds, flags
            case nearDuplicates = "near_duplicates"
        }

        package init(segments: Int, seconds: Double, flags: [String: Int]) {
            self.segments = segments
            self.seconds = seconds
            self.flags = flags
        }
    }

    package var format: String
    package var formatVersion: String
    /// The version of avprep that wrote the shards.
    package var createdBy: String
    package var seed: Int
    package var layout: StoreLayout
    /// By `train`, `val`, `test`. Splits without shards are missing.
    package var splits: [String: SplitTotals]
    package var shards: [Shard]
    package var pairSets: [PairSetSummary]
    /// SHA-256 of each pair file, by file name.
    package var pairFiles: [String: String]
    /// Videos in these shards that were removed from the corpus, by id: they are in no pair.
    package var vanishedVideos: [String]

    /// Prepared videos in no shard, by id, because they have near-duplicates in different splits. nil in an index
    /// written before format 1.1.
    package var straddlingVideos: [String]?
    /// Segments of the prepared videos dropped by the policy. nil in an index written before avprep had policies.
    package var leftOut: LeftOut?
    /// By name of the spectrogram. nil in an index written before format 1.1.
    package var normalization: [String: Normalization]?

    /// What the numbers of labels mean: number i is the i-th; nil without labels. Numbers stay while the set grows.
    package var labels: [String]?
    /// SHA-256 of each label file, by file name; nil without labels.
    package var labelFiles: [String: String]?
    /// What manifests put into several splits though it belongs together; nil for nothing.
    package var leaks: SplitLeaks?

    /// What an index of format 1.0 lacks is empty.
    package static var laterKeys: [String: LaterKey] { ["vanished_videos": .written(absent: [String]())] }

    private enum CodingKeys: String, CodingKey {
        case format, seed, layout, splits, shards, normalization, leaks, labels
        case formatVersion = "format_version"
        case createdBy = "created_by"
        case pairSets = "pair_sets"
        case pairFiles = "pair_files"
        case vanishedVideos = "vanished_videos"
        case straddlingVideos = "straddling_videos"
        case leftOut = "left_out"
        case labelFiles = "label_files"
    }

    /// An index of shards whose pairs are drawn later. Totals by split, except numbers of videos, are summed over the
    /// shards.
    ///
    /// - Parameter videos: number of distinct videos by split. The shards' numbers do not add up to it, since a video's
    ///   segments may be in several shards.
    package init(createdBy: String, seed: Int, layout: StoreLayout, shards: [Shard], videos: [Split: Int]) {
        format = "avprep-index"
        formatVersion = StoreFormat.versionWithoutLabels
        self.createdBy = createdBy
        self.seed = seed
        self.layout = layout
        self.shards = shards
        splits = [:]
        for split in Split.allCases {
            let own = shards.filter { $0.split == split }
            guard !own.isEmpty else { continue }
            splits[split.rawValue] = SplitTotals(
                shards: own.count, segments: own.reduce(0) { $0 + $1.segments }, videos: videos[split] ?? 0,
                frames: own.reduce(0) { $0 + $1.frames },
                // From whole frames, since a sum of fractions would depend on the order.
                seconds: Double(own.reduce(0) { $0 + $1.frames }) / layout.fps)
        }
        pairSets = []
        pairFiles = [:]
        vanishedVideos = []
    }

    /// Writes `index.json` atomically.
    package func save(_ folder: String) throws {
        var index = self
        if labels != nil || leaks != nil { index.formatVersion = StoreFormat.version }
        try AtomicFile.write(
            Data((try CanonicalJSON.encode(index, pretty: true) + "\n").utf8), to: "\(folder)/\(Self.fileName)")
    }
}

extension ShardIndex.Shard {
    /// Describes a finished shard: counts from its segment table, size and SHA-256 from its bytes.
    package init(path: String, split: Split, isCancelled: () -> Bool = { false }) throws {
        try self.init(
            path: path, split: split, sha256: SHA256.digest(ofFile: path, isCancelled: isCancelled).hex)
    }

    /// Describes a shard whose SHA-256 is known.
    package init(path: String, split: Split, sha256: String) throws {
        let reader = try StoreReader(path: path)
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw StoreError(.unreadable, "cannot read \(path): \(systemError())")
        }
        try self.init(
            reader, split: split, bytes: Int(status.st_size), sha256: sha256, structure: ShardStructure(reader))
    }

    /// Describes an open shard whose size and checksums are known.
    package init(_ reader: StoreReader, split: Split, bytes: Int, sha256: String, structure: ShardStructure) {
        let frames = reader.segments.reduce(0) { $0 + $1.frames.count }
        self.init(
            name: (reader.path as NSString).lastPathComponent, split: split, segments: reader.segments.count,
            videos: Set(reader.segments.map(\.segment.videoID)).count, frames: frames,
            seconds: Double(frames) / reader.layout.fps, bytes: bytes, sha256: sha256,
            contentKey: reader.attributes["content_key"]?.text ?? "", structure: structure)
    }
}
