import AVPrepCore
import AVPrepModel
import Foundation
import Testing

@testable import AVPrepVision

@Suite struct BlackBorderTests {
    /// A film of five frames in a black frame, made so that the true border is known.
    struct Film {
        var width = 128
        var height = 80
        var border = CropMargins.none
        /// Mean level and noise (standard deviation) of the border.
        var level = 0.0
        var noise = 0.0
        /// Mean level and contrast of the picture.
        var mean = 120.0
        var contrast = 1.0
        /// Added to every pixel of the picture.
        var shade: (_ x: Int, _ y: Int) -> Double = { _, _ in 0 }
        /// Replaces what is on a pixel, e.g. a logo.
        var overlay: (_ frame: Int, _ x: Int, _ y: Int) -> Double? = { _, _, _ in nil }

        func frames() -> [PixelBuffer] {
            var random = SeededRandom(seed: 5)
            return (0..<5).map { frame in
                let texture = Texture(seed: 100 + UInt64(frame), mean: mean, contrast: contrast, waves: 8)
                return Pictures.make(width, height, 1) { x, y, _ in
                    let noise = noise > 0 ? noise * random.normal() : 0
                    if let level = overlay(frame, x, y) { return level + noise }
                    let isInside =
                        (border.left..<width - border.right).contains(x)
                        && (border.top..<height - border.bottom).contains(y)
                    guard isInside else { return level + noise }
                    return texture.level(at: Point(Double(x), Double(y))) + shade(x, y) + noise
                }
            }
        }

        func detect(_ method: BorderSettings.Method = .robust, margin: Int = 0) -> BorderDetection {
            var settings = BorderSettings()
            settings.method = method
            settings.margin = margin
            return BlackBorder.detect(in: frames(), settings: settings)
        }
    }

    static let shapes: [CropMargins] = [
        CropMargins(top: 10, bottom: 10), CropMargins(left: 16, right: 16),
        CropMargins(top: 8, bottom: 8, left: 12, right: 12), CropMargins(top: 12), CropMargins(bottom: 7, left: 5),
        CropMargins(left: 43, right: 43), CropMargins(top: 1, bottom: 2), CropMargins(top: 9, bottom: 14, right: 21),
    ]

    @Test(arguments: shapes)
    func barsAreFoundToThePixel(border: CropMargins) {
        let found = Film(border: border).detect()
        #expect(found.margins == border)
        #expect(!found.isDark)
        if border.top > 0 { #expect(found.top.confidence > 0.9 && found.top.contrast > 40 && found.top.level < 2) }
    }

    @Test(arguments: shapes)
    func noisyBarsThatAreNotQuiteBlackAreFoundWithinAPixel(border: CropMargins) {
        let found = Film(border: border, level: 14, noise: 6).detect().margins
        for (found, truth) in [
            (found.top, border.top), (found.bottom, border.bottom), (found.left, border.left),
            (found.right, border.right),
        ] { #expect(abs(found - truth) <= 1, "\(found) for \(truth)") }
    }

    @Test(arguments: shapes)
    func barsThatGrowLighterAreFoundToThePixel(border: CropMargins) {
        var film = Film(border: border)
        film.overlay = { frame, x, y in
            let isInside =
                (border.left..<film.width - border.right).contains(x)
                && (border.top..<film.height - border.bottom).contains(y)
            return isInside ? nil : 2 + 6 * Double(frame)
        }
        #expect(film.detect().margins == border)
    }

    @Test(arguments: shapes)
    func theMarginIsCutOnlyWhereABorderIs(border: CropMargins) {
        let found = Film(border: border).detect(margin: 2).margins
        #expect(found.top == (border.top > 0 ? border.top + 2 : 0))
        #expect(found.left == (border.left > 0 ? border.left + 2 : 0))
    }

    @Test func aPictureWithoutBordersKeepsAllItsPixels() {
        #expect(Film().detect().margins == .none)
        #expect(Film(mean: 60).detect().margins == .none)
    }

    @Test func aDarkSceneIsNoBorder() {
        let night = Film(mean: 6, contrast: 0.1).detect()
        #expect(night.margins == .none)
        #expect(night.isDark)
        // A lamp in the middle of the night.
        let lamp = Film(
            mean: 5, contrast: 0.05, shade: { x, y in (50..<80).contains(x) && (30..<50).contains(y) ? 150 : 0 })
        #expect(lamp.detect().margins == .none)
        #expect(!lamp.detect().isDark)
    }

    @Test func aDarkSceneThatGrowsLighterIsNoBorder() {
        let dusk = Film(
            overlay: { frame, x, y in
                let isLamp = (50..<80).contains(x) && (30..<50).contains(y)
                return isLamp ? 150 : 2 + 6 * Double(frame) + Double((7 * x + 13 * y) % 5)
            })
        #expect(dusk.detect().margins == .none)
        #expect(!dusk.detect().isDark)
    }

    @Test func aSkyThatFadesToBlackIsNoBorder() {
        let sky = Film(mean: 0, contrast: 0.05, shade: { _, y in Double(max(0, y - 20)) * 2 })
        #expect(sky.detect().margins == .none)
    }

    @Test func aBlackBackdropAboveAStageIsNoBorder() {
        // Black down to row 24, straight across, except where the players stand.
        let stage = Film(
            mean: 120,
            overlay: { frame, x, y in
                let isPlayer = (20 + 15 * frame..<60 + 15 * frame).contains(x) && y > 7 + 3 * frame
                return y < 24 && !isPlayer ? 2 : nil
            })
        #expect(stage.detect().margins == .none)
    }

    /// Its edges are straight, but seen along a part of the sides only.
    @Test func aWindowInADarkRoomIsNoFrame() {
        for window in [(36..<84, 12..<46), (20..<70, 26..<54), (52..<110, 30..<60)] {
            var film = Film()
            film.overlay = { _, x, y in window.0.contains(x) && window.1.contains(y) ? nil : 9 }
            #expect(film.detect().margins == .none, "\(window)")
        }
    }

    @Test func aLogoAndASubtitleInTheBarsAreCutOffWithThem() {
        let border = CropMargins(top: 16, bottom: 16)
        let film = Film(
            border: border,
            overlay: { frame, x, y in
                if (4..<20).contains(x), (4..<10).contains(y) { return 200 }
                let isLetter = (x / 2 + y / 3) % 3 == 0
                return frame == 2 && (30..<90).contains(x) && (69..<75).contains(y) && isLetter ? 235 : nil
            })
        #expect(film.detect().margins == border)
    }

    @Test func barsThatAreNotThereInEveryFrameAreNotCut() {
        let film = Film(
            border: CropMargins(top: 10, bottom: 10),
            overlay: { frame, x, y in frame == 3 ? 90 + Double((x * 7 + y * 13) % 50) : nil })
        #expect(film.detect().margins == .none)
    }

    @Test func borderlessTooLargeIsRefused() {
        let film = Film(border: CropMargins(top: 37, bottom: 37))
        #expect(film.detect().margins == .none)
        #expect(film.detect(.aot).margins == .none)
    }

    @Test func aSoftEdgeEndsInItsMiddle() {
        // Black in rows 0 to 8, then 25, 62 and 83 % of the picture's level.
        let film = Film(
            border: .none, mean: 120, contrast: 0.2,
            overlay: { _, _, y in y < 9 ? 0 : y < 12 ? [30, 75, 100][y - 9] : nil })
        #expect(film.detect().margins.top == 10)
    }

    /// The paper's rule takes everything dark at the rim, a border or not.
    @Test func theArrowOfTimeRuleCutsRowsThatAreDarkInEveryFrame() {
        for border in Self.shapes { #expect(Film(border: border).detect(.aot).margins == border) }
        let sky = Film(mean: 2, contrast: 0, shade: { _, y in Double(max(0, y - 20)) * 2 })
        // 2 + 2 · (y − 20) ≥ 24 from row 31 on.
        #expect(sky.detect(.aot).margins == CropMargins(top: 31))
        #expect(Film(mean: 3, contrast: 0).detect(.aot).isDark)
    }

    @Test func offAndNoFramesFindNothing() {
        #expect(Film(border: CropMargins(top: 10)).detect(.off).margins == .none)
        #expect(BlackBorder.detect(in: [], settings: .init()).margins == .none)
    }

    @Test func colourCountsAsLight() {
        // Pure blue has a luma of 29 · 0.3, and is not black.
        let frame = Pictures.make(96, 64, 3) { x, y, channel in
            y < 12 ? 0 : channel == 2 ? 60 + Double((x * 5 + y * 3) % 120) : 0
        }
        let found = BlackBorder.detect(in: [frame], settings: .init())
        #expect(found.margins == CropMargins(top: 13))
    }
}
