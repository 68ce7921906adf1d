import AVPrepCore
import AVPrepMedia
package import AVPrepModel
import Foundation

/// A short video with a known border: the ground truth for border detection.
package struct BorderCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Plain black bars of level 0 to 16.
        case clean
        /// Bars of level 8 to 30, some of them tinted.
        case greyish
        /// Bars with noise in them.
        case noisy
        /// Bars of different depth, or on one side only.
        case uneven
        /// Bars all around.
        case windowbox
        /// A logo in a bar.
        case logo
        /// A running timecode in a bar.
        case timecode
        /// Subtitles in the lower bar, in a part of the video.
        case subtitles
        /// Bars in a part of the video only, starting or ending at some moment.
        case changing
        /// Bars filled with a blurred, enlarged copy of the picture.
        case blurred
        /// Bars of one colour that is not black.
        case coloured
        /// No bars: an ordinary scene.
        case open
        /// No bars: dim scenes, stages, doors and windows in dark rooms.
        case dark
        /// No bars: skylines against the sky, and lamps in the dark.
        case night

        /// Whether the picture has bars at any time.
        package var hasBars: Bool { ![.open, .dark, .night].contains(self) }
        /// Whether the bars are not black.
        package var isFilled: Bool { self == .blurred || self == .coloured }
    }

    package let kind: Kind
    package let number: Int
    package let width: Int
    package let height: Int
    /// The bars, in the part of the video that has them.
    package let border: CropMargins
    /// Frames with bars.
    package let framed: Range<Int>
    /// x264's constant quality.
    package let quality: Int
    package let seconds: Double
    package let frameCount: Int
    private let painter: BorderPainter

    /// Frames per second of every case.
    package static let fps = 10

    /// Draws a case.
    ///
    /// - Parameters:
    ///   - number: the case's own seed: the same number gives the same case.
    ///   - scenes: content of the pictures, not empty.
    ///   - isSmall: pictures of 320 × 180 or 320 × 240, and half the length except for changing bars: for tests.
    package init(_ kind: Kind, number: Int, scenes: [CaseScene], isSmall: Bool = false) {
        var random = SeededRandom(seed: UInt64(number), for: "border-\(kind.rawValue)")
        self.kind = kind
        self.number = number
        let sizes =
            isSmall
            ? [(320, 180), (320, 240)]
            : [(480, 270), (640, 360), (320, 240), (426, 240), (320, 180), (270, 480), (512, 288)]
        (width, height) = sizes[random.below(sizes.count)]
        quality = 18 + random.below(18)
        frameCount = kind == .changing ? 60 : isSmall ? 10 : 20
        seconds = Double(frameCount) / Double(Self.fps)
        painter = BorderPainter(kind, width: width, height: height, count: frameCount, scenes: scenes, &random)
        border = painter.border
        framed = painter.framed
    }

    /// Paints the frames, and encodes the video with x264.
    package func write(_ path: String) throws {
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                width: width, height: height, frameRate: Rational(Self.fps), quality: quality, preset: "veryfast",
                keyFrameInterval: 12), audio: nil)
        var painter = painter
        for index in 0..<frameCount {
            try writer.write(frame: painter.frame(index), at: Double(index) / Double(Self.fps))
        }
        try writer.finish()
    }
}
