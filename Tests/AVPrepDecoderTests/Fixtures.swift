import AVPrepDecoder
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// Everything that a pass delivers.
final class PassRecord: DecodeConsumer, Equatable {
    private(set) var frames: [[UInt8]] = []
    private(set) var samples: [[Float]]
    /// Where the pass went on elsewhere: frame and presentation time.
    private(set) var discontinuities: [[Double]] = []
    /// Called with the index of each frame.
    var onFrame: (Int) throws -> Void = { _ in }

    init(formats: Int) { samples = Array(repeating: [], count: formats) }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        try onFrame(index)
        #expect(index == frames.count)
        frames.append(Array(picture.pixels))
    }

    func consume(samples new: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {
        samples[format] += new
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) {
        #expect(index == frames.count)
        discontinuities.append([Double(index), seconds])
    }

    /// What was done to the audio, by frame.
    private(set) var repairs: [Int: AudioRepair] = [:]

    func consume(repair: AudioRepair, ofFrame index: Int) {
        #expect(index == frames.count && repairs[index] == nil)
        repairs[index] = repair
    }

    static func == (one: PassRecord, other: PassRecord) -> Bool {
        one.frames == other.frames && one.samples == other.samples && one.discontinuities == other.discontinuities
            && one.repairs == other.repairs
    }
}

/// A pass that no test would take differently.
let wholePass = DecodeRequest(
    fps: 25, shortSide: 96,
    audio: [AudioFormat(sampleRate: 16_000, channels: 1), AudioFormat(sampleRate: 44_100, channels: 2)])

/// Gives `body` the path of a short video, in a folder of its own.
func withVideo<Result>(named name: String = "video", _ body: (_ path: String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
        let path = "\(folder)/\(name).mp4"
        try videoBytes.get().write(to: URL(fileURLWithPath: path))
        return try body(path)
    }
}

/// Gives `body` the path of four seconds of noise, which no encoder makes small, in a folder of its own.
func withNoise(_ body: (_ path: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
        let path = folder + "/noise.mkv"
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                width: 320, height: 240, frameRate: Rational(25), preset: "ultrafast", keyFrameInterval: 25, bFrames: 0),
            audio: AudioEncoding(sampleRate: 48_000, channels: 2))
        let picture = PixelBuffer(width: 320, height: 240, channels: 3)
        var noise: UInt32 = 1
        for index in 0..<100 {
            for place in picture.pixels.indices {
                noise = noise &* 1_664_525 &+ 1_013_904_223
                picture.pixels[place] = UInt8(noise >> 24)
            }
            try writer.write(frame: picture, at: Double(index) / 25)
        }
        try writer.write(samples: (0..<4 * 96_000).map { sin(Float($0) * 0.03) * 0.5 }, at: 0)
        try writer.finish()
        try body(path)
    }
}

/// A client of the program in which faults happen.
///
/// - Parameters:
///   - plan: what goes wrong with which file; see `DecoderFault`.
///   - arguments: further ones for the program; see ``DecoderServer``.
func faultyClient(_ plan: String, _ arguments: [String] = []) throws -> DecoderClient {
    try DecoderClient(
        program: DecoderProgram(path: Products.faultyDecoder), arguments: arguments + ["--faults=\(plan)"])
}

/// Two seconds of moving bars and a rising tone, made once.
private let videoBytes = Result {
    try withTemporaryFolder { folder in
        let path = folder + "/video.mp4"
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                codec: "libx264", width: 160, height: 120, frameRate: Rational(25), preset: "ultrafast",
                keyFrameInterval: 25, bFrames: 2),
            audio: AudioEncoding(codec: "aac", sampleRate: 48_000, channels: 2))
        let picture = PixelBuffer(width: 160, height: 120, channels: 3)
        for index in 0..<50 {
            for place in picture.pixels.indices { picture.pixels[place] = UInt8((place / 48 + index * 3) % 256) }
            try writer.write(frame: picture, at: Double(index) / 25)
        }
        let tone = (0..<2 * 96_000).map { sin(Float($0) * Float($0) * 1e-6) * 0.5 }
        try writer.write(samples: tone, at: 0)
        try writer.finish()
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }
}

/// Checks that a file fails with this code, in one line that names it.
func expectFailure(
    _ code: MediaError.Code, of path: String, saying words: String = "",
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    let error = #expect(throws: MediaError.self, sourceLocation: sourceLocation) { try body() }
    guard let error else { return }
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    #expect(error.description.contains(path), "\(error)", sourceLocation: sourceLocation)
    #expect(words.isEmpty || error.description.contains(words), "\(error)", sourceLocation: sourceLocation)
    #expect(!error.description.contains("\n"), sourceLocation: sourceLocation)
}
