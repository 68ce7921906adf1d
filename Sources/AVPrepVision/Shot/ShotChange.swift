/// Where one shot ends and the next begins.
package struct ShotChange: Sendable, Equatable, Codable {
    package enum Form: String, Sendable, Codable {
        /// From one frame to the next.
        case cut
        /// One shot shows through the other for a while.
        case dissolve
        /// A shot ends in a plain picture, black or white.
        case fadeOut = "fade-out"
        /// A shot begins out of a plain picture.
        case fadeIn = "fade-in"
    }

    package var form: Form
    /// First frame that is part of the change, counted from the first frame of all.
    package var start: Int
    /// The frame after the last one that is. A cut's `start` and `end` are the new shot's first frame.
    package var end: Int
    /// The frame with which a new segment begins, `start...end`; nil for the fade out, after which the plain picture is
    /// still part of the old shot.
    package var newShot: Int?
    /// What decided: a cut's change in levels, the change over the whole of a dissolve or fade.
    package var change: Float

    package init(form: Form, start: Int, end: Int, newShot: Int?, change: Float) {
        self.form = form
        self.start = start
        self.end = end
        self.newShot = newShot
        self.change = change
    }
}
