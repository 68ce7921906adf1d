import AVPrepAudio
import AVPrepCore
import AVPrepModel
import AVPrepSettings
import Foundation
import TestSupport
import Testing

@testable import AVPrepEmbed

/// Recordings as clips of a spectrogram.
struct SoundClipsTests {
    /// A WAVE file of 16 bits a sample, mono.
    private func write(_ samples: [Int16], rate: Int, to path: String) throws {
        func number(_ value: Int, bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(value >> (8 * $0) & 0xFF) } }
        let count = samples.count * 2
        var data: [UInt8] = Array("RIFF".utf8) + number(36 + count, bytes: 4) + Array("WAVEfmt ".utf8)
        data += number(16, bytes: 4) + number(1, bytes: 2) + number(1, bytes: 2) + number(rate, bytes: 4)
        data += number(rate * 2, bytes: 4) + number(2, bytes: 2) + number(16, bytes: 2) + Array("data".utf8)
        data += number(count, bytes: 4)
        for sample in samples { data += number(Int(UInt16(bitPattern: sample)), bytes: 2) }
        try Data(data).write(to: URL(fileURLWithPath: path))
    }

    private func tone(seconds: Double, rate: Int = 16_000) -> [Int16] {
        (0..<Int(seconds * Double(rate))).map { Int16(8000 * sin(2 * .pi * 440 * Double($0) / Double(rate))) }
    }

    private func clips(_ settings: IngestSettings, count: Int, seconds: Double = 1) throws -> SoundClips {
        let name = try #require(settings.spectrograms.first?.name)
        return try SoundClips(settings, spectrogram: name, seconds: seconds, count: count, cancellation: Cancellation())
    }

    @Test func clipsOfAFileWithoutPicturesLieAtEqualSteps() throws {
        try withTemporaryFolder { folder in
            try write(tone(seconds: 5), rate: 16_000, to: folder + "/a b.wav")
            var settings = IngestSettings()
            settings.isolation = .none
            let found = try clips(settings, count: 9).clips(of: BytePath(stringLiteral: folder + "/a b.wav"))
            #expect(found.spans.count == 9 && !found.isPadded)
            for (number, span) in found.spans.enumerated() {
                #expect(abs(span.start - 0.5 * Double(number)) < 0.01 && abs(span.end - span.start - 1) < 1e-9)
            }
            #expect(found.values.count == 9 * found.rows * (settings.spectrograms.first?.bins ?? 0))
            #expect(!found.values.contains { !$0.isFinite })
        }
    }

    @Test func whatIsShorterThanAClipIsFollowedBySilence() throws {
        try withTemporaryFolder { folder in
            try write(tone(seconds: 0.4), rate: 16_000, to: folder + "/short.wav")
            try write([], rate: 16_000, to: folder + "/empty.wav")
            try Data("no sound".utf8).write(to: URL(fileURLWithPath: folder + "/text.wav"))
            var settings = IngestSettings()
            settings.isolation = .none
            let sounds = try clips(settings, count: 3)
            let found = try sounds.clips(of: BytePath(stringLiteral: folder + "/short.wav"))
            #expect(found.isPadded && found.spans.map(\.start) == [0, 0, 0])
            for name in ["empty.wav", "text.wav", "gone.wav"] {
                #expect(throws: (any Error).self) { try sounds.clips(of: BytePath(stringLiteral: folder + "/" + name)) }
            }
        }
    }

    /// The decoder's own process gives the same samples.
    @Test func isolationChangesNoValue() throws {
        try withTemporaryFolder { folder in
            try write(tone(seconds: 2), rate: 22_050, to: folder + "/tone.wav")
            var settings = IngestSettings()
            let path = BytePath(stringLiteral: folder + "/tone.wav")
            let apart = try clips(settings, count: 2).clips(of: path)
            settings.isolation = .none
            let here = try clips(settings, count: 2).clips(of: path)
            #expect(apart.values == here.values && !here.values.isEmpty)
        }
    }
}
