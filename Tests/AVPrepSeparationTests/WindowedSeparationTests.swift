import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Testing

@testable import AVPrepSeparation

/// Gives the sound back as the one sound and its negative as the other, and remembers the clips.
private final class Mirror: ClipSeparator {
    let spanFrames: Int
    let sampleCount: Int
    let sampleRate: Int
    let fps: Double
    let channels: Int
    var seen: [[UInt8]] = []
    var times: [Double] = []
    var mostFrames = 0

    init(spanFrames: Int = 10, sampleCount: Int = 95, sampleRate: Int = 100, fps: Double = 10, channels: Int = 1) {
        self.spanFrames = spanFrames
        self.sampleCount = sampleCount
        self.sampleRate = sampleRate
        self.fps = fps
        self.channels = channels
    }

    func kept(_ picture: PixelBuffer, at seconds: Double) -> [UInt8] {
        times.append(seconds)
        return [picture.pixels[0]]
    }

    func separate(_ pictures: [[UInt8]], _ sound: [Float]) throws -> (on: [Float], off: [Float]) {
        #expect(pictures.count == spanFrames && sound.count == channels * sampleCount)
        seen.append(pictures.map { $0[0] })
        let mono = (0..<sampleCount).map { index in
            (0..<channels).reduce(Float(0)) { $0 + sound[$1 * sampleCount + index] } / Float(channels)
        }
        return (mono, mono.map { -$0 })
    }
}

@Suite struct WindowedSeparationTests {
    private func noise(_ count: Int) -> [Float] {
        var random = SeededRandom(seed: 3)
        return (0..<count).map { _ in Float(random.uniform(-1...1)) }
    }

    /// Feeds a film as a decoder does: the sound of each frame before the frame.
    private func feed(_ windows: WindowedSeparation, _ mirror: Mirror, frames: Range<Int>, _ sound: [Float]) throws {
        let picture = PixelBuffer(width: 2, height: 2, channels: 3)
        func sample(_ frame: Int) -> Int { Int((Double(frame) / mirror.fps * Double(mirror.sampleRate)).rounded()) }
        for frame in frames {
            picture.pixels[0] = UInt8(truncatingIfNeeded: frame)
            let own = Array(
                sound[sample(frame) * mirror.channels..<sample(frame + 1) * mirror.channels])
            try own.withUnsafeBufferPointer {
                try windows.consume(samples: $0, format: 0, firstSample: sample(frame))
            }
            try windows.consume(frame: picture, index: frame)
        }
    }

    private func separated(_ mirror: Mirror, frames: Int, _ sound: [Float]) throws -> (on: [Float], off: [Float]) {
        var (on, off): ([Float], [Float]) = ([], [])
        let windows = WindowedSeparation(mirror, startSeconds: 0) {
            on += $0
            off += $1
        }
        try feed(windows, mirror, frames: 0..<frames, sound)
        try windows.finish()
        #expect(windows.sampleTotal == on.count && windows.clips == mirror.seen.count)
        return (on, off)
    }

    /// Shorter than a clip, as long as one, a frame more, and many with every rest.
    @Test(arguments: [1, 3, 9, 10, 11, 14, 15, 16, 29, 30, 31, 100, 101, 107])
    func whatIsNotChangedComesBackWithoutSeams(frames: Int) throws {
        let mirror = Mirror()
        let sound = noise(frames * 10)
        let (on, off) = try separated(mirror, frames: frames, sound)
        #expect(on.count == sound.count && off.count == sound.count)
        for index in on.indices {
            #expect(abs(on[index] - sound[index]) < 1e-5 && abs(off[index] + sound[index]) < 1e-5)
        }
        for clip in mirror.seen {
            // Consecutive pictures; a film that is too short goes on with its last one.
            for (before, after) in zip(clip, clip.dropFirst()) { #expect(after == before + 1 || frames < 10) }
        }
        #expect(mirror.seen.last?.last == UInt8(frames - 1))
    }

    /// 29.97 frames a second, 21 kHz, stereo: samples of a frame differ in number.
    @Test func oddRatesLoseNoSample() throws {
        let mirror = Mirror(spanFrames: 63, sampleCount: 44_016, sampleRate: 21_000, fps: 29.97, channels: 2)
        let frames = 200
        let count = Int((Double(frames) / 29.97 * 21_000).rounded())
        let sound = noise(2 * count)
        let (on, _) = try separated(mirror, frames: frames, sound)
        #expect(on.count == count)
        for index in on.indices {
            #expect(abs(on[index] - (sound[2 * index] + sound[2 * index + 1]) / 2) < 1e-5)
        }
    }

    @Test func aJumpAheadBecomesSilence() throws {
        let mirror = Mirror()
        var on: [Float] = []
        let windows = WindowedSeparation(mirror, startSeconds: 5) { own, _ in on += own }
        let sound = noise(500)
        try feed(windows, mirror, frames: 0..<23, sound)
        try windows.consumeDiscontinuity(beforeFrame: 23, seconds: 5 + 2.3 + 1.5)
        try feed(windows, mirror, frames: 23..<50, sound)
        try windows.finish()
        #expect(on.count == 500 + 150)
        for index in 0..<230 { #expect(abs(on[index] - sound[index]) < 1e-5) }
        for index in 230..<380 { #expect(on[index] == 0) }
        for index in 380..<650 { #expect(abs(on[index] - sound[index - 150]) < 1e-5) }
        // A picture's framing follows from its time on the film's clock.
        for (frame, seconds) in mirror.times.enumerated() {
            #expect(abs(seconds - (5 + Double(frame) / 10 + (frame < 23 ? 0 : 1.5))) < 1e-9)
        }
        // No clip sees both sides.
        for clip in mirror.seen { #expect(Set(clip.map { $0 < 23 }).count == 1) }
        #expect(throws: MediaError.self) {
            try windows.consumeDiscontinuity(beforeFrame: 50, seconds: 0)
        }
    }

    @Test func nothingGivesNothing() throws {
        let (on, off) = try separated(Mirror(), frames: 0, [])
        #expect(on.isEmpty && off.isEmpty)
    }

    /// What is kept does not grow with the film.
    @Test func memoryIsThatOfAClip() {
        var join = OverlapAdd(window: 100)
        for start in stride(from: 0, to: 100_000, by: 50) {
            join.add([Float](repeating: 1, count: 100), at: start)
            for value in join.take(before: start + 50) { #expect(abs(value - 1) < 1e-6) }
            #expect(join.held <= 100)
        }
    }
}
