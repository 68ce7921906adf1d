import AVPrepCore
package import AVPrepMedia
import AVPrepModel
import AVPrepSynth
import Foundation

/// A video with a clock planted in picture and audio: at irregular, known moments the whole picture flashes white and a
/// click sounds. A test that decodes it can measure the offset between the two, and the position of each.
///
///     var clock = PlantedClock(frameRate: Rational(30000, 1001), seconds: 6)
///     clock.soundStartSeconds = 0.4
///     let moments = try clock.write(to: "clock.mp4")   // the flash of each is first seen, the click begins, then
package struct PlantedClock: Sendable {
    /// Nominal frame rate; frames are at `pictureStartSeconds + k / frameRate` unless ``frameSeconds`` is set.
    package var frameRate: Rational
    /// End of video and audio.
    package var seconds: Double
    /// Approximate times of flash and click: each moves to the next frame's time. At least ``separation`` apart.
    package var events: [Double]
    /// Presentation time of every frame, rising, for a variable rate.
    package var frameSeconds: [Double]?
    /// Start of video and audio on the presentation clock.
    package var pictureStartSeconds = 0.0
    package var soundStartSeconds = 0.0
    /// Delay of the clicks after their flashes: a planted synchronisation error.
    package var clickDelaySeconds = 0.0
    package var width = 96
    package var height = 72
    package var sampleRate = 48_000
    package var channels = 1
    /// FFmpeg's names of muxer (nil: by the path's extension) and encoders.
    package var container: String?
    package var videoCodec = "libx264"
    package var audioCodec = "aac"
    /// Maximum number of consecutive B-frames.
    package var bFrames = 2

    /// Duration of a flash, in seconds; at least one frame.
    package static let flashSeconds = 0.1
    /// Shortest distance between two events with darkness and silence in between.
    package static let separation = 0.25
    /// Level of the dark picture, of 255: not black, so that it is not detected as a black border.
    package static let darkLevel: UInt8 = 48

    /// A clock with irregular events, determined by `seed`.
    package init(frameRate: Rational, seconds: Double, seed: UInt64 = 1) {
        precondition(seconds > 0 && frameRate.numerator > 0, "invalid clock of \(seconds) s at \(frameRate)")
        self.frameRate = frameRate
        self.seconds = seconds
        var random = SeededRandom(seed: seed, for: "planted-clock")
        let times = EventTimes(gap: Self.separation + 0.1...Self.separation + 0.75)
        events = times.draw(
            in: 0.3...max(0.3, seconds - 0.3), avoiding: [], edges: [], random: &random)
    }

    /// A variable rate: frames last half to twice the nominal time, in whole milliseconds.
    ///
    /// - Parameter seed: determines them.
    package mutating func makeRateVariable(seed: UInt64 = 1) {
        var random = SeededRandom(seed: seed, for: "planted-clock/rate")
        var times: [Double] = []
        var tick = 0.0
        while tick < (seconds - pictureStartSeconds) * 1000 {
            times.append(pictureStartSeconds + tick / 1000)
            tick += max(1, (1000 / frameRate.value * random.uniform(0.5...2)).rounded())
        }
        frameSeconds = times
    }

    /// Writes the file.
    ///
    /// - Returns: the presentation time of the first white frame of each flash, which is the time its click starts
    ///   (without ``clickDelaySeconds``). Events outside of the video or whose click is outside of the audio are
    ///   omitted.
    /// - Throws: ``MediaError`` with `encode`.
    @discardableResult
    package func write(to path: String) throws -> [Double] {
        let frames = frameSeconds ?? frameRate.frameTimes(from: pictureStartSeconds, to: seconds)
        let moments = events.compactMap { event -> Double? in
            guard let moment = frames.first(where: { $0 >= event - 1e-9 }) else { return nil }
            let click = moment + clickDelaySeconds
            return event >= pictureStartSeconds && click >= soundStartSeconds && click < seconds - 0.05 ? moment : nil
        }
        let writer = try MediaWriter(
            path: path, container: container,
            video: VideoEncoding(
                codec: videoCodec, width: width, height: height, frameRate: frameRate, quality: 18, bFrames: bFrames,
                // A constant rate uses its own ticks; milliseconds need MPEG's 90 kHz clock.
                timeBase: frameSeconds == nil ? nil : Rational(1, 90_000)),
            audio: AudioEncoding(codec: audioCodec, sampleRate: sampleRate, channels: channels))
        let picture = PixelBuffer(width: width, height: height, channels: 3)
        var sound = SoundWriter(clock: self, moments: moments, writer: writer)
        for frame in frames {
            try sound.write(upTo: frame)
            let isWhite = moments.contains { frame >= $0 - 1e-9 && frame < $0 + Self.flashSeconds }
            picture.pixels.update(repeating: isWhite ? 255 : Self.darkLevel)
            try writer.write(frame: picture, at: frame)
        }
        try sound.write(upTo: seconds)
        try writer.finish()
        return moments
    }

    /// Writes the clicks in blocks of a quarter of a second, not far ahead of the video.
    private struct SoundWriter {
        let clock: PlantedClock
        let moments: [Double]
        let writer: MediaWriter
        /// Number of the next sample frame on the presentation clock.
        private var next: Int

        init(clock: PlantedClock, moments: [Double], writer: MediaWriter) {
            self.clock = clock
            self.moments = moments
            self.writer = writer
            next = Int((clock.soundStartSeconds * Double(clock.sampleRate)).rounded())
        }

        mutating func write(upTo seconds: Double) throws {
            let rate = Double(clock.sampleRate)
            let end = Int((min(seconds, clock.seconds) * rate).rounded())
            while next < end {
                let count = min(clock.sampleRate / 4, Int((clock.seconds * rate).rounded()) - next)
                var piece = [Float](repeating: 0, count: count * clock.channels)
                for moment in moments {
                    let first = Int(((moment + clock.clickDelaySeconds) * rate).rounded())
                    // A 3 kHz tone with an immediate peak that decays within 15 ms.
                    for n in max(first, next)..<max(first, next, min(first + clock.sampleRate / 60, next + count)) {
                        let age = Double(n - first) / rate
                        let value = Float(0.8 * exp(-age / 0.003) * cos(2 * Double.pi * 3000 * age))
                        for channel in 0..<clock.channels { piece[(n - next) * clock.channels + channel] = value }
                    }
                }
                try writer.write(samples: piece, at: Double(next) / rate)
                next += count
            }
        }
    }
}
