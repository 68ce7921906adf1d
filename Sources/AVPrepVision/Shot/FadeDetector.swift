/// Finds fades: the contrast of the picture falls, step by step, to that of a plain one, or rises from it.
struct FadeDetector {
    /// Standard deviation of brightness, in levels, below which a picture is plain.
    static let plainDeviation: Float = 4
    /// Mean brightness, in levels, up to which or from which on a plain picture is black or white. A clear sky is neither.
    static let black: Float = 32
    static let white: Float = 222
    /// Contrast that a shot has before it fades, at least.
    static let smallestContrast: Float = 8
    /// Contrast beside the plain picture, as a share of the shot's, at most: more is a cut to or from it, or a flash.
    static let largestFirst: Float = 0.6
    /// Contrast, as a share of the shot's, above which a picture is not yet faded.
    static let unfaded: Float = 0.92
    /// Frames of falling or rising contrast that make a fade, at 25 frames per second.
    static let shortest = 3
    /// Longest fade that is measured, at 25 frames per second.
    static let longest = 30

    private let shortest: Int
    private let longest: Int
    /// Mean and deviation of the last frames, newest last.
    private var history: [(mean: Float, deviation: Float)] = []
    private var frameCount = 0
    /// First frame of the plain picture that is on the screen, or that a fade in comes out of.
    private var plainStart: Int?
    private var rise: (start: Int, lastGrowth: Int, first: Float, highest: Float)?

    init(fps: Double) {
        shortest = max(2, Int((Double(Self.shortest) * fps / 25).rounded()))
        longest = max(4, Int((Double(Self.longest) * fps / 25).rounded()))
    }

    /// Frames by which a fade is told after its end, at most.
    var delay: Int { longest + 3 }

    /// Takes the next frame.
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

    /// A fade out that ended in the plain picture at `end`.
    private func fall(to end: Int) -> [ShotChange] {
        // Back from the plain picture as long as the contrast was higher the frame before.
        var position = history.count - 1
        while position > 0, history[position - 1].deviation > history[position].deviation * 1.01 { position -= 1 }
        let peak = history[position].deviation
        // What the contrast of a moving picture falls by is no fade yet.
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

    /// What came out of a plain picture, if it did so step by step.
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
