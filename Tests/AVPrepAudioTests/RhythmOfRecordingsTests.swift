import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

/// Recordings of the ESC-10 data set, five seconds each.
@Suite(.enabled(if: SharedData.isAvailable && Oracle.isAvailable, "no shared data, or no venv"))
struct RhythmOfRecordingsTests {
    private struct Recording: Decodable {
        let name: String
        let samples: [Float]
    }

    private func findings(in folder: String, count: Int) throws -> [(
        name: String, finding: AudioQualityDetector.Finding
    )] {
        let files = SharedData.files(in: "esc10/\(folder)").filter { $0.hasSuffix(".ogg") }.prefix(count)
        let recordings = try Oracle.json(
            [Recording].self,
            """
            import av, json, sys, numpy
            def load(path):
                with av.open(path) as f:
                    resampler = av.AudioResampler("fltp", "mono", 16000)
                    parts = [r.to_ndarray()[0] for frame in f.decode(audio=0) for r in resampler.resample(frame)]
                return [round(float(x), 6) for x in numpy.concatenate(parts)]
            print(json.dumps([{"name": p.split("/")[-1], "samples": load(p)} for p in sys.argv[1:]]))
            """, Array(files))
        let flaws = try AudioQualityDetector(settings: AudioQualitySettings(), sampleRate: 16_000, channels: 1)
        return recordings.map { recording in
            (recording.name, recording.samples.withUnsafeBufferPointer { flaws.find(in: $0) })
        }
    }

    @Test func ticksOfClocksArePeriodic() throws {
        let clocks = try findings(in: "005 - Clock tick", count: 12)
        #expect(clocks.count { $0.finding.flags.contains(.periodicSound) } >= 8, "\(clocks.map(\.finding.measures))")
        // Clocks tick once to six times a second.
        for clock in clocks where clock.finding.flags.contains(.periodicSound) {
            let period = try #require(clock.finding.measures[.period])
            #expect(period > 0.1 && period < 2.1, "\(clock.name) \(period)")
        }
    }

    @Test func rainSneezesAndWavesAreNot() throws {
        for folder in ["002 - Rain", "003 - Sea waves", "006 - Person sneeze"] {
            let found = try findings(in: folder, count: 8)
            #expect(found.count { $0.finding.flags.contains(.periodicSound) } <= 1, "\(folder)")
            #expect(found.allSatisfy { !$0.finding.flags.contains(.constantTone) }, "\(folder)")
        }
    }
}
