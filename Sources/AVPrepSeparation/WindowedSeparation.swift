import AVPrepMedia
import AVPrepModel

/// What separates one clip.
protocol ClipSeparator: AnyObject {
    /// Frames of the film that a clip spans, and samples of its sound.
    var spanFrames: Int { get }
    var sampleCount: Int { get }
    var sampleRate: Int { get }
    var fps: Double { get }
    var channels: Int { get }

    /// A picture as it is kept until its clip is separated.
    ///
    /// - Parameter seconds: its presentation time.
    func kept(_ picture: PixelBuffer, at seconds: Double) throws -> [UInt8]

    /// - Parameters:
    ///   - pictures: ``spanFrames`` of them.
    ///   - sound: channel by channel.
    func separate(_ pictures: [[UInt8]], _ sound: [Float]) throws -> (on: [Float], off: [Float])
}

/// Separates a film while it is decoded, clip by clip, each beginning half a clip after the one before; what lies in both is
/// joined (``OverlapAdd``). Only the clip under way is in memory, however long the film.
///
/// Where the film's clock jumps ahead there is silence; where it jumps back, two recordings follow each other, and the second
/// one cannot be placed.
final class WindowedSeparation: DecodeConsumer {
    private let separator: any ClipSeparator
    private let startSeconds: Double
    private let emit: (_ on: [Float], _ off: [Float]) throws -> Void
    private let progress: (_ seconds: Double) -> Void
    /// The clip under way: pictures and interleaved samples from the numbers below on.
    private var pictures: [[UInt8]] = []
    private var firstPicture = 0
    private var samples: [Float] = []
    private var firstSample = 0
    /// Where the next clip begins among the pictures that are here; the first of them began the last clip.
    private var next = 0
    /// Where the stretch without jumps began: numbers of its first picture and sample in the pass.
    private var origin = (picture: 0, sample: 0)
    private var originSeconds: Double
    private var on: OverlapAdd
    private var off: OverlapAdd
    private(set) var clips = 0
    /// Samples of all that was emitted, silence included.
    private(set) var sampleTotal = 0

    /// - Parameters:
    ///   - startSeconds: time 0 of the pass on the presentation clock.
    ///   - emit: takes the next samples of both sounds.
    ///   - progress: called after each clip with the seconds that are done.
    init(
        _ separator: any ClipSeparator, startSeconds: Double,
        emit: @escaping (_ on: [Float], _ off: [Float]) throws -> Void,
        progress: @escaping (_ seconds: Double) -> Void = { _ in }
    ) {
        self.separator = separator
        self.startSeconds = startSeconds
        originSeconds = startSeconds
        self.emit = emit
        self.progress = progress
        on = OverlapAdd(window: separator.sampleCount)
        off = OverlapAdd(window: separator.sampleCount)
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        self.samples.append(contentsOf: samples)
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        let seconds = originSeconds + Double(index - origin.picture) / separator.fps
        pictures.append(try separator.kept(picture, at: seconds))
        while pictures.count >= next + separator.spanFrames,
            heldSamples >= sample(ofPicture: firstPicture + next) - firstSample + separator.sampleCount
        {
            try drop(frames: next)
            try separateClip(pictures: Array(pictures[..<separator.spanFrames]), soundAt: 0)
            next = max(1, separator.spanFrames / 2)
        }
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        try finishStretch()
        let end = startSeconds + Double(sampleTotal) / Double(separator.sampleRate)
        let gap = Int(((seconds - end) * Double(separator.sampleRate)).rounded())
        guard gap >= 0 else {
            throw MediaError(
                .unsupported,
                "the film's clock jumps back at \(end) s: two recordings follow each other in it, and the sound of the second could not be placed; cut it there"
            )
        }
        var rest = gap
        while rest > 0 {
            let silence = [Float](repeating: 0, count: min(rest, 1 << 16))
            try pass(silence, silence)
            rest -= silence.count
        }
        origin = (index, Int((Double(index) / separator.fps * Double(separator.sampleRate)).rounded()))
        originSeconds = seconds
        (firstPicture, firstSample, next) = (0, 0, 0)
    }

    /// What is left when the pass is over.
    func finish() throws { try finishStretch() }

    // MARK: - One stretch without jumps

    private var heldSamples: Int { samples.count / separator.channels }

    /// The number of the sample at the beginning of a picture of the stretch.
    private func sample(ofPicture picture: Int) -> Int {
        Int((Double(origin.picture + picture) / separator.fps * Double(separator.sampleRate)).rounded()) - origin.sample
    }

    /// Forgets what lies before the clip that comes next.
    private func drop(frames: Int) throws {
        pictures.removeFirst(frames)
        firstPicture += frames
        let end = sample(ofPicture: firstPicture)
        samples.removeFirst((end - firstSample) * separator.channels)
        firstSample = end
        try pass(on.take(before: end), off.take(before: end))
    }

    /// - Parameter place: of the clip's first sample among those that are here.
    private func separateClip(pictures: [[UInt8]], soundAt place: Int) throws {
        let (count, width) = (separator.sampleCount, separator.channels)
        var sound = [Float](repeating: 0, count: count * width)
        for index in 0..<min(count, heldSamples - place) {
            for channel in 0..<width { sound[channel * count + index] = samples[(place + index) * width + channel] }
        }
        let (own, other) = try separator.separate(pictures, sound)
        on.add(own, at: firstSample + place)
        off.add(other, at: firstSample + place)
        clips += 1
        progress(Double(sampleTotal + place + count) / Double(separator.sampleRate))
    }

    private func finishStretch() throws {
        defer {
            pictures = []
            samples = []
            on = OverlapAdd(window: separator.sampleCount)
            off = OverlapAdd(window: separator.sampleCount)
        }
        guard let last = pictures.last else { return }
        let total = sample(ofPicture: firstPicture + pictures.count)
        // The last clip ends with the film; a film that is shorter is followed by its last picture and by silence.
        let place = max(0, total - firstSample - separator.sampleCount)
        if next == 0 || place > 0 {
            let padding = Array(repeating: last, count: max(0, separator.spanFrames - pictures.count))
            try separateClip(pictures: pictures.suffix(separator.spanFrames) + padding, soundAt: place)
        }
        try pass(on.take(before: total), off.take(before: total))
    }

    private func pass(_ on: [Float], _ off: [Float]) throws {
        sampleTotal += on.count
        if !on.isEmpty { try emit(on, off) }
    }
}
