import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

/// What a stored spectrogram says of itself is read by files' owners and hashed into files' names: it stays word for word.
@Suite struct SpectrogramAttributesTests {
    @Test func everyPresetSaysWhatTheGoldenFileSays() throws {
        let golden = try Data(
            contentsOf: URL(fileURLWithPath: Oracle.repository + "/Tests/Expected/spectrogram-attributes.json"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let presets = SpectrogramSettings.Preset.allCases
        let said = try encoder.encode(
            Dictionary(uniqueKeysWithValues: presets.map { ($0.rawValue, SpectrogramSettings.named($0).attributes) }))
        #expect(String(decoding: said, as: UTF8.self) + "\n" == String(decoding: golden, as: UTF8.self))
    }
}
