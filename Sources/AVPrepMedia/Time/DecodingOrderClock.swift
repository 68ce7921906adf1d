/// Presentation times of pictures whose container states times in decoding order only: AVI, and Matroska's tracks of
/// Video for Windows. Such times say when a packet is decoded; with B-frames a picture comes out of the decoder some packets
/// later, by a delay that differs between encoders and that the container does not state.
///
/// The n-th displayed picture has the n-th of the packets' times: so nothing is shifted where there are no B-frames, and
/// the first picture is shown at the first time. Where packets are further apart than usual, because pictures were dropped, a
/// picture's time is that of the packet with which it comes out of the decoder, less the delay at the start: encoders derive
/// decoding times from the presentation times of earlier pictures.
struct DecodingOrderClock {
    /// Packets whose times are not given to a picture yet, earliest time first.
    private var waiting: [(number: Int64, tick: Int64)] = []
    /// The last distances between packets, in ticks.
    private var distances: [Int64] = []
    private var lastTick: Int64?
    /// By how many ticks, and by how many packets, the first picture came out late.
    private var delay: (ticks: Int64, depth: Int)?

    /// More packets than any decoder delays.
    private static let mostWaiting = 64
    private static let mostDistances = 31

    /// A packet that is sent to the decoder.
    ///
    /// - Parameters:
    ///   - number: greater than those of earlier packets.
    ///   - tick: its time; nil where it has none.
    mutating func add(_ number: Int64, at tick: Int64?) {
        let tick = tick ?? (lastTick.map { $0 &+ usualDistance } ?? 0)
        if let lastTick, tick > lastTick {
            if distances.count == Self.mostDistances { distances.removeFirst() }
            distances.append(tick &- lastTick)
        }
        lastTick = tick
        let place = waiting.lastIndex { $0.tick <= tick }.map { $0 + 1 } ?? 0
        waiting.insert((number, tick), at: place)
        if waiting.count > Self.mostWaiting { waiting.removeFirst() }
    }

    /// The time of the next displayed picture; nil where no packet accounts for it.
    ///
    /// - Parameters:
    ///   - number: of the picture's own packet.
    ///   - isBidirectional: whether it is predicted from later pictures too: at most `depth` packets before its own then
    ///     hold pictures that are displayed after it, else none do.
    ///   - depth: by how many packets the decoder reorders pictures.
    mutating func next(ofPacket number: Int64, isBidirectional: Bool, depth: Int) -> Int64? {
        // Packets without a picture (not coded, damaged, before the first key picture) leave times over.
        let allowed = isBidirectional ? depth : 0
        var earlier = waiting.count { $0.number < number }
        while earlier > allowed, let place = waiting.firstIndex(where: { $0.number < number }) {
            waiting.remove(at: place)
            earlier -= 1
        }
        guard let first = waiting.first else { return nil }
        let depthNow = min(depth, waiting.count - 1)
        let late = delay ?? (waiting[depthNow].tick &- first.tick, depthNow)
        delay = late
        let known = waiting[depthNow].tick &- late.ticks
        waiting.removeFirst()
        // Without further packets at the end, and where the decoder has found out that it reorders more.
        return known &+ Int64(late.depth - depthNow) &* (late.depth == depthNow ? 0 : usualDistance)
    }

    /// The decoder was flushed, and packets from elsewhere follow.
    mutating func reset() {
        waiting = []
        lastTick = nil
    }

    private var usualDistance: Int64 { distances.isEmpty ? 1 : distances.sorted()[distances.count / 2] }
}
