import AVPrepCore
import AVPrepMedia
import AVPrepModel

/// Renders a plan's video: H.264 and AAC in MP4.
package enum SynthRenderer {
    /// Renders and encodes `plan` into the file `path`, atomically.
    ///
    /// Memory does not grow with the video's length. The same plan gives the same bytes.
    ///
    /// - Parameter isCancelled: called for every picture; true stops with `CancellationError`, leaving no file.
    /// - Throws: ``MediaError`` with `encode`, or `Failure` when the file system refuses.
    package static func render(
        _ plan: SynthPlan, to path: String, isCancelled: () -> Bool = { false }
    ) throws {
        try AtomicFile.write(to: path) { temporary in
            let writer = try MediaWriter(
                path: temporary, container: "mp4",
                // "superfast" is the slowest preset without x264's macroblock tree: with it, x264 0.164 with vector
                // code gave different bytes for the same small pictures in one run of four. MPEG's 90 kHz clock
                // represents milliseconds and the usual frame rates exactly.
                video: VideoEncoding(
                    width: plan.width, height: plan.height, frameRate: Rational(frameRate: plan.fps), quality: 20,
                    preset: "superfast", timeBase: Rational(1, 90_000)),
                audio: AudioEncoding(sampleRate: SynthPlan.sampleRate, channels: 1, bitRate: 96_000))
            let painter = ScenePainter(plan)
            let picture = PixelBuffer(width: plan.width, height: plan.height, channels: 3)
            let track = SynthAudio(plan)
            var sound = [Float](repeating: 0, count: SynthPlan.sampleRate / 4)
            var soundLeft = track.sampleCount
            var soundSeconds = plan.soundStartSeconds
            for seconds in plan.frameSeconds {
                if isCancelled() { throw CancellationError() }
                while soundLeft > 0, soundSeconds <= seconds {
                    try writeSound(&sound, &soundLeft, &soundSeconds, track, writer)
                }
                painter.paint(picture, at: seconds)
                try writer.write(frame: picture, at: seconds)
            }
            while soundLeft > 0 { try writeSound(&sound, &soundLeft, &soundSeconds, track, writer) }
            try writer.finish()
        }
    }

    /// Writes the next quarter of a second.
    private static func writeSound(
        _ sound: inout [Float], _ left: inout Int, _ seconds: inout Double, _ track: SynthAudio, _ writer: MediaWriter
    ) throws {
        if left < sound.count { sound.removeLast(sound.count - left) }
        sound.withUnsafeMutableBufferPointer { track.fill($0) }
        try writer.write(samples: sound, at: seconds)
        left -= sound.count
        seconds += Double(sound.count) / Double(SynthPlan.sampleRate)
    }
}
