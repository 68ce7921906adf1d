import AVPrepCore

/// All positions in a shard where a clip can lie, in an order that does not depend on the order of the input.
///
/// A *place* is a frame number k of a segment such that the sound clip from `k / fps` lies within the segment, and the
/// number of frames by which the picture clip begins later while still lying within that sound: 0 if both are equally
/// long. Places are on the frame grid: a negative's sound starts at the same phase within frames and spectrogram hops
/// as a positive's, so the phase reveals nothing about the label.
struct ClipTable {
    /// A segment that is long enough for a clip. Entries are sorted by group, video, start and id.
    struct Entry {
        var row: Int32
        var start: Double
        var fps: Double
        /// A place can begin at frames `0 ..< placeCount`; at least one.
        var placeCount: Int
        /// Frames of a picture clip.
        var clipFrames: Int
        /// Frames by which a picture may begin after its sound: `0 ... slack`.
        var slack: Int
        /// Indices of the entry's group and video.
        var group: Int
        var video: Int
        var exclusion: PairSource.HardExclusion?
        /// Period of the sound in seconds, if it is periodic.
        var period: Double?

        func time(_ place: Int) -> Double { start + Double(place) / fps }
    }

    /// The position of a pair's clip: an entry of the table, the frame at which the sound begins, and how many frames
    /// later the picture begins.
    struct Place: Equatable {
        var entry: Int
        var frame: Int
        var lead = 0
    }

    private(set) var entries: [Entry] = []
    /// Entries of group g: `groupStarts[g] ..< groupStarts[g + 1]`.
    private(set) var groupStarts: [Int] = []
    /// Entries of video v: `videoStarts[v] ..< videoStarts[v + 1]`.
    private(set) var videoStarts: [Int] = []
    let segmentCount: Int
    let videoCount: Int
    /// Number of segments shorter than the clip, which give no pairs.
    private(set) var tooShort = 0

    var groupCount: Int { groupStarts.count - 1 }

    /// Tolerance for comparing times, far below one sample, so that a length that fits exactly is not lost to rounding.
    static let tolerance = 1e-6

    init(_ sources: [PairSource], settings: PairSettings) throws {
        segmentCount = sources.count
        for source in sources { try source.validate() }
        let order = sources.indices.sorted { Self.precedes(sources[$0], sources[$1]) }
        var groupOfVideo: [String: String] = [:]
        entries.reserveCapacity(sources.count)
        var last: PairSource?
        for index in order {
            let source = sources[index]
            if groupOfVideo.updateValue(source.group, forKey: source.videoID) ?? source.group != source.group {
                throw PairError(
                    .source,
                    "video \(source.videoID) is in more than one group, among them \(source.group); "
                        + "give all its segments the same group")
            }
            let clipFrames = max(1, Int((settings.clipSeconds * source.fps).rounded()))
            let soundFrames = ((settings.soundClipSeconds + Self.tolerance) * source.fps).rounded(.down)
            let slack = max(0, Int(soundFrames) - clipFrames)
            let lastBySound = (source.soundSeconds - settings.soundClipSeconds + Self.tolerance) * source.fps
            let places = min(source.frameCount - clipFrames - slack, Int(lastBySound.rounded(.down))) + 1
            guard places > 0 else {
                tooShort += 1
                continue
            }
            if last?.group != source.group { groupStarts.append(entries.count) }
            if last?.videoID != source.videoID {
                videoStarts.append(entries.count)
            } else if let previous = entries.last, let last,
                source.startSeconds <= previous.time(previous.placeCount - 1)
            {
                throw PairError(
                    .source,
                    "segments \(last.segmentID) and \(source.segmentID) of one video overlap in time; "
                        + "verify the shard and ingest the video again")
            }
            entries.append(
                Entry(
                    row: source.row, start: source.startSeconds, fps: source.fps, placeCount: places,
                    clipFrames: clipFrames, slack: slack, group: groupStarts.count - 1,
                    video: videoStarts.count - 1, exclusion: Self.exclusion(source, settings),
                    period: source.periodSeconds))
            last = source
        }
        groupStarts.append(entries.count)
        videoStarts.append(entries.count)
        videoCount = groupOfVideo.count
    }

    /// If the period is so short that hardly any time between its multiples is out of sync, the segment gives no hard
    /// negatives.
    private static func exclusion(_ source: PairSource, _ settings: PairSettings) -> PairSource.HardExclusion? {
        if let exclusion = source.hardExclusion { return exclusion }
        guard let period = source.periodSeconds, period < 4 * settings.periodGuardSeconds else { return nil }
        return .periodic
    }

    private static func precedes(_ left: PairSource, _ right: PairSource) -> Bool {
        if left.group != right.group { return left.group < right.group }
        if left.videoID != right.videoID { return left.videoID < right.videoID }
        if left.startSeconds != right.startSeconds { return left.startSeconds < right.startSeconds }
        if left.segmentID != right.segmentID { return left.segmentID < right.segmentID }
        return left.row < right.row
    }

    /// Number of entries in other groups than that of `entry`.
    func otherSourceCount(of entry: Int) -> Int {
        let group = entries[entry].group
        return entries.count - (groupStarts[group + 1] - groupStarts[group])
    }

    /// A random entry of another group than that of `entry`, uniformly distributed.
    func otherSourceEntry(than entry: Int, _ random: inout SeededRandom) -> Int {
        let group = entries[entry].group
        let index = random.below(otherSourceCount(of: entry))
        return index < groupStarts[group] ? index : index + groupStarts[group + 1] - groupStarts[group]
    }
}
