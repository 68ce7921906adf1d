/// Detects fades: the contrast of the picture falls gradually to that of a plain one, or rises from it.
struct FadeDetector {
    /// Standard deviation of brightness, in levels, below which a picture is plain.
    static let plainDeviation: Float = 4
    /// Mean brightness, in levels, up to which or from which on a plain picture is black or white. A clear sky is
    /// neither.
    static let black: Float = 32
    static let white: Float = 222
    /// Minimum contrast of a shot before it fades.
    static let smallestContrast: Float = 8
    /// Maximum contrast next to the plain picture, as a fraction of the shot's: more is a cut to or from it, or a
    /// flash.
    static let largestFirst: Float = 0.6
    /// Contrast, as a fraction of the shot's, above which a picture has not faded.
    static let unfaded: Float = 0.92
    /// Minimum frames of falling or rising contrast in a fade, at 25 frames per second.
    static let shortest = 3
    /// Longest fade that is measured, at 25 frames per second.
    static let longest = 30

    private let shortest: Int
    private let longest: Int
    /// Mean and standard deviation of the last frames, newest last.
    private var history: [(mean: Float, deviation: Float)] = []
    private var frameCount = 0
    /// First frame of the current plain picture, or of the one that the current fade-in comes from.
    private var plainStart: Int?
    private var rise: (start: Int, lastGrowth: Int, first: Float, highest: Float)?

    init(fps: Double) {
        shortest = max(2, Int((Double(Self.shortest) * fps / 25).rounded()))
        longest = max(4, Int((Double(Self.longest) * fps / 25).rounded()))
    }

    /// Maximum delay in frames between the end of a fade and its report.
    var delay: Int { longest + 3 }

    /// Processes the next frame.
    mutating func push(mean: Float, deviation: Float) -> [ShotChange] {
        let index = frameCount
        frameCount += 1
        history.append((mean, deviation))
        if history.count > longest + 2 { history.removeFirst() }
        var found: [ShotChange] = []
        if deviation < Self.plainDeviation, mean <= Self.black || mean >= Self.white {
            if plainStart == nil {
                if let rise { found += close(rise) }
                plainStart = index
                found += fall(to: index)
            }
        } else if plainStart != nil {
            plainStart = nil
            rise = (index, index, deviation, deviation)
        } else if let current = rise {
            if deviation > current.highest * 1.01 {
                rise = (current.start, index, current.first, deviation)
            }
            if index - (rise?.lastGrowth ?? index) >= 2 || index - current.start >= longest {
                if let rise { found += close(rise) }
            }
        }
        return found
    }

    mutating func finish() -> [ShotChange] { rise.map { close($0) } ?? [] }

    /// A fade-out that ended in the plain picture at `end`.
    private func fall(to end: Int) -> [ShotChange] {
        // Back from the plain picture as long as the previous frame had a higher contrast.
        var position = history.count - 1
        while position > 0, history[position - 1].deviation > history[position].deviation * 1.01 { position -= 1 }
        let peak = history[position].deviation
        // The contrast of a moving picture may fall without a fade.
        position = history.lastIndex { $0.deviation >= Self.unfaded * peak } ?? position
        let length = history.count - 1 - position
        guard length >= shortest - 1, peak >= Self.smallestContrast,
            history[history.count - 2].deviation <= Self.largestFirst * peak
        else { return [] }
        return [
            ShotChange(
                form: .fadeOut, start: end - length, end: end, newShot: nil,
                change: peak - history[history.count - 1].deviation)
        ]
    }

    /// The fade-in from a plain picture, if it was gradual.
    private mutating func close(_ current: (start: Int, lastGrowth: Int, first: Float, highest: Float)) -> [ShotChange]
    {
        rise = nil
        guard current.highest >= Self.smallestContrast, current.first <= Self.largestFirst * current.highest,
            current.lastGrowth - current.start + 1 >= shortest
        else {
            return []
        }
        return [
            ShotChange(
                form: .fadeIn, start: current.start, end: current.lastGrowth + 1, newShot: current.start,
                change: current.highest)
        ]
    }
}
