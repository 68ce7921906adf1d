import AVPrepCore
import AVPrepMedia
package import AVPrepModel
import AVPrepSynth

/// An excerpt of a recording that copies are made of, and the frames that follow it there.
package struct DuplicateSource: Sendable {
    package let name: String
    /// The recording it is taken from: other excerpts of it show other moments of the same scene.
    package let recording: String
    /// RGB, all of one shape, 25 per second: the excerpt, followed by up to ``following`` of its length.
    package let frames: [PixelBuffer]
    /// Mono, ``SynthPlan/sampleRate`` samples per second, as long as the frames.
    package let sound: [Float]
    /// Number of frames of the excerpt itself.
    package let count: Int

    static let fps = 25.0
    /// Length of the following frames, as a fraction of the excerpt.
    static let following = 0.4

    /// Two disjoint excerpts of one practice video: the same objects on the same background.
    package static func practice(number: Int, width: Int, height: Int, seconds: Double) -> [DuplicateSource] {
        let length = seconds * (1 + following)
        var settings = SynthSettings()
        settings.width = width
        settings.height = height
        settings.fps = fps
        settings.seconds = 2 * length + 1
        let plan = SynthVideo.plan(settings, number: number, cues: [])
        let painter = ScenePainter(plan)
        let track = SynthAudio(plan)
        var sound = [Float](repeating: 0, count: track.sampleCount)
        sound.withUnsafeMutableBufferPointer { track.fill($0) }
        return [0, length + 1].enumerated().map { part, start in
            let frames = (0..<Int((length * fps).rounded())).map { index in
                let picture = PixelBuffer(width: width, height: height, channels: 3)
                painter.paint(picture, at: start + Double(index) / fps)
                return picture
            }
            let first = Int(start * Double(SynthPlan.sampleRate))
            let end = min(sound.count, first + Int(length * Double(SynthPlan.sampleRate)))
            return DuplicateSource(
                name: "practice-\(number)-\(part)", recording: "practice-\(number)", frames: frames,
                sound: Array(sound[first..<end]), count: Int(seconds * fps))
        }
    }

    /// Disjoint excerpts of a real clip, one after another.
    ///
    /// - Throws: ``MediaError``.
    package static func real(_ path: String, shortSide: Int, seconds: Double) throws -> [DuplicateSource] {
        let media = try MediaFile(path: path)
        guard media.info.video != nil, media.info.audio != nil else { return [] }
        let keeper = SourceKeeper(frames: Int(60 * fps))
        do {
            _ = try media.decode(
                DecodeRequest(
                    fps: fps, shortSide: shortSide,
                    audio: [AudioFormat(sampleRate: SynthPlan.sampleRate, channels: 1)]),
                to: keeper)
        } catch is SourceKeeper.Enough {}
        let samplesAFrame = Double(SynthPlan.sampleRate) / fps
        let frames = min(keeper.frames.count, Int(Double(keeper.samples.count) / samplesAFrame))
        let (count, step) = (Int(seconds * fps), Int((seconds * (1 + following) + 0.5) * fps))
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return stride(from: 0, through: frames - count, by: step).map { first in
            let end = min(frames, first + Int((seconds * (1 + following) * fps).rounded()))
            let samples = Int(Double(first) * samplesAFrame)..<Int(Double(end) * samplesAFrame)
            return DuplicateSource(
                name: "\(file)@\(Double(first) / fps)", recording: file, frames: Array(keeper.frames[first..<end]),
                sound: Array(keeper.samples[samples]), count: count)
        }
    }
}

/// A copy of a source as people make them, with a known modification: a pure function of the source's name, the kind
/// and a number.
package struct DuplicateCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Unmodified, at a high bit rate: the others are copies of it.
        case original
        /// Re-encoded at low bit rates.
        case encoded
        /// 40 to 75 % of the size, or 1.5 times as large.
        case scaled
        /// A tenth of width and height cropped, at a random position.
        case cropped
        case mirrored
        /// 4 to 16 dB softer, or 4 to 8 dB louder, limited by full scale.
        case volume
        /// Half a second to a second missing at the beginning.
        case trimmed
        /// Another excerpt, re-encoded, that starts at two fifths of the first: three fifths are in common.
        case overlapping
        /// Re-encoded, scaled, cropped, mirrored, with another volume.
        case everything = "all of it"
    }

    package let kind: Kind
    private let source: DuplicateSource
    private let scale: Double
    private let cut: (x: Double, y: Double)?
    private let isMirrored: Bool
    private let gain: Float
    private let quality: Int
    private let bitRate: Int
    private let range: Range<Int>

    /// - Returns: nil where the source has too little beyond its excerpt.
    package init?(_ kind: Kind, of source: DuplicateSource, number: Int) {
        self.kind = kind
        self.source = source
        var random = SeededRandom(seed: UInt64(number), for: "duplicate/\(source.name)/\(kind.rawValue)")
        let isAll = kind == .everything
        scale = kind == .scaled || isAll ? (random.happens(0.25) ? 1.5 : random.uniform(0.4...0.75)) : 1
        cut = kind == .cropped || isAll ? (random.unit() / 10, random.unit() / 10) : nil
        isMirrored = kind == .mirrored || isAll
        gain =
            kind == .volume || isAll
            ? (random.happens(0.5) ? Float(random.uniform(0.16...0.63)) : Float(random.uniform(1.6...2.5))) : 1
        let isCoarse = kind == .encoded || kind == .overlapping || isAll
        quality = isCoarse ? 28 + random.below(8) : 20
        bitRate = isCoarse ? 48_000 + 8_000 * random.below(4) : 128_000
        let shift = Int(DuplicateSource.following * Double(source.count))
        switch kind {
        case .trimmed: range = 13 + random.below(12)..<source.count
        case .overlapping: range = shift..<shift + source.count
        default: range = 0..<source.count
        }
        guard range.upperBound <= source.frames.count else { return nil }
    }

    /// Encodes the copy: H.264 and AAC in MP4.
    ///
    /// - Throws: ``MediaError`` with `encode`.
    package func write(_ path: String) throws {
        let first = source.frames[0]
        let kept = cut == nil ? 1.0 : 0.9
        func even(_ length: Int) -> Int { max(16, Int(Double(length) * kept * scale / 2) * 2) }
        let (width, height) = (even(first.width), even(first.height))
        let writer = try MediaWriter(
            path: path, container: "mp4",
            video: VideoEncoding(
                width: width, height: height, frameRate: Rational(frameRate: DuplicateSource.fps), quality: quality,
                preset: "superfast"),
            audio: AudioEncoding(sampleRate: SynthPlan.sampleRate, channels: 1, bitRate: bitRate))
        let picture = PixelBuffer(width: width, height: height, channels: 3)
        let step = (
            x: Double(first.width) * kept / Double(width), y: Double(first.height) * kept / Double(height)
        )
        let corner = (x: (cut?.x ?? 0) * Double(first.width), y: (cut?.y ?? 0) * Double(first.height))
        let samplesAFrame = Double(SynthPlan.sampleRate) / DuplicateSource.fps
        let isAsItWas = cut == nil && scale == 1 && !isMirrored
        for (index, frame) in source.frames[range].enumerated() {
            if !isAsItWas {
                frame.resample(into: picture) { x, y in
                    let column = isMirrored ? width - 1 - x : x
                    return (
                        corner.x + (Double(column) + 0.5) * step.x - 0.5, corner.y + (Double(y) + 0.5) * step.y - 0.5
                    )
                }
            }
            let begin = Int(Double(range.lowerBound + index) * samplesAFrame)
            let end = min(source.sound.count, Int(Double(range.lowerBound + index + 1) * samplesAFrame))
            if begin < end {
                try writer.write(
                    samples: source.sound[begin..<end].map { max(-1, min(1, $0 * gain)) },
                    at: Double(index) / DuplicateSource.fps)
            }
            try writer.write(frame: isAsItWas ? frame : picture, at: Double(index) / DuplicateSource.fps)
        }
        try writer.finish()
    }
}

/// Keeps the first frames and the audio up to there, and stops the pass after them.
private final class SourceKeeper: DecodeConsumer {
    struct Enough: Error {}
    private let limit: Int
    private(set) var frames: [PixelBuffer] = []
    private(set) var samples: [Float] = []

    init(frames limit: Int) { self.limit = limit }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        guard index < limit else { throw Enough() }
        frames.append(picture.copied())
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {
        self.samples.append(contentsOf: samples)
    }
}
