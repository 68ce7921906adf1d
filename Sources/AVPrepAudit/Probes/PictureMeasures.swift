/// All that the probes know of one clip of pictures, in the order of frames. What a probe sees of it, see its own file.
struct PictureMeasures: Sendable {
    /// A part of the picture, through the clip.
    struct Part: Sendable {
        /// Mean of the luma, 0...255.
        var level: [Float] = []
        /// Deviation of the luma within it.
        var spread: [Float] = []
    }

    /// What lies along the four sides of a rectangle, within it.
    struct Frame: Sendable {
        /// Strips along the top, bottom, left and right edge.
        var edges = [Part](repeating: Part(), count: 4)
        /// The outermost line of each edge.
        var rims = [Part](repeating: Part(), count: 4)
        /// Top left, top right, bottom left, bottom right.
        var corners = [Part](repeating: Part(), count: 4)
        /// All of the rectangle.
        var whole = Part()
    }

    /// Of the whole picture.
    var border = Frame()
    /// Of a window in its middle, where no bars reach: strips as deep, corners as large.
    var inner = Frame()
    var whole: Part { border.whole }
    /// Mean red, green and blue.
    var colour = SIMD3<Float>.zero
    /// Mean change of 8 × 8 blocks from one looked-at picture to the next, in grey levels.
    var change: [Float] = []
    /// Mean difference of neighbouring pixels, grey levels.
    var sharpness: [Float] = []
    /// The same in blocks whose mean stays as it is through the clip; empty where hardly any does.
    var stillSharpness: [Float] = []
    /// Natural logarithm of the stored bytes a pixel, of every frame.
    var logBytes: [Float] = []
    /// Camera motion from frame to frame; empty where it is not stored.
    var motion: [GlobalMotion] = []
    /// The same of the clip played backwards, in the order in which it is played.
    var backwardMotion: [GlobalMotion] = []
}

/// How the whole picture moves between two frames, in units that do not depend on the picture's size.
struct GlobalMotion: Sendable, Equatable {
    /// Of what is seen, to the right and down, in shorter sides a second.
    var pan: Float
    var tilt: Float
    /// Growth of what is seen, ln(scale) a second.
    var zoom: Float
    /// Turn of what is seen, clockwise, radians a second.
    var roll: Float
    /// Share of the picture that moves along.
    var agreement: Float
}
