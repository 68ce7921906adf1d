/// The boundary between two shots.
package struct ShotChange: Sendable, Equatable, Codable {
    package enum Form: String, Sendable, Codable {
        /// From one frame to the next.
        case cut
        /// One shot shows through the other for some time.
        case dissolve
        /// A shot ends in a plain picture, black or white.
        case fadeOut = "fade-out"
        /// A shot starts from a plain picture.
        case fadeIn = "fade-in"
    }

    package var form: Form
    /// First frame of the change, counted from the first frame of the stream.
    package var start: Int
    /// The frame after the last one of the change. A cut's `start` and `end` are the new shot's first frame.
    package var end: Int
    /// The frame that starts a new segment, in `start...end`; nil for a fade-out, after which the plain picture still
    /// belongs to the old shot.
    package var newShot: Int?
    /// The deciding measure, in levels: the change at a cut, or over the whole of a dissolve or fade.
    package var change: Float

    package init(form: Form, start: Int, end: Int, newShot: Int?, change: Float) {
        self.form = form
        self.start = start
        self.end = end
        self.newShot = newShot
        self.change = change
    }
}
