/// The time grid of a decode pass: frames at a constant rate from the common start of picture and sound.
package struct FrameClock {
    /// Time 0 of the pass on the presentation clock, in seconds.
    package let startSeconds: Double
    /// Frames per second.
    package let fps: Double

    /// - Parameters:
    ///   - startSeconds: time 0 of the pass, on the presentation clock.
    ///   - fps: frames per second, > 0.
    package init(startSeconds: Double, fps: Double) {
        self.startSeconds = startSeconds
        self.fps = fps
    }

    /// How far a stream may fall short of a frame's end and still count as reaching it, in seconds: containers round
    /// ends to their tick, a millisecond in Matroska.
    static let endTolerance = 0.001

    /// Seconds of the pass at which frame `index` begins.
    package func seconds(ofFrame index: Int) -> Double { Double(index) / fps }

    /// Number of samples of a format that sit before the beginning of frame `index`.
    package func sampleCount(beforeFrame index: Int, sampleRate: Int) -> Int {
        // Less a sliver, so that 3 / 30 s at 48 kHz is 4800 samples however the quotient is rounded.
        Int((Double(index) * Double(sampleRate) / fps - 1e-6).rounded(.up))
    }

    /// How much earlier than its stated time a picture may be shown, in seconds.
    ///
    /// A container's times are rounded to its tick, so a picture that belongs to a frame can be stated up to half a
    /// tick after it: 30 fps in Matroska has 67 ms for 66.667. Coarse ticks (AVI's is a whole frame) are exact by
    /// construction, which is why it ends at half a millisecond.
    static func pictureTolerance(tickSeconds: Double) -> Double { min(tickSeconds / 2, 0.0005) + 1e-6 }
}
