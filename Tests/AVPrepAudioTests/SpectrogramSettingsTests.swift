import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

@Suite struct SpectrogramSettingsTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        let word: String
        let settings: SpectrogramSettings
        var testDescription: String { word }

        init(_ word: String, _ change: (inout SpectrogramSettings) -> Void) {
            self.word = word
            settings = SpectrogramSettings.avts.with(change)
        }
    }

    static let bad: [Bad] = [
        Bad("name") { $0.name = "" },
        Bad("name") { $0.name = "a/b" },
        Bad("name") { $0.name = "2mel" },
        Bad("name") { $0.name = "Mel" },
        Bad("name") { $0.name = "pcm" },
        Bad("sr 0") { $0.sampleRate = 0 },
        Bad("sr") { $0.sampleRate = .max },
        Bad("n_fft 1") { $0.fftLength = 1 },
        Bad("n_fft") { $0.fftLength = 1 << 40 },
        Bad("win_length 0") { $0.windowLength = 0 },
        Bad("win_length 1025 is longer than n_fft 1024") { $0.windowLength = 1025 },
        Bad("hop_length 0") { $0.hopLength = 0 },
        Bad("hop_length -1") { $0.hopLength = -1 },
        Bad("power 3") { $0.power = 3 },
        Bad("amin") { $0.amin = 0 },
        Bad("amin") { $0.amin = .nan },
        Bad("amin") { $0.amin = 1e-60 },
        Bad("amin") { $0.amin = .infinity },
        Bad("ref") { $0.reference = 0 },
        Bad("ref") { $0.reference = .nan },
        Bad("gain") { $0.gain = 0 },
        Bad("gain") { $0.gain = .infinity },
        Bad("scale") { $0.scale = -1 },
        Bad("top_db -1") { $0.topDecibels = -1 },
        Bad("top_db need decibels") { $0.topDecibels = 80 },
        Bad("ref: max") { $0.referenceIsMaximum = true },
        Bad("n_mels 0") { $0.melBands = 0 },
        Bad("n_mels") { $0.melBands = .max },
        Bad("fmax 8001.0 Hz is not between 0 and half of sr (8000.0 Hz)") { $0.maxFrequencyHz = 8001 },
        Bad("fmax") { $0.maxFrequencyHz = -1 },
        Bad("fmax") { $0.maxFrequencyHz = .nan },
        Bad("fmin") { $0.minFrequencyHz = -1 },
        Bad("fmin") { $0.minFrequencyHz = 8000 },
        Bad("fmin") { $0.minFrequencyHz = .nan },
    ]

    @Test(arguments: bad)
    func whatCannotWorkIsNamed(bad: Bad) {
        let error = #expect(throws: AudioError.self) { try Spectrogram(bad.settings) }
        #expect(error?.code == .setting)
        #expect(error?.description.contains(bad.word) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test func melValuesDoNotMatterToALinearSpectrogram() throws {
        let settings = SpectrogramSettings.l3.with { $0.melBands = -1 }
        #expect(try Spectrogram(settings).bins == 257)
    }

    @Test func attributesSpeakLibrosasWords() {
        let avts = SpectrogramSettings.avts.attributes
        #expect(avts["sr"] == .int(16_000))
        #expect(avts["n_fft"] == .int(1024))
        #expect(avts["win_length"] == .int(320))
        #expect(avts["hop_length"] == .int(160))
        #expect(avts["window"] == .string("hann"))
        #expect(avts["center"] == .bool(false))
        #expect(avts["power"] == .int(2))
        #expect(avts["n_mels"] == .int(40))
        #expect(avts["fmin"] == .double(0))
        #expect(avts["fmax"] == .double(8000))
        #expect(avts["htk"] == .bool(false))
        #expect(avts["norm"] == .string("slaney"))
        #expect(avts["log"] == .string("natural"))
        let l3 = SpectrogramSettings.l3.attributes
        #expect(l3["kind"] == .string("linear"))
        #expect(l3["n_mels"] == nil)
        #expect(l3["fmax"] == nil)
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func windowsAreScipys() throws {
        let script = """
            import json, sys
            from scipy.signal import get_window
            print(json.dumps([
                [get_window(name, length, fftbins).tolist() for fftbins in (True, False)
                  for length in (1, 2, 3, 320, 481)] for name in sys.argv[1:]]))
            """
        let windows = SpectrogramSettings.Window.allCases
        let theirs = try Oracle.json([[[Double]]].self, script, windows.map(\.rawValue))
        #expect(theirs.count == windows.count && theirs.allSatisfy { !$0.isEmpty })
        for (window, references) in zip(windows, theirs) {
            for (index, reference) in references.enumerated() {
                let ours = window.coefficients(length: reference.count, periodic: index < 5)
                #expect(zip(ours, reference).allSatisfy { abs(Double($0) - $1) <= 1e-7 }, "\(window) \(index)")
            }
        }
    }

    @Test func presetsCanBeMadeAndAreNamedApart() throws {
        let presets = SpectrogramSettings.Preset.allCases.filter { $0 != .none }
        let kinds = presets.map(SpectrogramSettings.named)
        for kind in kinds { _ = try Spectrogram(kind) }
        #expect(Set(kinds.map(\.name)).count == kinds.count)
        #expect(kinds.map(\.preset) == presets)
    }

    @Test func whatIsDoneToEachClipIsWritten() {
        let openL3 = SpectrogramSettings.named(.openl3Linear).attributes
        #expect(openL3["ref"] == .string("max"))
        #expect(openL3["top_db"] == .double(80))
        #expect(
            openL3["clip_rule"]
                == .string("of each clip x that is read: x = max(x, max(x) - top_db), then x = x - max(x)"))
        let plain = SpectrogramSettings.named(.multisensory).attributes
        #expect(plain["ref"] == .double(1))
        #expect(plain["clip_rule"] == nil)
        #expect(SpectrogramSettings.avts.attributes["ref"] == nil)
    }
}
