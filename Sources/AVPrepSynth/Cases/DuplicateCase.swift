package import AVPrepCore
import AVPrepMedia

/// A stretch of pictures and sound that copies are made of.
package struct DuplicateSource: Sendable {
    package let name: String
    /// RGB, all of one shape, 25 a second.
    package let frames: [Image8]
    /// Mono, ``SynthPlan/sampleRate`` samples a second, as long as the frames.
    package let sound: [Float]

    static let fps = 25.0

    /// Two stretches of one practice video that have no moment in common: the same things before the same ground.
    package static func practice(number: Int, width: Int, height: Int, seconds: Double) -> [DuplicateSource] {
        var settings = SynthSettings()
        settings.width = width
        settings.height = height
        settings.fps = fps
        settings.seconds = 2 * seconds + 1
        let plan = SynthVideo.plan(settings, number: number, cues: [])
        let painter = ScenePainter(plan)
        let track = SoundTrack(plan)
        var sound = [Float](repeating: 0, count: track.sampleCount)
        sound.withUnsafeMutableBufferPointer { track.fill($0) }
        return [0, seconds + 1].enumerated().map { part, start in
            let frames = (0..<Int(seconds * fps)).map { index in
                let picture = Image8(width: width, height: height, channels: 3)
                painter.paint(picture, at: start + Double(index) / fps)
                return picture
            }
            let first = Int(start * Double(SynthPlan.sampleRate))
            let end = min(sound.count, first + Int(seconds * Double(SynthPlan.sampleRate)))
            return DuplicateSource(
                name: "practice-\(number)-\(part)", frames: frames, sound: Array(sound[first..<end]))
        }
    }

    /// The stretch `[start, start + seconds)` of a real clip; nil where the clip has less of picture or sound.
    package static func real(_ path: String, shortSide: Int, from start: Double, seconds: Double) throws
        -> DuplicateSource?
    {
        let media = try MediaFile(path: path)
        guard media.info.video != nil, media.info.audio != nil else { return nil }
        let keeper = SourceKeeper(
            frames: Int((start * fps).rounded(.up))..<Int(((start + seconds) * fps).rounded(.up)))
        do {
            _ = try media.decode(
                DecodeRequest(
                    fps: fps, shortSide: shortSide,
                    audio: [AudioFormat(sampleRate: SynthPlan.sampleRate, channels: 1)]),
                to: keeper)
        } catch is SourceKeeper.Enough {}
        let first = Int(Double(keeper.range.lowerBound) / fps * Double(SynthPlan.sampleRate))
        let count = Int(Double(keeper.range.count) / fps * Double(SynthPlan.sampleRate))
        guard keeper.frames.count == keeper.range.count, keeper.samples.count >= first + count else { return nil }
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return DuplicateSource(
            name: "\(file)@\(start)", frames: keeper.frames, sound: Array(keeper.samples[first..<first + count]))
    }
}

/// A copy of a source as people make them, and what was done to it: a pure function of the source's name, the kind and a
/// number.
package struct DuplicateCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// As it is, at a high rate: what the others are copies of.
        case original
        /// Encoded anew at low rates.
        case encoded
        /// 40 to 75 % of the size, or 1.5 times as large.
        case scaled
        /// A tenth of width and height cut off, anywhere.
        case cropped
        case mirrored
        /// 4 to 16 dB softer, or 4 to 8 dB louder, as far as full scale goes.
        case volume
        /// Half a second to a second missing at the beginning.
        case trimmed
        /// Encoded anew, scaled, cropped, mirrored, with another volume.
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
    private let firstFrame: Int

    package init(_ kind: Kind, of source: DuplicateSource, number: Int) {
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
        let isCoarse = kind == .encoded || isAll
        quality = isCoarse ? 28 + random.below(8) : 20
        bitRate = isCoarse ? 48_000 + 8_000 * random.below(4) : 128_000
        firstFrame = kind == .trimmed ? 13 + random.below(12) : 0
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
        let picture = Image8(width: width, height: height, channels: 3)
        let step = (
            x: Double(first.width) * kept / Double(width), y: Double(first.height) * kept / Double(height)
        )
        let corner = (x: (cut?.x ?? 0) * Double(first.width), y: (cut?.y ?? 0) * Double(first.height))
        let samplesAFrame = Double(SynthPlan.sampleRate) / DuplicateSource.fps
        for (index, frame) in source.frames[firstFrame...].enumerated() {
            frame.resample(into: picture) { x, y in
                let column = isMirrored ? width - 1 - x : x
                return (corner.x + (Double(column) + 0.5) * step.x - 0.5, corner.y + (Double(y) + 0.5) * step.y - 0.5)
            }
            let begin = Int(Double(firstFrame + index) * samplesAFrame)
            let end = min(source.sound.count, Int(Double(firstFrame + index + 1) * samplesAFrame))
            if begin < end {
                try writer.write(
                    samples: source.sound[begin..<end].map { max(-1, min(1, $0 * gain)) },
                    at: Double(index) / DuplicateSource.fps)
            }
            try writer.write(frame: picture, at: Double(index) / DuplicateSource.fps)
        }
        try writer.finish()
    }
}

/// Keeps frames of a range and all sound up to its end, and ends the pass after it.
private final class SourceKeeper: DecodeConsumer {
    struct Enough: Error {}
    let range: Range<Int>
    private(set) var frames: [Image8] = []
    private(set) var samples: [Float] = []

    init(frames range: Range<Int>) { self.range = range }

    func consume(frame picture: Image8, index: Int) throws {
        guard index < range.upperBound else { throw Enough() }
        if range.contains(index) { frames.append(picture.copied()) }
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {
        self.samples.append(contentsOf: samples)
    }
}
