package import AVPrepClips
import AVPrepModel
import AVPrepStore

extension ShardDataset {
    /// Clips in sync at every few frames of every segment of some shards, as long as those of this set.
    ///
    /// Where the sound is longer than the picture clip, the clip lies in its middle, or as near to it as the segment's ends
    /// allow. Segments shorter than a clip give none.
    ///
    /// - Parameters:
    ///   - readers: shards with the layout of this set's; each may hold videos that are in no set.
    ///   - folder: where they lie, for messages.
    ///   - hop: frames from one clip to the next, ≥ 1; the last clip of a segment is always there.
    /// - Throws: ``TrainingError`` for shards of another layout.
    package func clipsInSync(in readers: [ShardReader], of folder: String, every hop: Int) throws -> ShardDataset {
        precondition(hop >= 1, "clips every \(hop) frames")
        let layout = self.readers[0].layout
        for reader in readers where reader.layout != layout {
            throw TrainingError(
                .data,
                """
                \(reader.path) was prepared under other settings than the shards of \(self.folder); use the pipeline file that \
                these were made with
                """)
        }
        let sound = Int((soundSeconds * fps - 1e-6).rounded(.up))
        let slack = max(0, sound - clipFrames)
        let pairs = readers.map { reader in
            reader.segments.enumerated().flatMap { row, stored -> [Pair] in
                let last = stored.frames.count - clipFrames
                let lastSound = stored.frames.count - max(sound, clipFrames)
                guard lastSound >= 0 else { return [] }
                var starts = Array(stride(from: 0, through: last, by: hop))
                if starts.last != last { starts.append(last) }
                return starts.map { frame in
                    let heard = min(max(0, frame - slack / 2), lastSound)
                    return Pair(
                        kind: .positive, videoSegment: Int32(row), videoStartFrame: Int32(frame),
                        audioSegment: Int32(row), audioStartSeconds: Double(heard) / fps)
                }
            }
        }
        return ShardDataset(self, readers: readers, of: folder, pairs: pairs)
    }
}

extension ShardDataset {
    /// Some of its pairs.
    ///
    /// - Parameter numbers: in rising order; a pair may come several times.
    package func selecting(_ numbers: [Int]) -> ShardDataset {
        var chosen = [[Pair]](repeating: [], count: pairs.count)
        for number in numbers {
            let (pair, shard, _) = locate(number)
            chosen[shard].append(pair)
        }
        return ShardDataset(self, pairs: chosen)
    }
}
