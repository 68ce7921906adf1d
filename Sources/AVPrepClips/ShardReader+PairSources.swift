import AVPrepModel
package import AVPrepPairs
import AVPrepStore

extension ShardReader {
    /// Its segments, as far as pairing needs to know them, in the order of the table.
    package var pairSources: [PairSource] {
        let fps = layout.fps
        return segments.enumerated().map { row, stored in
            PairSource(
                stored.segment, row: Int32(row), group: stored.groupID.isEmpty ? nil : stored.groupID,
                soundSeconds: Double(stored.segment.frameCount) / fps, fps: fps,
                periodSeconds: stored.segment.periodSeconds)
        }
    }
}

extension Segment {
    /// The period of a sound that repeats itself.
    fileprivate var periodSeconds: Double? {
        guard flags.contains(.periodicSound), let period = measures[.period], period > 0 else { return nil }
        return Double(period)
    }
}
