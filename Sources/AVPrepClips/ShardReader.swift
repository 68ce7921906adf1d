import AVPrepCore
package import AVPrepModel
package import AVPrepStore
import Foundation

/// An open shard: its tables, and clips cut from it at the positions that pairs refer to.
///
/// May be used by many threads at once.
package final class ShardReader: Sendable {
    /// The shard's entry in the index.
    package let entry: ShardIndex.Shard
    /// The tracks as stored, for copying whole segments. Clips are cut by the methods below.
    package let store: StoreReader

    package var path: String { store.path }
    package var layout: StoreLayout { store.layout }
    package var attributes: [String: AttributeValue] { store.attributes }
    /// The table of segments; pairs refer to them by row number.
    package var segments: [StoredSegment] { store.segments }

    /// Opens a shard if its size and structure match its entry in an index: a file that was truncated, extended or
    /// damaged in the parts that HDF5 reads never reaches HDF5. The rest of the entry is not compared here;
    /// ``ShardSet/reader(of:)`` compares it too.
    ///
    /// - Throws: `StoreError` when they do not match, or it is not a shard, or cannot be read.
    package init(_ entry: ShardIndex.Shard, in folder: String) throws {
        let path = "\(folder)/\(entry.name)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw StoreError(
                .unreadable, "cannot open \(path): \(systemError()); run `avprep shard`, which packs it again")
        }
        guard Int(status.st_size) == entry.bytes else {
            throw StoreError.differs(
                path, "it has \(status.st_size) bytes, but \(ShardIndex.fileName) says \(entry.bytes)")
        }
        if let structure = entry.structure, try !structure.matches(path) {
            throw StoreError.differs(path, "the SHA-256 of its structure differs from \(ShardIndex.fileName)")
        }
        let store = try StoreReader(path: path)
        guard store.kind == .shard else { throw StoreError.differs(path, "it is not a shard but a prepared file") }
        self.entry = entry
        self.store = store
    }

    /// Opens an existing shard that no index lists, from a run of `avprep shard` that did not end, and computes its entry.
    /// The whole file is read.
    ///
    /// - Throws: `StoreError` when it is not a shard; `CancellationError`.
    package convenience init(
        unlisted path: String, split: Split, isCancelled: () -> Bool
    ) throws {
        try self.init(
            ShardIndex.Shard(path: path, split: split, isCancelled: isCancelled),
            in: (path as NSString).deletingLastPathComponent)
    }

    /// Checks that every pair of a set lies within the shard's segments.
    ///
    /// - Throws: `StoreError` naming the first pair that does not.
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

    /// A picture clip by its position.
    ///
    /// - Parameters:
    ///   - segment: a row of ``segments``.
    ///   - first: number of its first frame within the segment; the segment must contain it.
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

    /// A sound clip as rows of a spectrogram, by its position.
    ///
    /// - Parameters:
    ///   - segment: a row of ``segments``.
    ///   - start: its start within the segment, in seconds, before the segment's end.
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

    /// A sound clip as samples, by its position: see ``spectrogram(_:segment:start:seconds:)``.
    package func waveform(_ waveform: String? = nil, segment: Int, start: Double, seconds: Double) -> WaveformClip? {
        WaveformClip(self, segments[segment], waveform, start: start, seconds: seconds)
    }
}
