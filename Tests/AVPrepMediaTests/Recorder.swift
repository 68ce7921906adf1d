import AVPrepMedia
import AVPrepModel
import Testing

/// Takes a decode pass down and checks the contract of ``MediaSource/decode(_:to:)`` as it goes.
final class Recorder: DecodeConsumer {
    let request: DecodeRequest
    /// Grey level of each frame's middle pixel.
    private(set) var brightness: [UInt8] = []
    /// Interleaved samples of each format.
    private(set) var samples: [[Float]]
    private(set) var size: (width: Int, height: Int)?
    /// Pixels of the first frame.
    private(set) var firstPicture: [UInt8] = []
    /// Ends the pass after this many frames, by throwing ``Enough``.
    var frameLimit = Int.max

    struct Enough: Error {}

    init(_ request: DecodeRequest) {
        self.request = request
        samples = Array(repeating: [], count: request.audio.count)
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        #expect(index == brightness.count, "frames come in order")
        if size == nil {
            size = (picture.width, picture.height)
            firstPicture = Array(picture.pixels)
        }
        #expect(size?.width == picture.width && size?.height == picture.height)
        brightness.append(picture.pixels[3 * (picture.height / 2 * picture.width + picture.width / 2) + 1])
        for (format, heard) in zip(request.audio, samples) {
            let needed = Double(index + 1) / request.fps * Double(format.sampleRate)
            #expect(Double(heard.count / format.channels) >= needed - 1e-3, "sound comes before its picture")
        }
        if brightness.count == frameLimit { throw Enough() }
    }

    func consume(samples new: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        #expect(samples[format].count == firstSample * request.audio[format].channels, "sound is contiguous")
        samples[format] += new
    }

    /// Where the pass went on elsewhere: before which frame, and at what presentation time.
    private(set) var discontinuities: [(frame: Int, seconds: Double)] = []

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        #expect(index == brightness.count)
        discontinuities.append((index, seconds))
    }

    /// What was done to the audio, of frames where anything was.
    private(set) var repairs: [AudioRepair] = []

    func consume(repair: AudioRepair, ofFrame index: Int) throws {
        #expect(index == brightness.count)
        repairs.append(repair)
    }

    /// Frames at which the picture turns from dark to bright.
    var flashes: [Int] {
        brightness.indices.filter { brightness[$0] > 128 && ($0 == 0 || brightness[$0 - 1] <= 128) }
    }

    /// Times of the loudest samples of the first channel, one for each stretch above the level, in seconds.
    func clicks(format: Int, above level: Float = 0.12) -> [Double] {
        let (rate, channels) = (request.audio[format].sampleRate, request.audio[format].channels)
        var clicks: [Double] = []
        var best: (index: Int, level: Float)?
        for index in 0..<samples[format].count / channels {
            let loudness = abs(samples[format][index * channels])
            if loudness > level, loudness > best?.level ?? 0 { best = (index, loudness) }
            if let found = best, index - found.index > rate / 10 {
                clicks.append(Double(found.index) / Double(rate))
                best = nil
            }
        }
        if let best { clicks.append(Double(best.index) / Double(rate)) }
        return clicks
    }
}

extension Recorder {
    /// Times at which the first channel becomes loud after a tenth of a second of quiet, in seconds of the pass.
    func onsets(format: Int, above level: Float = 0.1) -> [Double] {
        let (rate, channels) = (request.audio[format].sampleRate, request.audio[format].channels)
        var onsets: [Double] = []
        var lastLoud = -rate
        for index in 0..<samples[format].count / channels where abs(samples[format][index * channels]) > level {
            if index - lastLoud > rate / 10 { onsets.append(Double(index) / Double(rate)) }
            lastLoud = index
        }
        return onsets
    }
}
