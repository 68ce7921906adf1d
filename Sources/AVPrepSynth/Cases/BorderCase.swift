package import AVPrepCore
import AVPrepMedia
import Foundation

/// A short video whose frame is known: the truth that border detection is measured by.
package struct BorderCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Plain black bars of level 0 to 16.
        case clean
        /// Bars of level 8 to 30, some tinted or noisy.
        case greyish
        /// A logo or a running timecode in a bar.
        case logo
        /// Subtitles in the lower bar, in a part of the video.
        case subtitles
        /// Bars in a part of the video only, from one moment on or up to it.
        case changing
        /// Bars filled with a blurred, enlarged copy of the picture.
        case blurred
        /// Bars of one colour that is not black.
        case coloured
        /// No bars: an ordinary scene.
        case open
        /// No bars: dark and night scenes, stages, silhouettes, doors and windows in dark rooms.
        case dark
    }

    package let kind: Kind
    package let number: Int
    package let width: Int
    package let height: Int
    /// Where the bars are, in the part of the video that has them.
    package let border: CropMargins
    /// Frames that have the bars.
    package let framed: Range<Int>
    /// x264's constant quality.
    package let quality: Int
    package let seconds: Double
    /// RGB, of the coded size.
    package let frames: [Image8]

    /// Frames a second of every case.
    package static let fps = 10

    /// Draws a case.
    ///
    /// - Parameters:
    ///   - number: the case's own seed: the same number gives the same case.
    ///   - scenes: of which the picture is made, not empty.
    package init(_ kind: Kind, number: Int, scenes: [CaseScene]) {
        var random = SeededRandom(seed: UInt64(number), for: "border-\(kind.rawValue)")
        self.kind = kind
        self.number = number
        let sizes = [(480, 270), (640, 360), (320, 240), (426, 240), (320, 180), (270, 480), (512, 288)]
        (width, height) = sizes[random.below(sizes.count)]
        quality = 18 + random.below(18)
        let count = kind == .changing ? 60 : 20
        seconds = Double(count) / Double(Self.fps)
        var painter = BorderPainter(kind, width: width, height: height, count: count, scenes: scenes, &random)
        border = painter.border
        framed = painter.framed
        frames = (0..<count).map { painter.frame($0) }
    }

    /// Encodes the video with x264.
    package func write(_ path: String) throws {
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                width: width, height: height, frameRate: Rational(Self.fps), quality: quality, preset: "veryfast",
                keyFrameInterval: 12), audio: nil)
        for (index, frame) in frames.enumerated() {
            try writer.write(frame: frame, at: Double(index) / Double(Self.fps))
        }
        try writer.finish()
    }
}

/// Draws the frames of one case.
private struct BorderPainter {
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
    private var noiseState: UInt64

    init(
        _ kind: BorderCase.Kind, width: Int, height: Int, count: Int, scenes: [CaseScene], _ random: inout SeededRandom
    ) {
        self.kind = kind
        self.width = width
        self.height = height
        noiseState = random.next()
        let hasBars = kind != .open && kind != .dark
        var tint = (0.0, 0.0, 0.0)
        switch kind {
        case .greyish:
            let grey = random.uniform(8...30)
            let isTinted = random.unit() < 0.4
            func part() -> Double { isTinted ? max(0, min(30, grey + random.uniform(-6...6))) : grey }
            tint = (part(), part(), part())
            noise = random.unit() < 0.5 ? random.uniform(1...5) : 0
        case .coloured:
            let isWhite = random.unit() < 0.3
            func part() -> Double { isWhite ? 245 : random.uniform(20...235) }
            tint = (part(), part(), part())
            if tint.0 + tint.1 + tint.2 < 180 { tint.1 = 180 }
            noise = 0
        default:
            // Half of them quite black; the rest up to 16, where limited range was taken for full.
            let grey = random.unit() < 0.5 ? 0 : random.uniform(0...16)
            tint = (grey, grey, grey)
            noise = 0
        }
        level = tint
        let bars = hasBars ? Self.bars(kind, width: width, height: height, &random) : .none
        border = bars
        let changeAt = 15 + random.below(30)
        framed = kind == .changing ? (random.unit() < 0.5 ? 0..<changeAt : changeAt..<count) : 0..<count
        // A bar whose end nobody could see is no case: another scene is drawn.
        var drawn = scenes[random.below(scenes.count)]
        for _ in 0..<40 where hasBars && kind != .blurred {
            if Self.ends(bars, of: drawn, count: count, beside: tint, width: width, height: height) { break }
            drawn = scenes[random.below(scenes.count)]
        }
        scene = drawn
        lettering = BarLettering.drawn(for: kind, in: bars, width: width, height: height, count: count, &random)
        night = kind == .dark ? NightLight(width: width, height: height, &random) : nil
    }

    /// Margins of a shape drawn at random: letterbox, pillarbox, windowbox or uneven.
    private static func bars(_ kind: BorderCase.Kind, width: Int, height: Int, _ random: inout SeededRandom)
        -> CropMargins
    {
        func depth(_ side: Int, _ range: ClosedRange<Double>) -> Int {
            max(2, Int(random.uniform(range) * Double(side)))
        }
        let letters = kind == .logo || kind == .subtitles
        let range = letters ? 0.1...0.2 : kind == .clean || kind == .greyish ? 0.01...0.24 : 0.08...0.24
        var shape = random.below(4)
        if kind == .subtitles { shape = [0, 2, 3][random.below(3)] }
        // A portrait film in a broad frame is what filler bars are made for.
        if kind == .blurred || kind == .coloured { shape = width > height ? 1 : 0 }
        let isUneven = random.unit() < 0.25 && kind != .blurred && kind != .coloured
        func pair(_ side: Int) -> (Int, Int) {
            let first = depth(side, range)
            return (first, isUneven ? depth(side, range) : first)
        }
        let (top, bottom) = pair(height)
        let (left, right) = pair(width)
        switch shape {
        case 0: return CropMargins(top: top, bottom: bottom)
        case 1: return CropMargins(left: left, right: right)
        case 2: return CropMargins(top: top, bottom: bottom, left: left, right: right)
        default:
            // Bars on one side or two neighbouring ones.
            return CropMargins(top: letters || random.unit() < 0.5 ? top : 0, bottom: bottom, left: 0, right: 0)
        }
    }

    /// Whether a picture in these bars is seen to end at them: within four lines of each bar it is brighter than the
    /// bar by twelve levels, or differs by that, along most of the bar, at one time or another.
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

    mutating func frame(_ index: Int) -> Image8 {
        let target = Image8(width: width, height: height, channels: 3)
        let picture = scene.frame(index)
        guard framed.contains(index), border != .none else {
            picture.stretch(into: target)
            night?.darken(target, index: index)
            return target
        }
        if kind == .blurred {
            Self.blur(picture, into: target)
        } else {
            for y in 0..<height { for x in 0..<width { target.set(x, y, level) } }
        }
        picture.stretch(
            into: target, rows: border.top..<height - border.bottom, columns: border.left..<width - border.right)
        for letters in lettering { letters.paint(on: target, index: index) }
        if noise > 0 { addNoise(to: target) }
        return target
    }

    /// A copy of the picture that covers the whole frame, out of focus.
    private static func blur(_ picture: Image8, into target: Image8) {
        // A twelfth of the size and back: as soft as video editors' filler.
        let small = Image8(width: 24, height: 24, channels: 3)
        let (blockWidth, blockHeight) = (picture.width / 24, picture.height / 24)
        for y in 0..<24 {
            for x in 0..<24 {
                var sum = (0.0, 0.0, 0.0)
                for v in 0..<blockHeight {
                    for u in 0..<blockWidth {
                        let levels = picture.levels(x * blockWidth + u, y * blockHeight + v)
                        sum = (sum.0 + levels.0, sum.1 + levels.1, sum.2 + levels.2)
                    }
                }
                let area = Double(blockWidth * blockHeight)
                small.set(x, y, (sum.0 / area, sum.1 / area, sum.2 / area))
            }
        }
        small.stretch(into: target)
    }

    private mutating func addNoise(to picture: Image8) {
        for index in picture.pixels.indices {
            noiseState = noiseState &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // The sum of four bytes: near enough to normal.
            let bytes = noiseState >> 32
            let sum = Double(bytes & 255) + Double(bytes >> 8 & 255) + Double(bytes >> 16 & 255) + Double(bytes >> 24)
            let deviation = noise * (sum - 510) / 147.8
            picture.pixels[index] = UInt8(max(0, min(255, Double(picture.pixels[index]) + deviation + 0.5)))
        }
    }
}

/// Something written in a bar.
private struct BarLettering {
    private enum Style { case logo, timecode, subtitle }

    private let style: Style
    private let left: Int
    private let top: Int
    private let width: Int
    private let height: Int
    private let shown: Range<Int>
    private let seed: UInt64
    private let level: Double

    static func drawn(
        for kind: BorderCase.Kind, in border: CropMargins, width: Int, height: Int, count: Int,
        _ random: inout SeededRandom
    ) -> [BarLettering] {
        func lettering(_ style: Style, width share: ClosedRange<Double>, shown: Range<Int>, inTop: Bool) -> BarLettering
        {
            let isAcross = border.bottom > 0
            let bar = isAcross ? (inTop && border.top > 0 ? border.top : border.bottom) : border.left
            let room = isAcross ? width : border.left
            let letterWidth = max(6, Int(random.uniform(share) * Double(isAcross ? width : room)))
            let letterHeight = max(5, Int(random.uniform(0.35...0.75) * Double(isAcross ? bar : min(bar, 24))))
            let x = style == .subtitle ? (width - letterWidth) / 2 : random.below(max(1, room - letterWidth))
            let barTop = isAcross ? (inTop && border.top > 0 ? 0 : height - bar) : random.below(height - letterHeight)
            let y = isAcross ? barTop + random.below(max(1, bar - letterHeight)) : barTop
            return BarLettering(
                style: style, left: x, top: y, width: letterWidth, height: letterHeight, shown: shown,
                seed: random.next(), level: random.uniform(140...250))
        }
        let all = 0..<count
        switch kind {
        case .logo:
            let inTop = random.unit() < 0.5
            return random.unit() < 0.5
                ? [lettering(.logo, width: 0.06...0.2, shown: all, inTop: inTop)]
                : [lettering(.timecode, width: 0.15...0.4, shown: all, inTop: inTop)]
        case .subtitles:
            let first = random.below(count / 2)
            let shown = random.unit() < 0.3 ? all : first..<first + count / 2
            return [lettering(.subtitle, width: 0.3...0.8, shown: shown, inTop: false)]
        default: return []
        }
    }

    func paint(on picture: Image8, index: Int) {
        guard shown.contains(index) else { return }
        // Strokes of a fifth of a letter: the letters of a logo stay, a timecode's change with every frame.
        let cell = max(2, height / 5)
        let state = style == .timecode ? seed &+ UInt64(index) : seed
        for y in top..<min(picture.height, top + height) {
            for x in left..<min(picture.width, left + width) {
                let (column, row) = ((x - left) / cell, (y - top) / cell)
                if style != .logo, column % 4 == 3 { continue }
                var hash = state &+ UInt64(column) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(row) &* 0xC2B2_AE3D_27D4_EB4F
                hash = (hash ^ (hash >> 29)) &* 0xBF58_476D_1CE4_E5B9
                if (hash >> 40) % 100 < 55 { picture.set(x, y, (level, level, level)) }
            }
        }
    }
}

/// Turns an ordinary picture into a dark one without a frame.
private struct NightLight {
    private let gain: Double
    private let gamma: Double
    private let floor: Double
    private let vignette: Double
    private let skyline: (height: Double, roughness: Double, seed: UInt64)?
    private let lamps: [(x: Double, y: Double, reach: Double, strength: Double)]
    private let window: (x: ClosedRange<Double>, y: ClosedRange<Double>, tilt: Double)?
    private let drift: Double
    private let width: Int
    private let height: Int

    init(width: Int, height: Int, _ random: inout SeededRandom) {
        self.width = width
        self.height = height
        gain = random.uniform(0.05...0.4)
        gamma = random.uniform(1...2.2)
        floor = random.uniform(0...14)
        vignette = random.unit() < 0.4 ? random.uniform(0.5...1) : 0
        drift = random.unit() < 0.5 ? random.uniform(-0.6...0.6) : 0
        let kind = random.below(4)
        skyline =
            kind == 0 ? (random.uniform(0.1...0.4), random.uniform(0.01...0.08), random.next()) : nil
        lamps = (0..<(kind == 1 ? 1 + random.below(6) : 0)).map { _ in
            (
                random.uniform(0...Double(width)), random.uniform(0...Double(height)), random.uniform(2...30),
                random.uniform(60...250)
            )
        }
        let (x, y) = (random.uniform(0.05...0.5), random.uniform(0.05...0.5))
        window =
            kind == 2
            ? (x...x + random.uniform(0.2...0.45), y...y + random.uniform(0.2...0.45), random.uniform(-0.05...0.05))
            : nil
    }

    func darken(_ picture: Image8, index: Int) {
        let shift = drift * Double(index)
        for y in 0..<height {
            for x in 0..<width {
                let (u, v) = (2 * Double(x) / Double(width) - 1, 2 * Double(y) / Double(height) - 1)
                var light = gain * max(0, 1 - vignette * (u * u + v * v))
                if let window {
                    let across = (Double(x) + shift) / Double(width)
                    let down = Double(y) / Double(height) + window.tilt * across
                    light = window.x.contains(across) && window.y.contains(down) ? 0.8 : light * 0.15
                }
                if let skyline {
                    let column = UInt64(max(0, Double(x) + shift + 1000)) / 9
                    let hash = (column &* 0x9E37_79B9_7F4A_7C15 ^ skyline.seed) &* 0xBF58_476D_1CE4_E5B9 >> 48
                    let edge = skyline.height + skyline.roughness * Double(hash) / 65_536
                    if Double(y) / Double(height) > 1 - edge { light *= 0.08 }
                }
                var glow = 0.0
                for lamp in lamps {
                    let (dx, dy) = (Double(x) + shift - lamp.x, Double(y) - lamp.y)
                    glow += lamp.strength / (1 + (dx * dx + dy * dy) / (lamp.reach * lamp.reach))
                }
                let levels = picture.levels(x, y)
                func dark(_ level: Double) -> Double {
                    floor + 255 * light * pow(level / 255, gamma) + glow
                }
                picture.set(x, y, (dark(levels.0), dark(levels.1), dark(levels.2)))
            }
        }
    }
}
