import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore

/// At which of several offsets between picture and sound a model finds clips most in sync: the synchronisation error, as of
/// SyncNet (Chung & Zisserman 2016) and AVTS (Korbar et al. 2018), which tries ±15 frames.
package struct OffsetHistogram: Sendable, Equatable, StoredRecord {
    /// Largest offset tried, in frames, on either side.
    package var reach: Int
    /// Duration of a frame in seconds.
    package var frameSeconds: Double
    /// Clips in sync that were tried.
    package var clips: Int
    /// How many of them scored best at each offset of the sound, from -reach (early) to reach (late).
    package var counts: [Int]

    private enum CodingKeys: String, CodingKey {
        case reach, clips, counts
        case frameSeconds = "frame_seconds"
    }

    /// Share of clips that score best within so many frames of their true place.
    package func share(within frames: Int) -> Double {
        let middle = max(0, reach - frames)...min(counts.count - 1, reach + frames)
        return clips == 0 ? 0 : Double(counts[middle].reduce(0, +)) / Double(clips)
    }

    /// Median of the distance from the true place, in frames.
    package var medianError: Int? {
        guard clips > 0 else { return nil }
        var seen = 0
        for error in 0...reach {
            seen += error == 0 ? counts[reach] : counts[reach - error] + counts[reach + error]
            if 2 * seen >= clips { return error }
        }
        return reach
    }
}

extension ShardDataset {
    /// Clips in sync with their sound at every offset, for ``OffsetHistogram``.
    ///
    /// - Parameters:
    ///   - limit: largest number of clips; a drawn part of those that have room on both sides.
    ///   - spectrogram: what a moved pair must still have of the sound; nil where the recipe hears none.
    /// - Returns: a set with `2 · reach + 1` pairs a clip, one after the other; nil where no clip has room.
    func moved(reach: Int, limit: Int, seed: UInt64, spectrogram: String?) throws -> ShardDataset? {
        let stored = try spectrogram.map { try self.spectrogram($0) }
        var open: [(shard: Int, pair: Pair)] = []
        for (shard, own) in pairs.enumerated() {
            for pair in own.prefix(own.count / storedEpochs) where pair.kind == .positive {
                let ends = [-reach, reach].map { pair.moved($0, fps: fps) }
                let hasRoom = ends.allSatisfy { end in
                    end.audioStartSeconds >= 0
                        && (stored.map {
                            readers[shard].spectrogram($0, of: end, seconds: soundSeconds).rowCount != nil
                        } ?? true)
                }
                if hasRoom { open.append((shard, pair)) }
            }
        }
        guard !open.isEmpty else { return nil }
        var random = SeededRandom(seed: seed, for: "offsets/\(set)")
        let drawn = random.shuffled(open.indices).prefix(limit).sorted().map { open[$0] }
        var moved = [[Pair]](repeating: [], count: pairs.count)
        for (shard, pair) in drawn { moved[shard] += (-reach...reach).map { pair.moved($0, fps: fps) } }
        return ShardDataset(self, pairs: moved)
    }
}

extension Pair {
    /// The same picture with the sound so many frames later.
    fileprivate func moved(_ frames: Int, fps: Double) -> Pair {
        Pair(
            kind: frames == 0 ? kind : .hard, videoSegment: videoSegment, videoStartFrame: videoStartFrame,
            audioSegment: audioSegment, audioStartSeconds: audioStartSeconds + Double(frames) / fps)
    }
}
