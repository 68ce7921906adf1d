import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

@Suite struct ShortTimeFourierTests {
    private func transformed(_ fourier: ShortTimeFourier, _ samples: [Float]) -> [SIMD2<Float>] {
        var spectrum = [SIMD2<Float>](
            repeating: .zero, count: fourier.frameCount(samples: samples.count) * fourier.bins)
        samples.withUnsafeBufferPointer { samples in
            spectrum.withUnsafeMutableBufferPointer {
                fourier.transform(samples, into: $0, fourier.makeWorkspace())
            }
        }
        return spectrum
    }

    private func inverted(_ fourier: ShortTimeFourier, _ spectrum: [SIMD2<Float>], leastSum: Float) -> [Float] {
        var samples = [Float](repeating: .nan, count: fourier.sampleCount(frames: spectrum.count / fourier.bins))
        spectrum.withUnsafeBufferPointer { spectrum in
            samples.withUnsafeMutableBufferPointer {
                fourier.inverse(spectrum, into: $0, leastSum: leastSum, fourier.makeWorkspace())
            }
        }
        return samples
    }

    /// Multisensory's: 128 windows of 64 ms in 44,144 samples.
    @Test func publishedSizesGiveThePublishedWindows() throws {
        let fourier = try ShortTimeFourier(window: 1344, step: 336, length: 2048)
        #expect(fourier.bins == 1025 && fourier.frameCount(samples: 44_144) == 128)
        #expect(fourier.frameCount(samples: 1343) == 0 && fourier.frameCount(samples: 1344) == 1)
        #expect(fourier.sampleCount(frames: 128) == 44_016 && fourier.sampleCount(frames: 0) == 0)
    }

    @Test(arguments: [(1344, 336, 2048), (100, 25, 128), (30, 15, 45), (64, 16, 64)])
    func theInverseGivesTheSound(_ window: Int, _ step: Int, _ length: Int) throws {
        let fourier = try ShortTimeFourier(window: window, step: step, length: length)
        let sound = Sounds.noise(seconds: 1, sampleRate: fourier.sampleCount(frames: 40))
        let spectrum = transformed(fourier, sound)
        let exact = inverted(fourier, spectrum, leastSum: 0)
        // At either end weights are next to nothing, and the very first one is 0.
        for index in window / 16..<sound.count - window / 16 { #expect(abs(exact[index] - sound[index]) < 1e-4) }
        let guarded = inverted(fourier, spectrum, leastSum: 0.1)
        for index in window..<sound.count - window { #expect(abs(guarded[index] - sound[index]) < 1e-5) }
        for index in sound.indices { #expect(abs(guarded[index]) <= abs(sound[index]) + 1e-5) }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func bothWaysAreLibrosas() throws {
        let fourier = try ShortTimeFourier(window: 1344, step: 336, length: 2048)
        let sound = Sounds.noise(seconds: 0.4, sampleRate: 21_000)
        let spectrum = transformed(fourier, sound)
        // A spectrum of no sound at all.
        var changed = spectrum
        for index in changed.indices { changed[index] *= index % 3 == 0 ? 2 : 0.5 }
        let script = """
            import sys
            import numpy as np
            import librosa
            from scipy.signal import get_window
            y = np.fromfile(sys.argv[1], np.float32).astype(np.float64)
            changed = np.fromfile(sys.argv[2], np.complex64).reshape(-1, 1025).T.astype(np.complex128)
            window = np.concatenate([get_window("hann", 1344), np.zeros(704)])
            frames = changed.shape[1]
            words = dict(n_fft=2048, hop_length=336, win_length=2048, window=window, center=False)
            S = librosa.stft(np.concatenate([y, np.zeros(2048)]), **words)[:, :frames]
            back = librosa.istft(changed, **words)[: (frames - 1) * 336 + 1344]
            S.T.astype(np.complex64).tofile(sys.argv[3])
            back.astype(np.float32).tofile(sys.argv[4])
            """
        try withTemporaryFolder { folder in
            let names = (0..<4).map { "\(folder)/\($0)" }
            try sound.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: names[0]))
            try changed.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: names[1]))
            _ = try Oracle.run(script, names)
            let theirs = try Data(contentsOf: URL(fileURLWithPath: names[2])).withUnsafeBytes {
                Array($0.bindMemory(to: SIMD2<Float>.self))
            }
            #expect(theirs.count == spectrum.count && spectrum.count == 22 * 1025)
            for (own, other) in zip(spectrum, theirs) {
                #expect(abs(own.x - other.x) < 1e-4 && abs(own.y - other.y) < 1e-4)
            }
            let back = try Data(contentsOf: URL(fileURLWithPath: names[3])).withUnsafeBytes {
                Array($0.bindMemory(to: Float.self))
            }
            let own = inverted(fourier, changed, leastSum: 0)
            #expect(back.count == own.count)
            // Where next to nothing is divided by next to nothing, single precision is none.
            for index in 40..<own.count - 40 { #expect(abs(own[index] - back[index]) < 1e-4) }
        }
    }

    @Test(arguments: [(1, 1, 2), (100, 60, 128), (100, 25, 64), (100, 0, 128)])
    func sizesThatMakeNoTransformAreRefused(_ window: Int, _ step: Int, _ length: Int) {
        #expect(throws: AudioError.self) { try ShortTimeFourier(window: window, step: step, length: length) }
    }
}
