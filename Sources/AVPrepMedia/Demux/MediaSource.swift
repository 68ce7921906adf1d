package import AVPrepModel

/// A media file that is open for reading.
///
/// The only interface to decoding: pixels and samples pass through reusable buffers and callbacks only, so an
/// implementation may decode in this process or in another one.
package protocol MediaSource: AnyObject {
    /// The container's properties, known once the file is open.
    var info: MediaInfo { get }

    /// Size of the frames that ``decode(_:to:)`` delivers for this crop and short side; nil when there is no video.
    func outputSize(crop: CropMargins, shortSide: Int?) -> (width: Int, height: Int)?

    /// Pictures evenly spread over the video, in display orientation with square pixels, uncropped, RGB, scaled down by
    /// an integer factor or not at all. Fewer than `count` when the video is too short.
    ///
    /// - Throws: ``MediaError``.
    func spreadFrames(count: Int) throws -> [SpreadFrame]

    /// Decodes the whole common range of video and audio once, in bounded memory.
    ///
    /// Time 0 of the pass is `info.commonStartSeconds` on the presentation clock. Frame k is what a viewer sees at `k /
    /// fps` of the pass, resampled by presentation time; audio sample n of a format is at `n / sampleRate`. All audio
    /// up to `(k + 1) / fps` is delivered before frame k. Frames stop where either stream ends.
    ///
    /// Missing audio of up to half a second becomes silence; where more is missing the pass resumes after the gap, and
    /// where the clock jumps back (two recordings one after the other) it resumes on the second clock. The consumer is
    /// notified of both.
    ///
    /// - Throws: ``MediaError``, or whatever `consumer` throws.
    func decode(_ request: DecodeRequest, to consumer: any DecodeConsumer) throws -> DecodeSummary
}

/// A picture from within a video.
package struct SpreadFrame: Sendable {
    /// RGB, `[y, x, 3]`.
    package let picture: PixelBuffer
    /// Presentation time in seconds.
    package let seconds: Double
    /// Source pixels (display orientation) per picture pixel, in each direction; 1 when nothing was scaled.
    package let scale: Int

    package init(picture: PixelBuffer, seconds: Double, scale: Int) {
        self.picture = picture
        self.seconds = seconds
        self.scale = scale
    }
}

/// The output requested from one decode pass.
package struct DecodeRequest: Sendable, Equatable {
    /// Constant frame rate, in frames per second.
    package var fps: Double
    /// Cropped margins, in source pixels of the display orientation with square pixels.
    package var crop: CropMargins
    /// Length of the shorter side after scaling, in pixels; nil keeps the size. Both sides are rounded to even numbers.
    package var shortSide: Int?
    /// Audio formats to deliver, all in the same pass.
    package var audio: [AudioFormat]
    /// Whether pictures are left out: of a file that may have none. Frames carry an ``emptyPicture`` then, and the pass
    /// begins with the sound.
    package var isSoundAlone = false

    /// Width and height of what stands for a picture where there is none.
    package static let emptyPicture = (width: 2, height: 2)

    package init(fps: Double, crop: CropMargins = .none, shortSide: Int?, audio: [AudioFormat]) {
        self.fps = fps
        self.crop = crop
        self.shortSide = shortSide
        self.audio = audio
    }
}

/// Receives the output of a decode pass. Called on the decoding thread, in order.
package protocol DecodeConsumer: AnyObject {
    /// Frame `index` of the pass. The picture is valid only during the call: copy what you keep.
    func consume(frame picture: PixelBuffer, index: Int) throws

    /// Interleaved samples in `[-1, 1]` of the `format`-th requested format; `firstSample` counts sample frames (all
    /// channels together) from the start of the pass. Consecutive calls are contiguous. Valid only during the call.
    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws

    /// The clock jumps: the next frame, `index`, and sample `index / fps` of each format do not follow the previous
    /// ones in the file but are presented at `seconds`. The pass continues its numbering; no segment may span the jump.
    /// Called between frame `index - 1` and the audio of frame `index`.
    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws

    /// What was done to the audio of frame `index`; not called where nothing was. Called between that audio and the frame.
    func consume(repair: AudioRepair, ofFrame index: Int) throws
}

/// How the audio of a frame differs from the file's samples.
package struct AudioRepair: Sendable, Equatable {
    /// Seconds of silence filled in for missing samples, and of samples that were cut because they repeat.
    package var patchedSeconds: Double
    /// How much faster the timestamps advance than the samples, up to this frame, in parts per million: the audio is stretched
    /// to follow them. Nil where they do not drift.
    package var driftPPM: Double?

    package init(patchedSeconds: Double, driftPPM: Double?) {
        self.patchedSeconds = patchedSeconds
        self.driftPPM = driftPPM
    }
}

extension DecodeConsumer {
    /// Does nothing: for consumers that take the audio as it is.
    package func consume(repair: AudioRepair, ofFrame index: Int) throws {}

    /// Does nothing: for consumers that treat all frames independently.
    package func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {}
}

/// A consumer that provides the memory for the pictures of a pass, so that they need not be copied.
package protocol PictureSupplier: DecodeConsumer {
    /// Memory for the next picture, RGB of this size. It is written before the next call and passed to
    /// `consume(frame:index:)`: never, once, or several times in a row where a picture is repeated for several frames.
    func nextPicture(width: Int, height: Int) throws -> PixelBuffer
}
