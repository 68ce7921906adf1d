import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

/// Our spectrograms of some sounds, and what an outsider's program says of them.
enum SpectrogramComparison {
    /// Sounds, by name, of which spectrograms of one kind are made.
    typealias Kind = (settings: SpectrogramSettings, sounds: [(String, [Float])])

    /// One spectrogram of one sound: what the outsider needs to make it, and where the numbers lie.
    private struct Case: Codable {
        var sound: String
        var samples: String
        var ours: String
        /// Whether Kapre's formula for OpenL3 is compared with, instead of librosa's decibels.
        var kapre: Bool
        var words: [String: AttributeValue]
    }

    struct Deviation: Codable {
        var sound: String
        var frames: Int
        var expectedFrames: Int
        /// Largest |ours − theirs| / theirs before the logarithm, over values within 50 dB of the frame's loudest bin.
        var relative: Double
        /// Largest |ours − theirs| before the logarithm, relative to the frame's largest value; nil where it is not looked at.
        var absolute: Double?
        /// Whether all values are finite; nil where it is not looked at.
        var finite: Bool?
    }

    /// Writes sounds and what we make of them, and asks.
    ///
    /// - Parameter script: a Python program that reads the cases from the file it is given and prints deviations.
    static func deviations(of kinds: [Kind], by script: String) throws -> [Deviation] {
        try withTemporaryFolder { folder in
            var cases: [Case] = []
            for (settings, sounds) in kinds {
                let spectrogram = try Spectrogram(settings)
                for (name, samples) in sounds {
                    let path = "\(folder)/\(cases.count)"
                    try samples.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path + ".samples")) }
                    try spectrogram.values(of: samples).withUnsafeBytes {
                        try Data($0).write(to: URL(fileURLWithPath: path + ".ours"))
                    }
                    cases.append(
                        Case(
                            sound: "\(settings.name) \(name)", samples: path + ".samples", ours: path + ".ours",
                            kapre: settings.preset.rawValue.hasPrefix("openl3"), words: settings.attributes))
                }
            }
            let list = "\(folder)/cases.json"
            try JSONEncoder().encode(cases).write(to: URL(fileURLWithPath: list))
            let deviations = try Oracle.json([Deviation].self, script, [list])
            #expect(deviations.count == cases.count)
            return deviations
        }
    }
}
