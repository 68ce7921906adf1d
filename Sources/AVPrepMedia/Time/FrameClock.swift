/// The time grid of a decode pass: frames at a constant rate from the common start of video and audio.
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

    /// How far a stream may end before a frame's end and still count as reaching it, in seconds: containers round end
    /// times to their tick, a millisecond in Matroska.
    static let endTolerance = 0.001

    /// Start of frame `index`, in seconds of the pass.
    package func seconds(ofFrame index: Int) -> Double { Double(index) / fps }

    /// Number of samples of a format before the start of frame `index`.
    package func sampleCount(beforeFrame index: Int, sampleRate: Int) -> Int {
        // Minus a tiny amount, so that 3 / 30 s at 48 kHz is 4800 samples however the quotient is rounded.
        Int((Double(index) * Double(sampleRate) / fps - 1e-6).rounded(.up))
    }

    /// How much earlier than its stated time a picture may be displayed, in seconds.
    ///
    /// A container's times are rounded to its tick, so a picture that belongs to a frame can be stated up to half a
    /// tick after it: 30 fps in Matroska gives 67 ms for 66.667. Coarse ticks (a whole frame in AVI) are exact by
    /// construction, which is why the tolerance is capped at half a millisecond.
    static func pictureTolerance(tickSeconds: Double) -> Double { min(tickSeconds / 2, 0.0005) + 1e-6 }
}
