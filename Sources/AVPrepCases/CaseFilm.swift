import AVPrepMedia
import AVPrepModel

/// Encodes the frames of a case as a video without audio.
enum CaseFilm {
    /// Encodes the frames with x264.
    ///
    /// - Parameters:
    ///   - frames: at least one, all of one shape.
    ///   - quality: x264's constant rate factor.
    static func write(_ frames: [PixelBuffer], fps: Int, quality: Int, to path: String) throws {
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                width: frames[0].width, height: frames[0].height, frameRate: Rational(fps), quality: quality,
                preset: "veryfast"), audio: nil)
        for (index, frame) in frames.enumerated() { try writer.write(frame: frame, at: Double(index) / Double(fps)) }
        try writer.finish()
    }
}
