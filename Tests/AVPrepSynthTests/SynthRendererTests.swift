import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepSynth

/// What PyAV sees and hears in a file.
private struct Decoded: Decodable {
    /// Presentation time and mean level of every picture.
    var pictures: [[Double]]
    /// Presentation time of the first sample.
    var soundStart: Double
    /// Times at which the level of a millisecond jumps to more than a given one after a quiet stretch of 50 ms.
    var onsets: [Double]
    /// Loudest sample between two times.
    var loudest: Double
    /// Decoders of the streams.
    var codecs: [String]

    static func file(_ path: String, onset: Double = 0.05, loudestIn range: ClosedRange<Double> = 0...0) throws
        -> Decoded
    {
        try Oracle.json(
            Decoded.self,
            """
            import av, json, sys, numpy as np
            path, onset, start, end = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
            box = av.open(path)
            pictures = [[f.time, float(f.to_ndarray(format="gray").mean())] for f in box.decode(video=0)]
            box = av.open(path)
            rate, first, parts = box.streams.audio[0].rate, None, []
            for f in box.decode(audio=0):
                first = f.time if first is None else first
                parts.append(f.to_ndarray()[0])
            x = np.abs(np.concatenate(parts))
            loud = np.flatnonzero(x > onset)
            quiet = int(0.05 * rate)
            onsets = [first + n / rate for n, before in zip(loud, np.concatenate([[-quiet], loud]))
                      if n - before >= quiet]
            piece = x[max(0, int((start - first) * rate)):max(1, int((end - first) * rate))]
            print(json.dumps({"pictures": pictures, "soundStart": first, "onsets": onsets,
                              "loudest": float(piece.max()) if len(piece) else 0.0,
                              "codecs": [s.codec_context.name for s in box.streams]}))
            """, [path, String(onset), String(range.lowerBound), String(range.upperBound)])
    }
}

@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
struct SynthRendererTests {
    private static func settings() -> SynthSettings {
        var settings = SynthSettings()
        settings.seconds = 3
        settings.width = 80
        settings.height = 60
        settings.difficulty = 0
        return settings
    }

    private static func decoded(
        _ cues: [SynthCue], number: Int = 0, loudestIn range: ClosedRange<Double> = 0...0
    ) throws -> (plan: SynthPlan, file: Decoded) {
        let plan = SynthVideo.plan(settings(), number: number, cues: cues)
        return try withTemporaryFolder { folder in
            try SynthRenderer.render(plan, to: folder + "/v.mp4")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["v.mp4"])
            return (plan, try Decoded.file(folder + "/v.mp4", loudestIn: range))
        }
    }

    @Test func fileIsH264AndAACWithPicturesAtTheirTimes() throws {
        let (plan, file) = try Self.decoded([])
        #expect(file.codecs.sorted() == ["aac", "h264"])
        #expect(file.pictures.count == 75)
        #expect(zip(file.pictures, plan.frameSeconds).allSatisfy { abs($0[0] - $1) < 1e-4 })
        #expect(abs(file.soundStart) < 1e-4)
    }

    /// Picture and sound come out of the file at the moments of the truth: the sound within 2 ms of AAC's smear.
    @Test func decodedSoundBeginsAtTheEvents() throws {
        let (plan, file) = try Self.decoded([], number: 2)
        for event in plan.events {
            #expect(
                file.onsets.contains { abs($0 - event.soundSeconds) < 0.002 }, "\(event.kind) \(event.soundSeconds)")
        }
    }

    @Test(arguments: [0.3, -0.3]) func skewedStreamsBeginAtTheirTimesAndStayInSync(seconds: Double) throws {
        let (plan, file) = try Self.decoded([.skew(.init(mode: .streamStart, seconds: seconds))], number: 2)
        // A reader may hand out the AAC encoder's run-in of 1024 samples, which lies before the start.
        #expect(file.soundStart < max(0, seconds) + 0.001 && file.soundStart > max(0, seconds) - 0.025)
        #expect(abs(file.pictures[0][0] - max(0, -seconds)) < 0.001)
        #expect(plan.events.contains { $0.audible })
        for event in plan.events where event.audible {
            #expect(event.soundSeconds == event.seconds)
            #expect(file.onsets.contains { abs($0 - event.soundSeconds) < 0.002 })
        }
    }

    @Test func skewedContentComesLater() throws {
        let (plan, file) = try Self.decoded([.skew(.init(mode: .content, seconds: 0.4))], number: 2)
        #expect(abs(file.soundStart) < 1e-4)
        for event in plan.events where event.audible {
            #expect(file.onsets.contains { abs($0 - event.seconds - 0.4) < 0.002 })
        }
    }

    @Test func silenceStaysSilentBehindTheEncoder() throws {
        let silence = SynthCue.Stretch(startSeconds: 1.5, endSeconds: 2.75)
        let (_, file) = try Self.decoded([.silence(silence)], loudestIn: 1.55...2.7)
        #expect(file.loudest < 1e-4)
    }

    @Test func variableRateComesOutAsPlanned() throws {
        var random = SeededRandom(seed: 8)
        let cue = CuePlanner(settings: Self.settings()).draw(.variableRate, &random)
        let (plan, file) = try Self.decoded([cue])
        #expect(file.pictures.count == plan.frameSeconds.count)
        #expect(zip(file.pictures, plan.frameSeconds).allSatisfy { abs($0[0] - $1) < 1e-4 })
    }

    @Test func sameSeedGivesTheSameBytesAndAnotherSeedOthers() throws {
        try withTemporaryFolder { folder in
            var settings = Self.settings()
            settings.seconds = 2
            for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] {
                settings.seed = UInt64(seed)
                try SynthRenderer.render(SynthVideo.plan(settings, number: 0), to: "\(folder)/\(name).mp4")
            }
            let bytes = ["a", "b", "c"].map { FileManager.default.contents(atPath: "\(folder)/\($0).mp4") }
            #expect(bytes[0] == bytes[1])
            #expect(bytes[0] != bytes[2])
        }
    }

    @Test func cancelledWorkLeavesNothing() throws {
        try withTemporaryFolder { folder in
            let plan = SynthVideo.plan(Self.settings(), number: 0)
            var asked = 0
            #expect(throws: CancellationError.self) {
                try SynthRenderer.render(plan, to: folder + "/v.mp4") {
                    asked += 1
                    return asked > 20
                }
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }
}
