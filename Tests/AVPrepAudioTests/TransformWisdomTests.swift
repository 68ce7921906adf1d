import Foundation
import Testing

@testable import AVPrepAudio

@Suite struct TransformWisdomTests {
    /// What FFTW planned by estimate and what it planned by wisdom, of the same sound.
    private func values(_ settings: SpectrogramSettings, _ wisdom: TransformWisdom?) throws -> [Float] {
        try Spectrogram(settings, wisdom: wisdom).values(
            of: Sounds.noise(seconds: 0.2, sampleRate: settings.sampleRate))
    }

    @Test func measuredPlansGiveTheSameSpectrogramsButForRounding() throws {
        let kinds = [SpectrogramSettings.avts, .l3, .named(.vmz), .avts.with { $0.fftLength = 441 }]
        let wisdom = try TransformWisdom.measured(lengths: kinds.map(\.fftLength))
        #expect(wisdom.text.hasPrefix("(fftw-3") && !wisdom.text.contains("\n"))
        for kind in kinds {
            let kind = kind.with { $0.logarithm = .none }
            let estimated = try values(kind, nil)
            let planned = try values(kind, wisdom)
            let peak = try #require(estimated.max())
            for (one, other) in zip(estimated, planned) { #expect(abs(one - other) <= 1e-5 * peak) }
            #expect(try values(kind, wisdom) == planned)
        }
    }

    /// Byte for byte: a plan comes from the text, whatever was measured since.
    @Test func oneWisdomAlwaysMakesOnePlan() throws {
        let wisdom = try TransformWisdom.measured(lengths: [512])
        let settings = SpectrogramSettings.l3
        let first = try values(settings, wisdom)
        _ = try TransformWisdom.measured(lengths: [512, 1024])
        // Another text of the same plans, so that the plan is made anew.
        let again = TransformWisdom(text: wisdom.text.replacing(" ", with: "  "))
        #expect(try values(settings, again) == first)
    }

    @Test func wisdomOfAnotherMachineOrLengthIsRefused() throws {
        let wisdom = try TransformWisdom.measured(lengths: [512])
        let missing = #expect(throws: AudioError.self) { try Spectrogram(.avts, wisdom: wisdom) }
        #expect(missing?.code == .wisdom && missing?.description.contains("1024") == true)
        let other = wisdom.text.replacing(/#x[0-9a-f]+/, maxReplacements: 1) { _ in "#x12345678" }
        for text in [other, "(fftw-3.3.10 fftwf_wisdom", "nonsense", String(repeating: "(", count: 100_000), "\u{1}"] {
            let error = #expect(throws: AudioError.self) { try Spectrogram(.l3, wisdom: TransformWisdom(text: text)) }
            #expect(error?.code == .wisdom && error?.description.contains("avprep wisdom") == true)
        }
        // What was refused has left nothing behind.
        #expect(try values(.l3, nil) == values(.l3, nil))
    }
}
