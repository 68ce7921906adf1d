import AVPrepCore
import AVPrepModel
import AVPrepStore
import Synchronization

/// Looks at every clip that an audit's pairs are made of, once.
final class ClipMeasurement: Sendable {
    struct PictureClip: Hashable, Sendable {
        let shard: Int
        let segment: Int
        let first: Int
        let count: Int
    }

    struct SoundClip: Hashable, Sendable {
        let shard: Int
        let segment: Int
        let start: Double
        let seconds: Double
    }

    private let readers: [StoreReader]

    init(readers: [StoreReader]) { self.readers = readers }

    /// The picture clip of a pair, cut where its segment ends.
    func picture(_ member: AuditSample.Member, of sample: AuditSample) -> PictureClip {
        let reader = readers[member.shard]
        let first = Int(member.pair.videoStartFrame)
        let segment = Int(member.pair.videoSegment)
        let rest = reader.segments[segment].frames.count - first
        return PictureClip(
            shard: member.shard, segment: segment, first: first,
            count: max(1, min(rest, sample.frames(fps: reader.layout.fps))))
    }

    func sound(_ member: AuditSample.Member, of sample: AuditSample) -> SoundClip {
        SoundClip(
            shard: member.shard, segment: Int(member.pair.audioSegment), start: member.pair.audioStartSeconds,
            seconds: sample.soundSeconds)
    }

    struct Result: Sendable {
        var pictures: [PictureClip: PictureMeasures] = [:]
        var sounds: [SoundClip: SoundMeasures] = [:]
    }

    private enum Item: Sendable {
        case pictures([PictureClip])
        case sounds([SoundClip])

        var count: Int {
            switch self {
            case .pictures(let clips): clips.count
            case .sounds(let clips): clips.count
            }
        }
    }

    /// - Throws: `StoreError` for a picture that cannot be decoded; `CancellationError`.
    func run(
        pictures: Set<PictureClip>, sounds: Set<SoundClip>, workers: Int,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws -> Result {
        // Segment by segment, as they lie in the file.
        let pictureItems = Dictionary(grouping: pictures) { [$0.shard, $0.segment] }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { Item.pictures($0.value.sorted { $0.first < $1.first }) }
        let soundItems = Dictionary(grouping: sounds) { [$0.shard, $0.segment] }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { Item.sounds($0.value.sorted { $0.start < $1.start }) }
        let total = pictures.count + sounds.count
        let state = Mutex((result: Result(), done: 0))
        try WorkerPool.run(
            pictureItems + soundItems, workers: workers, isCancelled: isCancelled, makeWorker: { try PictureMeasurer() }
        ) { measurer, item in
            let found = try self.measure(item, measurer)
            progress(
                state.withLock { state in
                    state.result.pictures.merge(found.pictures) { $1 }
                    state.result.sounds.merge(found.sounds) { $1 }
                    state.done += item.count
                    return state.done
                }, total)
        }
        return state.withLock { $0.result }
    }

    private func measure(_ item: Item, _ measurer: PictureMeasurer) throws -> Result {
        var result = Result()
        switch item {
        case .pictures(let clips):
            for clip in clips {
                let reader = readers[clip.shard]
                result.pictures[clip] = try measurer.measure(
                    reader, reader.segments[clip.segment], first: clip.first, count: clip.count)
            }
        case .sounds(let clips):
            for clip in clips {
                let reader = readers[clip.shard]
                result.sounds[clip] = try SoundMeasurer.measure(
                    reader, reader.segments[clip.segment], start: clip.start, seconds: clip.seconds)
            }
        }
        return result
    }
}
