import AVPrepMedia
import TestSupport
import Testing

/// Clocks at the edges of what containers can say: before zero, past where they wrap, with damaged timestamps.
@Suite struct ClockEdgeTests {
    private func expectTogether(_ clip: ClockClip, _ path: String, atLeast count: Int) throws {
        let seen = try ClockReading.own(path)
        let name = Comment(rawValue: "\(clip.item.testDescription): \(seen)")
        #expect(seen.clicks.count >= count && seen.clicks.count == seen.flashes.count, name)
        for (flash, click) in zip(seen.flashes, seen.clicks) {
            #expect(abs(flash - 0.5 / ClockReading.fps - click) <= 0.5 / ClockReading.fps + 0.0011, name)
        }
        // The same distances as planted, from the last one back: what lies before the common start is not seen.
        for (click, moment) in zip(seen.clicks.reversed(), clip.moments.reversed()) {
            #expect(abs((seen.clicks.last ?? 0) - click - ((clip.moments.last ?? 0) - moment)) < 0.001, name)
        }
    }

    /// What an mp4 file has before time 0 is cut off by an edit list; picture and sound by different amounts.
    @Test(arguments: [ClockCase.Container.mp4, .mov], [(-0.3, 0.0), (0.0, -0.41), (-0.5, -0.23)])
    func whatLiesBeforeZeroIsCutOff(container: ClockCase.Container, starts: (picture: Double, sound: Double)) throws {
        try withTemporaryFolder { folder in
            let clip = ClockClip(
                ClockCase(
                    rate: Rational(30), container: container, video: .h264B, audio: .aac,
                    starts: ClockCase.Starts(picture: starts.picture, sound: starts.sound)), seconds: 3, seed: 8)
            let path = "\(folder)/clip.\(container.rawValue)"
            try clip.write(to: path)
            let info = try MediaFile(path: path).info
            #expect(abs(info.video?.startSeconds ?? 1) < 0.001 && abs(info.audio?.startSeconds ?? 1) < 0.001)
            try expectTogether(clip, path, atLeast: 3)
        }
    }

    /// A transport stream's 33 bits end after 26.5 hours: before, within and after the clip.
    @Test(arguments: [95_430.0, 95_441.3, 95_442.0]) func transportStreamsMayWrap(start: Double) throws {
        try withTemporaryFolder { folder in
            let clip = ClockClip(
                ClockCase(
                    rate: Rational(25), container: .ts, video: .h264B, audio: .aac,
                    starts: ClockCase.Starts(picture: start, sound: start + 0.1)), seconds: 3, seed: 9)
            let path = "\(folder)/clip.ts"
            try clip.write(to: path)
            try expectTogether(clip, path, atLeast: 4)
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 16_000, channels: 1)])
            let summary = try MediaFile(path: path).decode(request, to: Recorder(request))
            #expect(summary.discontinuities == 0 && summary.repairedTimestamps == 0)
            #expect(summary.frameCount >= 70)
        }
    }
}
