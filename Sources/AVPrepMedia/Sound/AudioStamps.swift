/// Tells from timestamps and counted samples whether audio is missing, or repeated, or follows what came before.
///
/// Audio packets carry no numbers, so a loss shows in the timestamps alone. It has a shape of its own: between two packets
/// the timestamps step by half a packet or more, and every later one confirms the step while no earlier one had it.
/// Timestamps that wander, drift or come in bursts never have it, so their samples are never cut apart.
struct AudioStamps {
    /// What to do at a piece of audio.
    enum Verdict: Equatable {
        /// Its samples follow the previous ones.
        case follows
        /// Its own timestamp alone is missing or wrong.
        case followsUnstated
        /// Audio of this length is missing before it, in seconds; repeated, where negative.
        case step(Double)
    }

    /// The largest difference between timestamps and sample count that is the container's rounding, in seconds.
    let tolerance: Double
    /// Deviations of the timestamps of past pieces from where they were placed, and their ends on the stream's own count of
    /// seconds, newest last.
    private var past: [(end: Double, deviation: Double)] = []
    /// The usual deviation at the start, which the placement keeps.
    private var usual = 0.0
    private var counted = 0.0
    private var begun = 0.0
    /// Whether the first seconds have passed, which tell what is usual where timestamps come in bursts.
    private var isSettled = false

    /// How much of the past is kept, in seconds: several bursts of a recorder that stamps packets as they come.
    private static let pastSeconds = 2.0
    /// How much of it a step is compared with.
    private static let besideSeconds = 1.0
    /// Smaller steps than this part of a packet, or than this many seconds, are no loss. Programs that cut files at pictures
    /// leave gaps of half a packet on average.
    private static let leastStep = (ofPacket: 0.45, seconds: 0.02)
    /// Timestamps further than this from those of their neighbours are ignored, in seconds.
    static let believableSeconds = 0.05

    init(tolerance: Double) { self.tolerance = tolerance }

    /// Audio begins, or begins anew, where the deviations are those of the next pieces.
    mutating func begin(_ deviations: [Double?]) {
        past = []
        begun = counted
        isSettled = false
        usual = Self.quantile(0.5, of: deviations.compactMap(\.self).filter { abs($0) <= Self.widestSpread })
    }

    /// Deviations beyond this at the start belong to a gap rather than to a burst, in seconds.
    private static let widestSpread = 0.25

    /// Judges the first of the next pieces.
    ///
    /// - Parameters:
    ///   - deviations: of the next pieces' timestamps from the sample count, the first piece's first.
    ///   - seconds: its length.
    mutating func judge(_ deviations: [Double?], seconds: Double) -> Verdict {
        guard let own = deviations.first.flatMap(\.self) else { return .followsUnstated }
        let after = deviations.compactMap(\.self)
        let common = Self.quantile(0.5, of: after)
        let spread = Self.quantile(0.9, of: after) - Self.quantile(0.1, of: after)
        let isOdd = abs(own - common) > max(tolerance, spread, Self.believableSeconds)
        let other: Verdict = isOdd ? .followsUnstated : .follows
        let recent = past.filter { $0.end > counted - Self.besideSeconds }.map(\.deviation)
        let before = recent.isEmpty ? [usual] : recent
        let base = Self.quantile(0.5, of: before)
        let step = own - base
        let size = abs(step)
        // Two timestamps may be off either way.
        let least = max(2 * tolerance, min(Self.leastStep.ofPacket * seconds, Self.leastStep.seconds))
        // Where it lies where it was placed, the earlier ones were wrong, as a recorder's first often is.
        guard size >= least, abs(own) >= 0.5 * size, after.count > 1 else { return other }
        // As if the step were forward.
        let sign: Double = step < 0 ? -1 : 1
        let half = base + 0.5 * step
        func isPast(_ deviation: Double) -> Bool { sign * (deviation - half) >= 0 }
        let isSharp = !isPast(before[before.count - 1])
        let isNew = Double(before.count(where: isPast)) <= 0.1 * Double(before.count)
        let isConfirmed = Double(after.count { !isPast($0) }) <= 0.1 * Double(after.count)
        guard isSharp, isNew, isConfirmed else { return other }
        // In a burst each packet steps back further, while audio that is missing or repeated goes on from there; or more of
        // it is missing.
        let beside = after.dropFirst().prefix(3)
        let fallen = beside.count { $0 < own - max(tolerance, 0.5 * seconds) }
        let agreeing = after.filter { abs($0 - own) <= max(tolerance, min(0.5 * size, 0.01)) }
        let agreeingBeside = beside.count { abs($0 - own) <= 0.5 * size }
        guard sign > 0 ? 2 * fallen <= beside.count : 2 * agreeingBeside > beside.count else { return other }
        // What counted as usual may have been beyond this step.
        if counted - begun < Self.pastSeconds { usual = base }
        return .step(Self.quantile(0.5, of: agreeing) - base)
    }

    /// A piece was placed.
    mutating func add(_ deviation: Double?, seconds: Double) {
        counted += seconds
        if let deviation { past.append((counted, deviation)) }
        if let first = past.first, first.end < counted - Self.pastSeconds { past.removeFirst() }
        guard !isSettled, counted - begun >= Self.pastSeconds, !past.isEmpty else { return }
        isSettled = true
        if spread > Self.burstSpread { usual = Self.quantile(0.5, of: past.map(\.deviation)) }
    }

    /// How far the timestamps of the last seconds have moved away from the samples since the start, in seconds; nil where that
    /// is within their own spread, or too little is known.
    var drift: Double? {
        guard isSettled, past.count > 2 else { return nil }
        let moved = moved
        return abs(moved) > max(tolerance, spread / 3) ? moved : nil
    }

    /// As ``drift``, however small.
    var moved: Double { past.isEmpty ? 0 : Self.quantile(0.5, of: past.map(\.deviation)) - usual }

    private var spread: Double {
        let deviations = past.map(\.deviation)
        return Self.quantile(0.9, of: deviations) - Self.quantile(0.1, of: deviations)
    }

    /// Where the first sample of these pieces lies, from the first one's own timestamp.
    ///
    /// - Parameters:
    ///   - deviations: of the pieces' timestamps from the sample count, if the first one's is right.
    ///   - seconds: lengths of the pieces.
    static func anchor(_ deviations: [Double?], seconds: [Double]) -> Double {
        let stated = deviations.compactMap(\.self)
        let near = stated.filter { abs($0) <= widestSpread }
        // The first packet of a burst has the time of its first sample, the others nearly the same one.
        let fallCount = zip(stated, stated.dropFirst()).count { $1 < $0 - jitterSeconds }
        if 3 * fallCount >= stated.count, quantile(0.9, of: near) - quantile(0.1, of: near) > burstSpread {
            return quantile(0.95, of: near)
        }
        var total = 0.0
        let first = zip(deviations, seconds).prefix { _, length in
            defer { total += length }
            return total < anchorSeconds
        }
        return quantile(0.5, of: first.compactMap(\.0).filter { abs($0) <= believableSeconds })
    }

    /// The audio whose median timestamp fixes the start, in seconds.
    private static let anchorSeconds = 0.4
    /// Timestamps that differ from the sample count by less than this are jitter, in seconds.
    static let jitterSeconds = 0.003
    /// Timestamps that are spread over more than this come in bursts, in seconds.
    private static let burstSpread = 0.025

    private static func quantile(_ part: Double, of values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
    }
}

/// Follows the drift of a recorder's clock: by how much audio is stretched so that it stays with its timestamps.
struct AudioDrift {
    /// The part by which audio is being stretched; 0 until the timestamps have moved away.
    private(set) var rate = 0.0
    private(set) var isFollowing = false
    private var integral = 0.0

    /// How often the rate is set anew, in seconds of audio.
    static let stepSeconds = 0.5
    /// A quarter of the distance is made up in a second, and the clock's own rate is learnt in some ten: critically damped,
    /// so that audio stays within a few milliseconds of a clock that is off by some thousand parts per million.
    private static let gain = (proportional: 0.25, integral: 0.03)
    /// Clocks off by more are no clocks; a fiftieth also covers containers that state whole milliseconds per packet.
    private static let largest = 0.02

    /// - Parameters:
    ///   - drift: nil where nothing is to be followed yet.
    ///   - moved: the distance between timestamps and samples, in seconds.
    mutating func update(_ drift: Double?, moved: Double) {
        if drift != nil { isFollowing = true }
        guard isFollowing else { return }
        func bounded(_ value: Double) -> Double { min(max(value, -Self.largest), Self.largest) }
        integral = bounded(integral + Self.gain.integral * moved * Self.stepSeconds)
        rate = bounded(integral + Self.gain.proportional * moved)
    }
}
