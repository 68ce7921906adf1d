import AVPrepCore
package import AVPrepModel
package import AVPrepStore
import Foundation

/// One shard, open: its tables, and clips cut out of it by the places that pairs name.
///
/// May be used by many threads at once.
package final class ShardReader: Sendable {
    /// What the index says of it.
    package let entry: ShardIndex.Shard
    /// Its tracks as they are stored, for whoever copies whole segments. Clips are cut by the methods below.
    package let store: StoreReader

    package var path: String { store.path }
    package var layout: StoreLayout { store.layout }
    package var attributes: [String: AttributeValue] { store.attributes }
    /// The table of segments; a row's number is what pairs name.
    package var segments: [StoredSegment] { store.segments }

    /// Opens a shard whose size and structure are those of its entry in an index, and nothing else: what else the entry
    /// says is left to the caller. ``ShardSet/reader(of:)`` compares that too.
    ///
    /// - Throws: `StoreError` when it is not, is no shard, or cannot be read.
    package init(_ entry: ShardIndex.Shard, in folder: String) throws {
        let path = "\(folder)/\(entry.name)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw StoreError(
                .unreadable, "cannot open \(path): \(systemError()); run `avprep shard`, which packs it again")
        }
        guard Int(status.st_size) == entry.bytes else {
            throw StoreError.differs(
                path, "it has \(status.st_size) bytes, and \(ShardIndex.fileName) says \(entry.bytes)")
        }
        if let structure = entry.structure, try !structure.matches(path) {
            throw StoreError.differs(path, "the SHA-256 of its structure is not the one of \(ShardIndex.fileName)")
        }
        let store = try StoreReader(path: path)
        guard store.kind == .shard else { throw StoreError.differs(path, "it is no shard but a prepared file") }
        self.entry = entry
        self.store = store
    }

    /// Measures a shard that lies there and that no index names: one of a run of `avprep shard` that did not end. Its
    /// bytes are all read.
    ///
    /// - Throws: `StoreError` when it is no shard; `CancellationError`.
    package convenience init(
        unlisted path: String, split: Split, isCancelled: () -> Bool
    ) throws {
        try self.init(
            ShardIndex.Shard(path: path, split: split, isCancelled: isCancelled),
            in: (path as NSString).deletingLastPathComponent)
    }

    /// Checks that every pair of a set lies in the shard's segments.
    ///
    /// - Throws: `StoreError` naming the first one that does not.
    package func check(_ set: PairSet) throws { try set.check(against: store) }

    // MARK: - Clips

    /// The picture clip of a pair.
    ///
    /// - Parameters:
    ///   - pair: of this shard, checked.
    ///   - count: frames of the clip, ≥ 1; where the segment ends earlier, the clip does.
    package func pictures(of pair: Pair, count: Int) -> PictureClip {
        pictures(segment: Int(pair.videoSegment), first: Int(pair.videoStartFrame), count: count)
    }

    /// A picture clip by its place.
    ///
    /// - Parameters:
    ///   - segment: a row of ``segments``.
    ///   - first: number of its first frame within the segment, one that the segment has.
    ///   - count: as above.
    package func pictures(segment: Int, first: Int, count: Int) -> PictureClip {
        let stored = segments[segment]
        return PictureClip(self, stored, frames: first..<first + max(1, min(count, stored.frames.count - first)))
    }

    /// Optical flow between the frames of a picture clip.
    ///
    /// - Returns: nil where the shard has no flow in that direction.
    package func flow(_ direction: StoreLayout.FlowDirection, of pictures: PictureClip) -> FlowClip? {
        guard let flow = layout.flow, flow.directions.contains(direction) else { return nil }
        return FlowClip(self, flow: flow, direction: direction, pictures: pictures)
    }

    /// The sound clip of a pair as rows of a spectrogram.
    ///
    /// - Parameters:
    ///   - spectrogram: one of the layout's.
    ///   - pair: of this shard, checked.
    ///   - seconds: length of the clip.
    package func spectrogram(_ spectrogram: StoreLayout.Spectrogram, of pair: Pair, seconds: Double) -> SpectrogramClip
    {
        self.spectrogram(
            spectrogram, segment: Int(pair.audioSegment), start: pair.audioStartSeconds, seconds: seconds)
    }

    /// A sound clip as rows of a spectrogram, by its place.
    ///
    /// - Parameters:
    ///   - segment: a row of ``segments``.
    ///   - start: where it begins within the segment, in seconds, before the segment's end.
    ///   - seconds: length of the clip.
    package func spectrogram(
        _ spectrogram: StoreLayout.Spectrogram, segment: Int, start: Double, seconds: Double
    ) -> SpectrogramClip {
        SpectrogramClip(self, segments[segment], spectrogram, start: start, seconds: seconds)
    }

    /// The sound clip of a pair as samples; nil where the shard has no such waveform.
    ///
    /// - Parameters:
    ///   - waveform: a name among the layout's; nil for `pcm`.
    ///   - pair: of this shard, checked.
    ///   - seconds: length of the clip; where the segment ends earlier, the clip does.
    package func waveform(_ waveform: String? = nil, of pair: Pair, seconds: Double) -> WaveformClip? {
        self.waveform(waveform, segment: Int(pair.audioSegment), start: pair.audioStartSeconds, seconds: seconds)
    }

    /// A sound clip as samples, by its place: see ``spectrogram(_:segment:start:seconds:)``.
    package func waveform(_ waveform: String? = nil, segment: Int, start: Double, seconds: Double) -> WaveformClip? {
        WaveformClip(self, segments[segment], waveform, start: start, seconds: seconds)
    }
}
