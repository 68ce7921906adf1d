package import AVPrepMedia

extension Rational {
    /// The frame rate meant by a decimal number: `n · 1000/1001` within 0.05 % of it (29.97 is 30000/1001), an integer,
    /// or thousandths.
    ///
    /// - Parameter fps: frames per second, > 0.
    package init(frameRate fps: Double) {
        precondition(fps > 0, "the frame rate must be positive, not \(fps)")
        let whole = fps.rounded()
        let broadcast = (fps * 1.001).rounded()
        if fps == whole {
            self.init(Int(whole))
        } else if broadcast > 0, abs(broadcast / 1.001 - fps) < 0.0005 * fps {
            self.init(Int(broadcast) * 1000, 1001)
        } else {
            self.init(Int((fps * 1000).rounded()), 1000)
        }
    }

    /// The times `start + k / self` before `end`, in seconds.
    package func frameTimes(from start: Double, to end: Double) -> [Double] {
        let count = Int(((end - start) * value - 1e-6).rounded(.up))
        return (0..<max(0, count)).map { start + Double($0 * denominator) / Double(numerator) }
    }
}
