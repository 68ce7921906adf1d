import AVPrepCore
import AVPrepModel

/// Lettering in a bar.
struct BarLettering {
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
            return [lettering(.logo, width: 0.06...0.2, shown: all, inTop: inTop)]
        case .timecode:
            return [lettering(.timecode, width: 0.15...0.4, shown: all, inTop: random.unit() < 0.5)]
        case .subtitles:
            let first = random.below(count / 2)
            let shown = random.unit() < 0.3 ? all : first..<first + count / 2
            return [lettering(.subtitle, width: 0.3...0.8, shown: shown, inTop: false)]
        default: return []
        }
    }

    func paint(on picture: PixelBuffer, index: Int) {
        guard shown.contains(index) else { return }
        // Strokes of a fifth of a letter: the letters of a logo are constant, a timecode's change with every frame.
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
