import AVPrepCore
import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// The planted clock: flash and click happen together, and come out together.
@Suite struct DecodeTimingTests {
    static let rates = [
        Rational(24_000, 1001), Rational(24), Rational(25), Rational(30_000, 1001), Rational(30), Rational(50),
        Rational(60_000, 1001), Rational(60),
    ]

    @Test(arguments: rates, ["mp4", "mkv", "ts"])
    func flashAndClickStayTogetherAtEveryFrameRate(rate: Rational, container: String) throws {
        try expectAlignment(PlantedClock(rate: rate, seconds: 3), rate: rate, container: container, fps: 25)
    }

    @Test(arguments: rates) func flashAndClickStayTogetherAtThirtyFrames(rate: Rational) throws {
        try expectAlignment(PlantedClock(rate: rate, seconds: 3, seed: 2), rate: rate, container: "mp4", fps: 30)
    }

    @Test(arguments: ["mp4", "mkv", "ts"], [(0.0, 0.2), (0.35, 0.0), (0.1, 0.55)])
    func startTimesOfTheStreamsAreHonoured(container: String, starts: (video: Double, audio: Double)) throws {
        let rate = Rational(30_000, 1001)
        try expectAlignment(
            PlantedClock(rate: rate, videoStart: starts.video, audioStart: starts.audio, seconds: 3), rate: rate,
            container: container, fps: 25)
    }

    @Test(arguments: ["mp4", "mkv", "ts"]) func variableRateAndGapsAreHonoured(container: String) throws {
        var random = SeededRandom(seed: 7)
        var times: [Double] = []
        var time = 0.0
        while time < 4 {
            // A phone in changing light, with a gap of 0.4 s now and then.
            times.append(time)
            time += random.unit() < 0.03 ? 0.4 : random.uniform(0.012...0.055)
        }
        try expectAlignment(
            PlantedClock(pictureTimes: times, audioSeconds: 4), rate: Rational(30), container: container, fps: 25)
    }

    @Test func bFramesAndOtherCodecsChangeNothing() throws {
        for (container, video, audio, bFrames) in [
            ("mp4", "libx264", "aac", 0), ("mp4", "libx264", "aac", 4), ("mkv", "libx264", "pcm_s16le", 2),
            ("webm", "libvpx", "libopus", 0), ("avi", "mpeg4", "pcm_s16le", 0), ("mov", "libx264", "pcm_s16le", 2),
        ] {
            try expectAlignment(
                PlantedClock(rate: Rational(30), seconds: 2), rate: Rational(30), container: container, fps: 25,
                videoCodec: video, audioCodec: audio, bFrames: bFrames)
        }
    }

    private func expectAlignment(
        _ clock: PlantedClock, rate: Rational, container: String, fps: Double, videoCodec: String = "libx264",
        audioCodec: String = "aac", bFrames: Int = 2
    ) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            try clock.write(to: path, rate: rate, videoCodec: videoCodec, audioCodec: audioCodec, bFrames: bFrames)
            let file = try MediaFile(path: path)
            let formats = [AudioFormat(sampleRate: 48_000, channels: 2), AudioFormat(sampleRate: 16_000, channels: 1)]
            let request = DecodeRequest(fps: fps, shortSide: nil, audio: formats)
            let recorder = Recorder(request)
            let summary = try file.decode(request, to: recorder)
            // A transport stream's clock begins anywhere: what was written at 0 is seen at `shift`.
            let video = try #require(file.info.video)
            let audio = try #require(file.info.audio)
            let shift = video.startSeconds - clock.pictureTimes[0]
            let audible = audio.startSeconds - shift
            #expect(audible <= clock.audioStart + 0.001 && audible >= clock.audioStart - 0.023)
            let start = file.info.commonStartSeconds - shift
            let moments = clock.moments.map { $0 - start }

            #expect(recorder.flashes.count == moments.count)
            for (flash, moment) in zip(recorder.flashes, moments) {
                // The flash sets in somewhere in the frame interval before the first frame that shows it.
                #expect(abs((Double(flash) - 0.5) / fps - moment) <= 0.5 / fps + 0.0011, "flash at \(moment)")
            }
            for format in formats.indices {
                let clicks = recorder.clicks(format: format)
                #expect(clicks.count == moments.count)
                // WebM rounds the start of the sound to a millisecond twice: with and without Opus's run-in.
                let tolerance = container == "webm" ? 0.0011 : 0.001
                for (click, moment) in zip(clicks, moments) {
                    #expect(abs(click - moment) <= tolerance, "click at \(moment)")
                }
                let count = recorder.samples[format].count / formats[format].channels
                let expected = Double(summary.frameCount) / fps * Double(formats[format].sampleRate)
                #expect(count == Int((expected - 1e-6).rounded(.up)))
            }
            // Common range: pictures last to the end of the last one, sound to its last sample.
            let pictureEnd = try #require(clock.pictureTimes.last) + 1 / rate.value
            let soundEnd = clock.audioStart + clock.audioSeconds
            let expected = Int(((min(pictureEnd, soundEnd) - start) * fps).rounded(.down))
            #expect(abs(summary.frameCount - expected) <= 1)
            #expect(summary.frameCount == recorder.brightness.count)
            #expect(summary.decodeErrors == 0)
            #expect(summary.decodedPictures <= clock.pictureTimes.count)
        }
    }
}
