package import AVPrepModel

/// A media file that is open for reading.
///
/// The one door to decoding: pixels and samples come through reusable buffers and callbacks only, so what stands behind
/// this protocol may decode in this process or in another one.
package protocol MediaSource: AnyObject {
    /// What the container says, known once the file is open.
    var info: MediaInfo { get }

    /// Size of the frames that ``decode(_:to:)`` delivers for this crop and short side; nil when there is no video.
    func outputSize(crop: CropMargins, shortSide: Int?) -> (width: Int, height: Int)?

    /// Pictures evenly spread over the video, in display orientation and square pixels, uncropped, RGB, scaled down by
    /// a whole factor or not at all. Fewer than `count` when the video is too short.
    ///
    /// - Throws: ``MediaError``.
    func spreadFrames(count: Int) throws -> [SpreadFrame]

    /// Decodes the whole common range of picture and sound once, in bounded memory.
    ///
    /// Time 0 of the pass is `info.commonStartSeconds` on the presentation clock. Frame k is what a viewer sees at
    /// `k / fps` of the pass, resampled by presentation time; audio sample n of a format sits at `n / sampleRate`.
    /// All sound up to `(k + 1) / fps` is delivered before frame k. Frames stop where either stream ends.
    ///
    /// Missing sound of up to half a second is silence; where more is missing the pass goes on after it, and where the
    /// clock jumps back (two recordings one after the other) with the second clock. The consumer is told of both.
    ///
    /// - Throws: ``MediaError``, or whatever `consumer` throws.
    func decode(_ request: DecodeRequest, to consumer: any DecodeConsumer) throws -> DecodeSummary
}

/// A picture out of the middle of a video.
package struct SpreadFrame: Sendable {
    /// RGB, `[y, x, 3]`.
    package let picture: PixelBuffer
    /// Presentation time in seconds.
    package let seconds: Double
    /// Source pixels (display orientation) a picture pixel stands for; 1 when nothing was scaled.
    package let scale: Int

    package init(picture: PixelBuffer, seconds: Double, scale: Int) {
        self.picture = picture
        self.seconds = seconds
        self.scale = scale
    }
}

/// What one decode pass is to deliver.
package struct DecodeRequest: Sendable, Equatable {
    /// Constant frame rate, in frames per second.
    package var fps: Double
    /// What is cut off, in source pixels of the display orientation with square pixels.
    package var crop: CropMargins
    /// Length of the shorter side after scaling, in pixels; nil keeps the size. Both sides come out even.
    package var shortSide: Int?
    /// Formats in which the sound is delivered, all at once.
    package var audio: [AudioFormat]

    package init(fps: Double, crop: CropMargins = .none, shortSide: Int?, audio: [AudioFormat]) {
        self.fps = fps
        self.crop = crop
        self.shortSide = shortSide
        self.audio = audio
    }
}

/// Takes what a decode pass delivers. Called on the decoding thread, in order.
package protocol DecodeConsumer: AnyObject {
    /// Frame `index` of the pass. The picture is lent for the duration of the call: copy what you keep.
    func consume(frame picture: PixelBuffer, index: Int) throws

    /// Interleaved samples in `[-1, 1]` of the `format`-th requested format; `firstSample` counts sample frames (all
    /// channels together) from the start of the pass. Consecutive calls are contiguous. Lent for the call.
    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws

    /// The clock jumps: frame `index` of the pass, which comes next, and sample `index / fps` of each format are not those
    /// that follow, but what is presented at `seconds`. The pass goes on counting; nothing that belongs together may
    /// reach across. Called between frame `index - 1` and the sound of frame `index`.
    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws
}

extension DecodeConsumer {
    /// For those to whom all frames are alike.
    package func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {}
}

/// A consumer that lends the memory in which the pictures of a pass are to lie, so that they need not be copied where
/// they are wanted.
package protocol PictureSupplier: DecodeConsumer {
    /// Memory for the next picture, of this size and RGB. It is written before the next call and handed to
    /// `consume(frame:index:)`: never, once, or several times in a row where a picture stands for several frames.
    func nextPicture(width: Int, height: Int) throws -> PixelBuffer
}
