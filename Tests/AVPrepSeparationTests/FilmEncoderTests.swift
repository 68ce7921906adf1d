import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepSeparation

/// A film whose pictures cannot be copied is encoded anew beside its sound.
@Suite struct FilmEncoderTests {
    private final class Heard: DecodeConsumer {
        var samples: [Float] = []
        var greys: [Int] = []

        func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
            self.samples += samples
        }
        func consume(frame picture: PixelBuffer, index: Int) throws { greys.append(Int(picture.pixels[0])) }
        func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {}
    }

    /// Grey pictures at 10 a second, each 5 levels lighter, and a tone.
    ///
    /// - Parameter jump: seconds that the clock jumps ahead before picture 10.
    private func film(_ path: String, frames: Int, samples: Int, startSeconds: Double = 0, jump: Double? = nil) throws {
        let sound = try SoundFile(path: path + ".wav", name: "on.wav", sampleRate: 8000)
        try sound.write((0..<samples).map { Float(0.4 * sin(0.2 * Double($0))) })
        try sound.finish()
        let encoder = try FilmEncoder(
            path: path, size: (64, 48), fps: 10, startSeconds: startSeconds, sound: sound, sampleRate: 8000)
        for frame in 0..<frames {
            if frame == 10, let jump {
                try encoder.consumeDiscontinuity(beforeFrame: 10, seconds: startSeconds + 1 + jump)
            }
            let picture = PixelBuffer(width: 64, height: 48, channels: 3)
            for index in picture.pixels.indices { picture.pixels[index] = UInt8(20 + 5 * frame) }
            try encoder.consume(frame: picture, index: frame)
        }
        try encoder.finish()
    }

    private func heard(_ path: String) throws -> Heard {
        let heard = Heard()
        _ = try MediaFile(path: path).decode(
            DecodeRequest(fps: 10, shortSide: nil, audio: [AudioFormat(sampleRate: 8000, channels: 1)]), to: heard)
        return heard
    }

    /// As long as the pictures, shorter by half a second, longer by one.
    @Test(arguments: [20_000, 16_000, 28_000])
    func picturesAndSoundKeepTheirTimes(samples: Int) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a\n'b.mkv"
            try film(path, frames: 25, samples: samples)
            let info = try MediaFile(path: path).info
            #expect(info.video?.codec == "h264" && info.video?.displayWidth == 64)
            #expect(abs((info.durationSeconds ?? 0) - max(2.5, Double(samples) / 8000)) < 0.11)
            let found = try heard(path)
            // Decoded is what picture and sound have in common.
            #expect(found.greys.count >= (samples == 16_000 ? 20 : 25))
            for (frame, grey) in found.greys.prefix(25).enumerated() { #expect(abs(grey - (20 + 5 * frame)) <= 4) }
            // What the container has of the sound is what was there, sample by sample.
            for index in 0..<min(samples, 20_000, found.samples.count) {
                #expect(abs(found.samples[index] - Float(0.4 * sin(0.2 * Double(index)))) < 2e-4)
            }
            #expect(found.samples.count >= min(samples, 19_000))
        }
    }

    /// Where the film's clock jumps ahead, the pictures behind the jump stand where they stood, and the sound goes on.
    @Test func aJumpOfTheClockStays() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/jump.mkv"
            try film(path, frames: 20, samples: 28_000, startSeconds: 3, jump: 1.5)
            let info = try MediaFile(path: path).info
            #expect(abs((info.durationSeconds ?? 0) - 3.5) < 0.11)
            let greys = try heard(path).greys
            // At 2 s the picture before the jump still stands; from 2.5 s on those behind it.
            #expect(greys.count >= 34 && abs(greys[9] - 65) <= 4 && abs(greys[20] - 65) <= 4)
            #expect(abs(greys[26] - 75) <= 6 && abs(greys[33] - 110) <= 6)
        }
    }

    @Test func aFolderThatIsGoneIsSaid() throws {
        try withTemporaryFolder { folder in
            let sound = try SoundFile(path: folder + "/on.wav", name: "on.wav", sampleRate: 8000)
            try sound.finish()
            #expect(throws: MediaError.self) {
                _ = try FilmEncoder(
                    path: folder + "/gone/film.mkv", size: (64, 48), fps: 25, startSeconds: 0, sound: sound,
                    sampleRate: 8000)
            }
        }
    }
}
