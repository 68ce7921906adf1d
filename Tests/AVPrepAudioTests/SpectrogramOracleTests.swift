import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

/// Spectrograms beside librosa's, in its own words.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
struct SpectrogramOracleTests {
    private func compare(_ pairs: [SpectrogramComparison.Kind]) throws {
        for deviation in try SpectrogramComparison.deviations(of: pairs, by: LibrosaSpectrogram.script) {
            #expect(deviation.frames == deviation.expectedFrames, "\(deviation)")
            #expect(deviation.finite == true, "\(deviation)")
            #expect(deviation.relative <= 1e-4, "\(deviation)")
            // Single precision leaves some 1e-7 of the loudest bin everywhere, and the logarithm of the floor, -23 or
            // -100 dB, is rounded by 1e-7 of the value.
            #expect(try #require(deviation.absolute) <= 5e-6, "\(deviation)")
        }
    }

    private func sounds(_ rate: Int) -> [(String, [Float])] {
        [
            ("tone", Sounds.tone(440, seconds: 0.5, sampleRate: rate)),
            ("noise", Sounds.noise(seconds: 0.5, sampleRate: rate)),
            ("impulse", Sounds.impulse(at: rate / 10, count: rate / 4)),
            ("silence", [Float](repeating: 0, count: rate / 10)),
            ("constant", [Float](repeating: 0.5, count: rate / 10)),
            ("nothing", []),
            // Shorter than any window, and not much longer.
            ("blip", Sounds.noise(seconds: 1, sampleRate: 150)),
            ("bleep", Sounds.noise(seconds: 1, sampleRate: 700)),
        ]
    }

    @Test func everyPresetEqualsLibrosas() throws {
        try compare(
            SpectrogramSettings.Preset.allCases.filter { $0 != .none }.map {
                let settings = SpectrogramSettings.named($0)
                return (settings, sounds(settings.sampleRate))
            })
    }

    @Test func everyWordMeansWhatItMeansToLibrosa() throws {
        typealias Change = (inout SpectrogramSettings) -> Void
        let mel: [(String, Change)] = [
            ("magnitude", { $0.power = 1 }),
            ("none", { $0.logarithm = .none }),
            (
                "gain",
                {
                    $0.logarithm = .none; $0.gain = 3; $0.scale = 0.5
                }
            ),
            (
                "offset",
                {
                    $0.logarithm = .naturalOffset; $0.amin = 1e-6
                }
            ),
            (
                "db",
                {
                    $0.logarithm = .powerToDB; $0.reference = 0.25
                }
            ),
            (
                "top",
                {
                    $0.logarithm = .powerToDB; $0.topDecibels = 30
                }
            ),
            (
                "max",
                {
                    $0.logarithm = .powerToDB; $0.referenceIsMaximum = true
                }
            ),
            (
                "amplitude",
                {
                    $0.power = 1; $0.logarithm = .amplitudeToDB; $0.referenceIsMaximum = true; $0.topDecibels = 60
                }
            ),
            (
                "htk",
                {
                    $0.melScale = .htk; $0.minFrequencyHz = 125; $0.maxFrequencyHz = 7500
                }
            ),
            ("unnormed", { $0.melNorm = .none }),
            ("sum", { $0.melNorm = .sum }),
            ("squares", { $0.melNorm = .squares }),
            ("largest", { $0.melNorm = .largest }),
            (
                "empty",
                {
                    $0.melBands = 300; $0.emptyBands = .zero
                }
            ),
            ("single", { $0.melBands = 1 }),
            ("centred", { $0.center = true }),
            (
                "reflected",
                {
                    $0.center = true; $0.padding = .reflect; $0.windowLength = 319
                }
            ),
            (
                "held",
                {
                    $0.center = true; $0.padding = .edge
                }
            ),
            ("whole", { $0.padEnd = false }),
            ("low_rate", { $0.sampleRate = 8000 }),
            (
                "high_rate",
                {
                    $0.sampleRate = 192_000; $0.fftLength = 4096; $0.windowLength = 3840; $0.hopLength = 1920
                }
            ),
        ]
        let windows = SpectrogramSettings.Window.allCases.flatMap { window in
            [true, false].map { periodic -> (String, Change) in
                (
                    "\(window)_\(periodic)",
                    {
                        $0.window = window
                        $0.periodicWindow = periodic
                        $0.kind = .linear
                        $0.logarithm = .none
                    }
                )
            }
        }
        let linear: [(String, Change)] = [
            ("linear", { $0.kind = .linear }),
            (
                "linear_magnitude",
                {
                    $0.kind = .linear; $0.power = 1; $0.logarithm = .amplitudeToDB; $0.amin = 1e-5
                }
            ),
            (
                "linear_small_floor",
                {
                    $0.kind = .linear; $0.power = 1; $0.amin = 1e-25
                }
            ),
            (
                "odd",
                {
                    $0.kind = .linear; $0.fftLength = 441; $0.windowLength = 441; $0.hopLength = 100
                }
            ),
            (
                "even",
                {
                    $0.kind = .linear; $0.fftLength = 882; $0.windowLength = 881; $0.hopLength = 441
                }
            ),
            (
                "tiny",
                {
                    $0.kind = .linear; $0.fftLength = 6; $0.windowLength = 5; $0.hopLength = 3; $0.power = 1
                }
            ),
        ]
        var made: [Int: [(String, [Float])]] = [:]
        try compare(
            (mel + windows + linear).map { name, change in
                let settings = SpectrogramSettings.avts.with {
                    $0.preset = .none
                    $0.name = name
                    change(&$0)
                }
                let sounds = made[settings.sampleRate] ?? sounds(settings.sampleRate)
                made[settings.sampleRate] = sounds
                // Tapers show on a tone and on noise; the other sounds ask about the edges.
                return (settings, windows.contains { $0.0 == name } ? Array(sounds.prefix(2)) : sounds)
            })
    }

    /// Real sounds, at their own rate and in mono, as librosa loads them.
    @Test(.enabled(if: SharedData.isAvailable, "no real media beside the repository"))
    func realClipsGiveLibrosasSpectrograms() throws {
        let folders = SharedData.files(in: "esc10").filter { !$0.hasSuffix(".md") }
        let clips = folders.compactMap { folder in
            (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter { $0.hasSuffix(".ogg") }.sorted()
                .first
                .map { "\(folder)/\($0)" }
        }
        try #require(clips.count >= 5)
        let script = """
            import json, sys, librosa, numpy as np
            for number, path in enumerate(sys.argv[2:]):
                y, sr = librosa.load(path, sr=None, mono=True)
                y[: 2 * sr].astype(np.float32).tofile(f"{sys.argv[1]}/{number}")
                print(sr)
            """
        try withTemporaryFolder { folder in
            let rates = try Oracle.run(script, [folder] + clips).split(separator: "\n").compactMap { Int($0) }
            try #require(rates.count == clips.count)
            var sounds: [(String, [Float])] = []
            for number in clips.indices {
                let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(number)"))
                sounds.append(
                    (
                        "\(clips[number].suffix(20)) at \(rates[number])",
                        data.withUnsafeBytes { bytes in
                            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
                        }
                    ))
            }
            let presets: [SpectrogramSettings.Preset] = [.avts, .l3, .openl3Mel128, .openl3Linear, .vmz]
            try compare(
                presets.map { preset in
                    (SpectrogramSettings.named(preset).with { $0.sampleRate = rates[0] }, sounds)
                })
        }
    }
}
