import AVPrepCore
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
        Bad("floor") { $0.floor = 0 },
        Bad("floor") { $0.floor = .nan },
        Bad("floor") { $0.floor = 1e-60 },
        Bad("floor") { $0.floor = .infinity },
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
                [get_window(name, length).tolist() for length in (1, 2, 320, 481)] for name in sys.argv[1:]]))
            """
        let windows = SpectrogramSettings.Window.allCases
        let theirs = try Oracle.json([[[Double]]].self, script, windows.map(\.rawValue))
        for (window, references) in zip(windows, theirs) {
            for reference in references {
                let ours = window.coefficients(length: reference.count)
                #expect(zip(ours, reference).allSatisfy { abs(Double($0) - $1) <= 1e-7 })
            }
        }
    }
}
