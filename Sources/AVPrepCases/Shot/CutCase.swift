import AVPrepCore
package import AVPrepModel

/// A short edited video with known cuts: the ground truth for cut detection.
package struct CutCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Hard cuts between different scenes.
        case plain
        /// Hard cuts, and flashes of one to three frames.
        case flashes
        /// Hard cuts, and whip pans.
        case pans
        /// Hard cuts in the film of a hand-held camera that shakes and jerks.
        case shaky
        /// Hard cuts, and lights switched on and off.
        case lights
        /// Hard cuts, and a large object that passes close by.
        case passing
        /// The same scene at a later moment, seen by a static camera.
        case jumps
        /// Hard cuts of a film of 8 to 15 pictures per second, each shown several times.
        case repeated
        /// Shots that end in black or white and start from it.
        case fades
        /// Shots that dissolve into one another.
        case dissolves
        /// No cuts, but everything that could be mistaken for one.
        case uncut
        /// Still images held for seconds, with cuts and dissolves between.
        case slides
    }

    /// A change from one shot to the next: `[start, end)` are the frames of the mixture or the fade.
    package struct Transition: Sendable, Equatable {
        package enum Form: Sendable, Equatable { case cut, dissolve, fade }
        package var form: Form
        package var start: Int
        package var end: Int

        package init(form: Form, start: Int, end: Int) {
            self.form = form
            self.start = start
            self.end = end
        }
    }

    package let kind: Kind
    package let number: Int
    /// In order. A cut's `start` and `end` are the first frame of the new shot.
    package let transitions: [Transition]
    package let frames: [PixelBuffer]
    /// x264's constant quality.
    package let quality: Int

    /// Frames per second of every case.
    package static let fps = 25

    /// Draws a case.
    ///
    /// - Parameters:
    ///   - number: the case's own seed.
    ///   - scenes: uncut, of one camera each, at 25 frames per second.
    package init(_ kind: Kind, number: Int, scenes: [CaseScene], width: Int = 256, height: Int = 144) {
        var random = SeededRandom(seed: UInt64(number), for: "cut-\(kind.rawValue)")
        self.kind = kind
        self.number = number
        quality = 18 + random.below(15)
        var edit = CutEdit(kind, scenes: scenes, width: width, height: height, &random)
        edit.shoot(&random)
        frames = edit.frames
        transitions = edit.transitions
    }

    /// Encodes the video with x264.
    package func write(_ path: String) throws {
        try CaseFilm.write(frames, fps: Self.fps, quality: quality, to: path)
    }
}
