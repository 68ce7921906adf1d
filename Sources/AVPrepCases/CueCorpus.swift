import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation

/// Videos of objects whose motion looks the same in both time directions, with a planted cue that a network could
/// exploit: the ground truth for `avprep audit`.
package struct CueCorpus: Sendable {
    package enum Cue: String, Sendable, Codable, CaseIterable {
        /// No cue.
        case none
        /// The camera zooms in, in two of three videos.
        case zoomIn = "zoom-in"
        /// Dark bars above and below the picture grow lighter.
        case brighteningBars = "brightening-bars"
        /// Coarsely encoded, with a key frame about every fifth of a second: static parts pulse.
        case keyFrames = "key-frames"
        /// Every other video is letterboxed.
        case barredHalf = "barred-half"
        /// Every other video is loud.
        case loudHalf = "loud-half"
    }

    package var cue: Cue
    package var videos: Int
    package var seconds = 4.0
    package var width = 128
    package var height = 96
    package var seed: UInt64 = 1

    /// Frames per second.
    package static let fps = 12
    private static let sampleRate = 16_000

    package init(_ cue: Cue, videos: Int) {
        self.cue = cue
        self.videos = videos
    }

    package static func fileName(_ number: Int) -> String { "cue-\(number).mp4" }

    /// Whether a video has the property that only some have.
    package func isMarked(_ number: Int) -> Bool {
        switch cue {
        case .none: false
        case .zoomIn: number % 3 > 0
        case .brighteningBars, .keyFrames: true
        case .barredHalf, .loudHalf: number % 2 == 0
        }
    }

    /// Writes all videos into an existing folder.
    package func write(to folder: String, workers: Int) throws {
        try WorkerPool.run(Array(0..<videos), workers: workers) { number in
            try write(number, to: "\(folder)/\(Self.fileName(number))")
        }
    }

    private func write(_ number: Int, to path: String) throws {
        // Well encoded means without pulsing: at CRF 16 the static parts of the first and of later key frames differ by
        // enough to tell the direction of a clip in seven cases of a hundred.
        let isCoarse = cue == .keyFrames
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                width: width, height: height, frameRate: Rational(Self.fps), quality: isCoarse ? 36 : 8,
                preset: "superfast", keyFrameInterval: isCoarse ? 3 : 250, bFrames: isCoarse ? 0 : 2),
            audio: AudioEncoding(sampleRate: Self.sampleRate, channels: 1, bitRate: 64_000))
        let count = Int(seconds * Double(Self.fps))
        // A static camera, so that only the cue adds motion.
        let scene = CaseScene.painted(
            "cue", width: width, height: height, frames: count, speed: 0, seed: seed &* 1000 &+ UInt64(number))
        var random = SeededRandom(seed: seed, for: "cue/\(number)")
        let picture = PixelBuffer(width: width, height: height, channels: 3)
        for index in 0..<count {
            let time = Double(index) / Double(Self.fps)
            paint(scene.frames[index], on: picture, number, at: time)
            try writer.write(samples: sound(number, &random), at: time)
            try writer.write(frame: picture, at: time)
        }
        try writer.finish()
    }

    private func paint(_ frame: PixelBuffer, on picture: PixelBuffer, _ number: Int, at time: Double) {
        picture.copyPixels(from: frame)
        guard isMarked(number) else { return }
        switch cue {
        case .zoomIn:
            let scale = exp(-0.15 * time)
            let (x0, y0) = (Double(width - 1) / 2, Double(height - 1) / 2)
            frame.resample(into: picture) { x, y in (x0 + (Double(x) - x0) * scale, y0 + (Double(y) - y0) * scale) }
        case .brighteningBars, .barredHalf:
            let level = cue == .barredHalf ? 0 : 2 + 24 * time / seconds
            let depth = height / 8
            for y in 0..<height where y < depth || y >= height - depth {
                for x in 0..<width { picture.set(x, y, (level, level, level)) }
            }
        case .none, .keyFrames, .loudHalf: break
        }
    }

    /// The noise of one frame's duration, with varying loudness.
    private func sound(_ number: Int, _ random: inout SeededRandom) -> [Float] {
        let isLoud = cue == .loudHalf && isMarked(number)
        let level = (isLoud ? 0.5 : 0.05) * random.uniform(0.3...1)
        return (0..<Self.sampleRate / Self.fps).map { _ in Float(level * random.uniform(-1...1)) }
    }
}
