import AVPrepCases
import AVPrepMedia
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
struct PlantedClockTests {
    /// Times by PyAV: of the first white picture of each flash, and of each click.
    private struct Seen: Decodable {
        var flashes: [Double]
        var clicks: [Double]
        var pictureStart: Double
        var soundStart: Double
    }

    private static func seen(_ clock: PlantedClock, name: String = "clock.mp4") throws -> (moments: [Double], Seen) {
        try withTemporaryFolder { folder in
            let path = "\(folder)/\(name)"
            let moments = try clock.write(to: path)
            let seen = try Oracle.json(
                Seen.self,
                """
                import av, json, sys, numpy as np
                box = av.open(sys.argv[1])
                pictures = [(f.time, f.to_ndarray(format="gray").mean()) for f in box.decode(video=0)]
                flashes = [t for (_, a), (t, b) in zip([(0, 0)] + pictures, pictures) if b > 150 > a]
                box = av.open(sys.argv[1])
                rate, start, parts = box.streams.audio[0].rate, None, []
                for f in box.decode(audio=0):
                    start = f.time if start is None else start
                    x = f.to_ndarray()
                    parts.append(x.reshape(-1, len(f.layout.channels))[:, 0] if x.shape[0] == 1 else x[0])
                loud = np.flatnonzero(np.abs(np.concatenate(parts)) > 0.25)
                clicks = [start + n / rate for n, before in zip(loud, np.concatenate([[-rate], loud]))
                          if n - before > 0.1 * rate]
                print(json.dumps({"flashes": flashes, "clicks": clicks, "pictureStart": pictures[0][0],
                                  "soundStart": start}))
                """, [path])
            return (moments, seen)
        }
    }

    private static func expect(_ seen: Seen, _ moments: [Double], clickDelay: Double = 0) {
        #expect(moments.count >= 4)
        #expect(seen.flashes.count == moments.count && seen.clicks.count == moments.count)
        // A tick of the container is at most 0.1 ms; AAC smears a click by less than 1 ms.
        #expect(zip(seen.flashes, moments).allSatisfy { abs($0 - $1) < 2e-4 })
        #expect(zip(seen.clicks, moments).allSatisfy { abs($0 - $1 - clickDelay) < 1e-3 })
    }

    @Test(arguments: [
        Rational(24000, 1001), Rational(24), Rational(25), Rational(30000, 1001), Rational(30), Rational(50),
        Rational(60000, 1001),
    ])
    func flashAndClickComeTogetherAtEveryRate(rate: Rational) throws {
        let clock = PlantedClock(frameRate: rate, seconds: 5)
        let (moments, seen) = try Self.seen(clock)
        Self.expect(seen, moments)
        #expect(moments.count == clock.events.count)
        // Each event has moved to the next frame, no further.
        #expect(zip(moments, clock.events).allSatisfy { $0 - $1 >= -1e-9 && $0 - $1 < 1 / rate.value })
    }

    @Test func theyComeTogetherAtAVariableRate() throws {
        var clock = PlantedClock(frameRate: Rational(25), seconds: 5, seed: 3)
        clock.makeRateVariable()
        let (moments, seen) = try Self.seen(clock)
        Self.expect(seen, moments)
    }

    @Test(arguments: [(0.4, 0.0), (0.0, 0.35), (0.2, 0.5)])
    func streamsThatStartLaterStayOnTheClock(picture: Double, sound: Double) throws {
        var clock = PlantedClock(frameRate: Rational(30000, 1001), seconds: 6)
        clock.pictureStartSeconds = picture
        clock.soundStartSeconds = sound
        clock.channels = 2
        clock.sampleRate = 44_100
        let (moments, seen) = try Self.seen(clock)
        Self.expect(seen, moments)
        #expect(abs(seen.pictureStart - picture) < 1e-3)
        // A reader may hand out the AAC encoder's run-in of 1024 samples, which lies before the start.
        #expect(seen.soundStart < sound + 1e-3 && seen.soundStart > sound - 0.025)
    }

    @Test func delayedClicksAreLateByAsMuch() throws {
        var clock = PlantedClock(frameRate: Rational(25), seconds: 5)
        clock.clickDelaySeconds = 0.12
        let (moments, seen) = try Self.seen(clock)
        Self.expect(seen, moments, clickDelay: 0.12)
    }

    @Test func eventsAreIrregularAndDeterminedByTheSeed() {
        let first = PlantedClock(frameRate: Rational(25), seconds: 20)
        #expect(first.events == PlantedClock(frameRate: Rational(50), seconds: 20).events)
        #expect(first.events != PlantedClock(frameRate: Rational(25), seconds: 20, seed: 2).events)
        let gaps = zip(first.events, first.events.dropFirst()).map { $1 - $0 }
        #expect(gaps.allSatisfy { $0 >= PlantedClock.separation })
        #expect(Set(gaps.map { Int($0 * 20) }).count > 6)
    }
}
