/// How much each frame of a film looks like the moment of an event that makes a sound, by three independent signs.
///
/// An impact is not where motion is fastest: a knife moves most when it is lifted after the cut. It is where motion
/// stops, or turns, or begins out of rest. One sign alone also marks other moments of an action, such as the end of
/// the lift; where all signs agree within a frame, something happened then.
///
/// Value i belongs to frame i + 1.
package struct MotionEvents: Sendable, Equatable {
    /// Values per second: at most some 37, whatever the film's frame rate.
    package var fps: Double
    /// How suddenly motion begins.
    package var rise: [Float]
    /// How suddenly motion ends.
    package var stop: [Float]
    /// How much the motion retraces its path: the pictures before and after are alike, and unlike the one between.
    package var turn: [Float]

    package init(fps: Double, rise: [Float], stop: [Float], turn: [Float]) {
        precondition(stop.count == rise.count && turn.count == rise.count, "every frame needs all values")
        self.fps = fps
        self.rise = rise
        self.stop = stop
        self.turn = turn
    }
}
