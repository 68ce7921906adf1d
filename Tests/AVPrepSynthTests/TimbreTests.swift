import Foundation
import TestSupport
import Testing

@testable import AVPrepSynth

@Suite struct TimbreTests {
    private static let rate = 44_100

    private static func sound(_ kind: SynthKind) -> [Float] {
        Timbre.samples(of: kind, pitch: 1, sampleRate: rate)
    }

    @Test(arguments: SynthKind.allCases) func soundBeginsWithinAMillisecond(kind: SynthKind) {
        let sound = Self.sound(kind)
        let peak = sound.map { abs($0) }.max() ?? 0
        #expect(abs(Double(peak) - Timbre.peak) < 1e-6)
        #expect(sound[..<(Self.rate / 1000)].contains { abs($0) > 0.12 * peak })
        #expect(abs(sound[sound.count - 1]) < 1e-3)
    }

    /// Shares of energy in ten bands: any two kinds differ in a third of it at least, whatever their pitch.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func spectraOfKindsAreDistinct() throws {
        let sounds = SynthKind.allCases.flatMap { kind in
            [0.92, 1, 1.08].flatMap { Timbre.samples(of: kind, pitch: $0, sampleRate: Self.rate) }
        }
        try withTemporaryFolder { folder in
            let path = folder + "/sounds.f32"
            try sounds.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: path))
            let distances = try Oracle.json(
                [[Double]].self,
                """
                import sys, numpy as np
                sounds = np.fromfile(sys.argv[1], np.float32).reshape(-1, int(sys.argv[2]))
                edges = [0, 150, 300, 500, 800, 1200, 1800, 2600, 3800, 5500, 8000]
                frequency = np.fft.rfftfreq(sounds.shape[1], 1 / 44100)
                shares = []
                for sound in sounds:
                    power = np.abs(np.fft.rfft(sound)) ** 2
                    band = np.array([power[(frequency >= a) & (frequency < b)].sum() for a, b in zip(edges, edges[1:])])
                    shares.append(band / band.sum())
                kinds = np.array(shares).reshape(-1, 3, len(edges) - 1)
                print([[float(min(np.abs(a - b).sum() / 2 for a in one for b in other)) for other in kinds]
                       for one in kinds])
                """, [path, String(sounds.count / (3 * SynthKind.allCases.count))])
            for (one, first) in SynthKind.allCases.enumerated() {
                for (other, second) in SynthKind.allCases.enumerated() where one < other {
                    #expect(distances[one][other] > 0.35, "\(first) and \(second)")
                }
            }
        }
    }
}
