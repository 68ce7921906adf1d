package import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore

/// Videos with a class each, whose clips are learnt from or measured, in whichever split of the shards they lie.
package struct ClassVideos: Sendable, Equatable {
    /// The names of the classes.
    package var classes: [String]
    /// The class of each video, by the video's id.
    package var videos: [String: Int]

    package init(classes: [String], videos: [String: Int]) {
        self.classes = classes
        self.videos = videos
    }

    /// Clips to learn from: in each epoch one of each video in each shard that holds it, anywhere in its segments.
    ///
    /// - Parameters:
    ///   - perVideo: clips of a video in an epoch, in place of one.
    ///   - epochs: so many are drawn; a longer run repeats them.
    ///   - seed: what places are drawn by, with the epoch and the video's id.
    /// - Throws: ``TrainingError`` (`.data`) when no video has a segment as long as a clip; `StoreError`.
    package func training(
        of shards: ShardSet, clipSeconds: Double, perVideo: Int = 1, epochs: Int, seed: UInt64
    ) throws -> ShardDataset {
        precondition(epochs > 0, "\(epochs) epochs")
        return try dataset(of: shards, clipSeconds: clipSeconds, as: .train, epochs: epochs) { own in
            (0..<epochs).flatMap { epoch in
                own.flatMap { video in
                    var random = SeededRandom(seed: seed, for: "clip/\(video.id)/\(epoch)")
                    return (0..<perVideo).map { _ in video.clip(at: random.below(video.count)) }
                }
            }
        }
    }

    /// Clips to measure: so many of each video, at equal steps from its first to its last, or the one in the middle.
    ///
    /// - Throws: as ``training(of:clipSeconds:epochs:seed:)``.
    package func measuring(of shards: ShardSet, clipSeconds: Double, clips: Int) throws -> ShardDataset {
        precondition(clips > 0, "\(clips) clips")
        return try dataset(of: shards, clipSeconds: clipSeconds, as: .test, epochs: 1) { own in
            own.flatMap { video in
                (0..<clips).map { number in
                    let last = video.count - 1
                    return video.clip(at: clips == 1 ? last / 2 : (number * last + (clips - 1) / 2) / (clips - 1))
                }
            }
        }
    }

    private func dataset(
        of shards: ShardSet, clipSeconds: Double, as split: Split, epochs: Int, _ pairs: ([VideoClipPlaces]) -> [Pair]
    ) throws -> ShardDataset {
        let frames = max(1, Int((clipSeconds * shards.index.layout.fps).rounded()))
        let vanished = Set(shards.index.vanishedVideos)
        var entries: [ShardIndex.Shard] = []
        var chosen: [[Pair]] = []
        var labels: [String: SegmentLabels] = [:]
        for entry in shards.index.shards {
            let reader = try shards.reader(of: entry)
            var places: [VideoClipPlaces] = []
            for (row, stored) in reader.segments.enumerated() {
                let id = stored.segment.videoID
                guard videos[id] != nil, !vanished.contains(id), stored.frames.count >= frames else { continue }
                let starts = stored.frames.count - frames + 1
                if places.last?.id == id {
                    places[places.count - 1].add(row, starts: starts)
                } else {
                    places.append(VideoClipPlaces(id: id, fps: shards.index.layout.fps, row: row, starts: starts))
                }
            }
            guard !places.isEmpty else { continue }
            entries.append(entry)
            chosen.append(pairs(places))
            labels[entry.name] = SegmentLabels(
                reader.segments.map { stored in videos[stored.segment.videoID].map { [Int32($0)] } ?? [] },
                vocabulary: classes)
        }
        guard !entries.isEmpty else {
            throw TrainingError(
                .data,
                """
                none of \(videos.count) videos has a segment of \(frames) frames in \(shards.folder); run `avprep ingest` and \
                `avprep shard` on them, or set finetune.clip_seconds lower
                """)
        }
        return try ShardDataset(
            split, of: shards, entries, clips: chosen, labels: labels, clipSeconds: clipSeconds, storedEpochs: epochs)
    }
}

/// What a classifier learns from.
package struct ClassTraining: Sendable {
    package var videos: ClassVideos
    /// Length of a clip.
    package var clipSeconds: Double
    /// Clips of a video in an epoch.
    package var perVideo: Int
    /// Epochs whose clips are drawn at most; a longer run repeats them, in other orders.
    static let mostEpochs = 32

    package init(videos: ClassVideos, clipSeconds: Double, perVideo: Int = 1) {
        self.videos = videos
        self.perVideo = perVideo
        self.clipSeconds = clipSeconds
    }
}

/// The places of a video's clips in a shard, numbered through its segments.
private struct VideoClipPlaces {
    let id: String
    let fps: Double
    private(set) var count: Int
    private var segments: [(row: Int, starts: Int)]

    init(id: String, fps: Double, row: Int, starts: Int) {
        self.id = id
        self.fps = fps
        count = starts
        segments = [(row, starts)]
    }

    mutating func add(_ row: Int, starts: Int) {
        count += starts
        segments.append((row, starts))
    }

    func clip(at place: Int) -> Pair {
        var start = place
        for segment in segments {
            if start < segment.starts {
                return Pair(
                    kind: .positive, videoSegment: Int32(segment.row), videoStartFrame: Int32(start),
                    audioSegment: Int32(segment.row), audioStartSeconds: Double(start) / fps)
            }
            start -= segment.starts
        }
        preconditionFailure("place \(place) of \(count)")
    }
}
