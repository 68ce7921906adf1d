import AVPrepAudio
import AVPrepModel
import AVPrepStore
import Foundation
import Testing

/// Whoever computes a spectrogram and whoever cuts clips out of a stored one follow one rule.
@Suite struct SpectrogramFrameRuleTests {
    /// The kind as a file says it: its attributes have been JSON in `layout_json`.
    private func stored(_ settings: SpectrogramSettings) throws -> StoreLayout.Spectrogram {
        let kind = StoreLayout.Spectrogram(
            name: settings.name, bins: settings.bins, framesPerSecond: settings.frameRule.framesPerSecond,
            storedType: .float32, attributes: settings.attributes)
        return try JSONDecoder().decode(StoreLayout.Spectrogram.self, from: JSONEncoder().encode(kind))
    }

    private static var presets: [SpectrogramSettings] { SpectrogramSettings.Preset.allCases.map { .named($0) } }

    @Test(arguments: presets) func aStoredKindSaysTheRulesOfItsSettings(_ settings: SpectrogramSettings) throws {
        for center in [settings.center, !settings.center] {
            var settings = settings
            settings.center = center
            let kind = try stored(settings)
            #expect(kind.frameRule == settings.frameRule)
            #expect(kind.clipRule == settings.clipRule)
            #expect(kind.frameRule?.firstSample == settings.firstSample)
        }
    }

    /// A clip cut out of a stored sound has the frames that the clip alone would give.
    @Test(arguments: presets) func aClipHasTheFramesOfASoundOfItsLength(_ settings: SpectrogramSettings) throws {
        let kind = try stored(settings)
        for hops in [5, 25, 100, 240] {
            let samples = hops * settings.hopLength
            let seconds = Double(samples) / Double(settings.sampleRate)
            #expect(kind.clipRows(seconds: seconds) == max(1, settings.frameCount(samples: samples)), "\(hops) hops")
        }
    }

    @Test func aKindThatDoesNotSayItsFramesHasTheClipsLengthTimesItsRate() {
        let kind = StoreLayout.Spectrogram(
            name: "mel", bins: 4, framesPerSecond: 40, storedType: .float32, attributes: ["sr": .int(16_000)])
        #expect(kind.frameRule == nil && kind.clipRule == nil && kind.clipRows(seconds: 0.8) == 32)
    }

    @Test func wordsThatAreNoRuleAreNone() {
        func rule(_ sampleRate: AttributeValue, _ hop: AttributeValue, _ window: AttributeValue)
            -> SpectrogramFrameRule?
        {
            SpectrogramFrameRule(attributes: ["sr": sampleRate, "hop_length": hop, "win_length": window])
        }
        #expect(rule(.int(16_000), .int(160), .int(320)) != nil)
        for broken in [
            rule(.int(0), .int(160), .int(320)), rule(.double(.nan), .int(160), .int(320)),
            rule(.int(16_000), .int(0), .int(320)), rule(.int(16_000), .int(-160), .int(320)),
            rule(.int(16_000), .double(0.5), .int(320)), rule(.int(16_000), .int(160), .int(.max)),
            rule(.string("16000"), .int(160), .int(320)),
        ] { #expect(broken == nil) }
    }
}
