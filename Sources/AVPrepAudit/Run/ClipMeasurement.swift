import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Synchronization

/// Looks at every clip that an audit's pairs are made of, once.
final class ClipMeasurement: Sendable {
    /// Names a picture clip: pairs share them.
    struct Pictures: Hashable, Sendable {
        let shard: Int
        let segment: Int
        let first: Int
        let count: Int
    }

    /// Names a sound clip.
    struct Sound: Hashable, Sendable {
        let shard: Int
        let segment: Int
        let start: Double
        let seconds: Double
    }

    private let readers: [ShardReader]

    init(readers: [ShardReader]) { self.readers = readers }

    /// The picture clip of a pair, cut where its segment ends.
    func picture(_ member: AuditSample.Member, of sample: AuditSample) -> Pictures {
        let reader = readers[member.shard]
        let clip = reader.pictures(of: member.pair, count: sample.frames(fps: reader.layout.fps))
        return Pictures(
            shard: member.shard, segment: Int(member.pair.videoSegment), first: clip.frames.lowerBound,
            count: clip.count)
    }

    func sound(_ member: AuditSample.Member, of sample: AuditSample) -> Sound {
        Sound(
            shard: member.shard, segment: Int(member.pair.audioSegment), start: member.pair.audioStartSeconds,
            seconds: sample.soundSeconds)
    }

    struct Result: Sendable {
        var pictures: [Pictures: PictureMeasures] = [:]
        var sounds: [Sound: SoundMeasures] = [:]
    }

    private enum Item: Sendable {
        case pictures([Pictures])
        case sounds([Sound])

        var count: Int {
            switch self {
            case .pictures(let clips): clips.count
            case .sounds(let clips): clips.count
            }
        }
    }

    /// - Throws: `StoreError` for a picture that cannot be decoded; `CancellationError`.
    func run(
        pictures: Set<Pictures>, sounds: Set<Sound>, workers: Int,
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
                let pictures = readers[clip.shard].pictures(
                    segment: clip.segment, first: clip.first, count: clip.count)
                result.pictures[clip] = try Self.naming(pictures) { try measurer.measure(pictures) }
            }
        case .sounds(let clips):
            for clip in clips {
                result.sounds[clip] = try SoundMeasurer.measure(
                    readers[clip.shard], segment: clip.segment, start: clip.start, seconds: clip.seconds)
            }
        }
        return result
    }

    /// A decoder's words say what is wrong with a picture, and not where it lies.
    private static func naming<Value>(_ clip: PictureClip, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as StoreError where error.code == .picture {
            throw StoreError(
                .picture,
                """
                cannot look at frames \(clip.frames.lowerBound) to \(clip.frames.upperBound - 1) of segment \
                \(clip.segment.segmentID) in \(clip.shard.path): \(error); run `avprep verify`
                """)
        }
    }
}
