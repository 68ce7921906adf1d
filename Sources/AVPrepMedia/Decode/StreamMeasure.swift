import CFFmpeg

/// Totals over all packets of a stream.
package struct StreamMeasure: Sendable, Equatable, Codable {
    package var packets = 0
    package var bytes = 0
    /// From the start of the first packet to the end of the last, in seconds, including what an edit list cuts.
    package var seconds = 0.0
    /// Bits per second; 0 where the packets have no timestamps.
    package var bitRate = 0.0
    /// Intervals between key frames, in seconds; nil for fewer than two. In audio nearly every packet is one.
    package var keyFrameIntervals: IntervalMeasure?

    package init() {}
}

/// Accumulates a stream's packets.
struct PacketTally {
    private var packets = 0
    private var bytes = 0
    /// Range of the packets' timestamps since the last clock jump, and the total before it.
    private var first: Double?
    /// End of the last packet, in seconds on the stream's own clock since its last restart.
    private(set) var end = 0.0
    private var secondsBefore = 0.0
    private var lastKey: Double?
    private var keyIntervals = IntervalHistogram(binSeconds: 0.001)

    /// A clock that goes back by more than this, in seconds, has restarted. Reordering spans a few pictures.
    private static let jumpBack = 5.0

    mutating func add(_ packet: AVPacket, _ times: PresentationTimes) {
        packets += 1
        bytes += Int(packet.size)
        guard let start = times.mediaSeconds(at: packet.pts == avprep_nopts ? packet.dts : packet.pts) else { return }
        let finish = start + (times.duration(of: packet.duration) ?? 0)
        if let first, start < end - Self.jumpBack {
            secondsBefore += end - first
            (self.first, lastKey) = (nil, nil)
        }
        if first == nil { (first, end) = (start, finish) }
        first = min(first ?? start, start)
        end = max(end, finish)
        guard packet.flags & AV_PKT_FLAG_KEY != 0 else { return }
        if let lastKey, start > lastKey { keyIntervals.add(start - lastKey) }
        lastKey = start
    }

    var measure: StreamMeasure {
        var measure = StreamMeasure()
        measure.packets = packets
        measure.bytes = bytes
        measure.seconds = secondsBefore + (first.map { end - $0 } ?? 0)
        measure.bitRate = measure.seconds > 0 ? 8 * Double(bytes) / measure.seconds : 0
        measure.keyFrameIntervals = keyIntervals.measure
        return measure
    }
}
