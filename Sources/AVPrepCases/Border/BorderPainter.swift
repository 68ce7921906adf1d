import AVPrepCore
import AVPrepModel

/// Draws the frames of one case.
struct BorderPainter {
    let kind: BorderCase.Kind
    let width: Int
    let height: Int
    let border: CropMargins
    let framed: Range<Int>
    private let scene: CaseScene
    private let level: (Double, Double, Double)
    private let noise: Double
    private let lettering: [BarLettering]
    private let night: NightLight?
    private let filler: BlurredFiller?
    private var noiseState: UInt64

    init(
        _ kind: BorderCase.Kind, width: Int, height: Int, count: Int, scenes: [CaseScene], _ random: inout SeededRandom
    ) {
        self.kind = kind
        self.width = width
        self.height = height
        noiseState = random.next()
        var tint = (0.0, 0.0, 0.0)
        switch kind {
        case .greyish:
            let grey = random.uniform(8...30)
            let isTinted = random.unit() < 0.4
            func part() -> Double { isTinted ? max(0, min(30, grey + random.uniform(-6...6))) : grey }
            tint = (part(), part(), part())
            noise = 0
        case .noisy:
            let grey = random.uniform(2...24)
            tint = (grey, grey, grey)
            noise = random.uniform(1...5)
        case .coloured:
            let isWhite = random.unit() < 0.3
            func part() -> Double { isWhite ? 245 : random.uniform(20...235) }
            tint = (part(), part(), part())
            if tint.0 + tint.1 + tint.2 < 180 { tint.1 = 180 }
            noise = 0
        default:
            // Half of them fully black; the rest up to 16, as when limited range is read as full range.
            let grey = random.unit() < 0.5 ? 0 : random.uniform(0...16)
            tint = (grey, grey, grey)
            noise = 0
        }
        level = tint
        let bars = kind.hasBars ? Self.bars(kind, width: width, height: height, &random) : .none
        border = bars
        let changeAt = 15 + random.below(30)
        framed = kind == .changing ? (random.unit() < 0.5 ? 0..<changeAt : changeAt..<count) : 0..<count
        // A bar without a visible end is not a valid case: another scene is drawn.
        var drawn = scenes[random.below(scenes.count)]
        for _ in 0..<40 where kind.hasBars && !kind.isFilled {
            if Self.ends(bars, of: drawn, count: count, beside: tint, width: width, height: height) { break }
            drawn = scenes[random.below(scenes.count)]
        }
        scene = drawn
        lettering = BarLettering.drawn(for: kind, in: bars, width: width, height: height, count: count, &random)
        night =
            kind == .dark || kind == .night
            ? NightLight(isOutside: kind == .night, width: width, height: height, &random) : nil
        filler = kind == .blurred ? BlurredFiller(&random) : nil
    }

    /// Margins of a shape drawn at random: letterbox, pillarbox, windowbox or uneven.
    private static func bars(_ kind: BorderCase.Kind, width: Int, height: Int, _ random: inout SeededRandom)
        -> CropMargins
    {
        func depth(_ side: Int, _ range: ClosedRange<Double>) -> Int {
            max(2, Int(random.uniform(range) * Double(side)))
        }
        let range: ClosedRange<Double> =
            switch kind {
            case .logo, .timecode, .subtitles: 0.1...0.2
            case .changing, .blurred, .coloured: 0.08...0.24
            default: 0.01...0.24
            }
        let upright = CropMargins(left: depth(width, range), right: depth(width, range))
        let level = CropMargins(top: depth(height, range), bottom: depth(height, range))
        let evenUpright = CropMargins(left: upright.left, right: upright.left)
        let evenLevel = CropMargins(top: level.top, bottom: level.top)
        switch kind {
        // Filler bars are used for a portrait film in a wide frame.
        case .blurred, .coloured: return width > height ? evenUpright : evenLevel
        case .windowbox: return (random.unit() < 0.7 ? evenUpright : upright).union(evenLevel)
        case .uneven:
            return [
                upright, level, upright.union(level), CropMargins(bottom: level.bottom),
                CropMargins(top: level.top), CropMargins(bottom: level.bottom, left: upright.left),
            ][random.below(6)]
        case .subtitles: return [evenLevel, level, evenLevel.union(evenUpright)][random.below(3)]
        default: return [evenLevel, evenUpright, evenLevel.union(evenUpright)][random.below(3)]
        }
    }

    /// Whether the picture visibly ends at these bars: within four lines of each bar it is brighter than the bar by
    /// twelve levels, or differs by that, along most of the bar, at some time.
    private static func ends(
        _ border: CropMargins, of scene: CaseScene, count: Int, beside level: (Double, Double, Double), width: Int,
        height: Int
    ) -> Bool {
        let bar = (level.0 + level.1 + level.2) / 3
        let picture = scene.frames[0]
        func share(_ positions: Int, _ pixel: (_ position: Int, _ depth: Int) -> (Int, Int)) -> Double {
            let seen = (0..<positions).count { position in
                stride(from: 0, to: count, by: 4).contains { index in
                    let frame = scene.frame(index)
                    return (0..<4).contains { depth in
                        let (x, y) = pixel(position, depth)
                        let levels = frame.levels(x, y)
                        return (levels.0 + levels.1 + levels.2) / 3 >= bar + 12
                    }
                }
            }
            return Double(seen) / Double(positions)
        }
        let (w, h) = (picture.width, picture.height)
        if border.top > 0, share(w, { ($0, $1) }) < 0.7 { return false }
        if border.bottom > 0, share(w, { ($0, h - 1 - $1) }) < 0.7 { return false }
        if border.left > 0, share(h, { ($1, $0) }) < 0.7 { return false }
        if border.right > 0, share(h, { (w - 1 - $1, $0) }) < 0.7 { return false }
        return true
    }

    mutating func frame(_ index: Int) -> PixelBuffer {
        let target = PixelBuffer(width: width, height: height, channels: 3)
        let picture = scene.frame(index)
        guard framed.contains(index), border != .none else {
            picture.stretch(into: target)
            night?.darken(target, index: index)
            return target
        }
        if let filler {
            filler.paint(
                picture, on: target, shape: (width - border.left - border.right, height - border.top - border.bottom))
        } else {
            for y in 0..<height { for x in 0..<width { target.set(x, y, level) } }
        }
        picture.stretch(
            into: target, rows: border.top..<height - border.bottom, columns: border.left..<width - border.right)
        for letters in lettering { letters.paint(on: target, index: index) }
        if noise > 0 { target.addNoise(noise, &noiseState) }
        return target
    }
}
