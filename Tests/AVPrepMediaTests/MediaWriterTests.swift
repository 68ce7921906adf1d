import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

@Suite struct MediaWriterTests {
    /// PyAV's view of a file: start of each stream, picture times, first sample time.
    struct Seen: Decodable {
        var videoStart: Double?
        var audioStart: Double?
        var pictureTimes: [Double]
        var audioFirst: Double?
        var audioSamples: Int
        var rotation: Int
        var aspect: [Int]
        var colours: [Int]
    }

    static func seen(_ path: String) throws -> Seen {
        try Oracle.json(
            Seen.self,
            """
            import av, json, sys
            f = av.open(sys.argv[1])
            v = f.streams.video[0] if f.streams.video else None
            a = f.streams.audio[0] if f.streams.audio else None
            s = lambda x: None if x is None or x.start_time is None else float(x.start_time * x.time_base)
            out = dict(videoStart=s(v), audioStart=s(a), pictureTimes=[], audioFirst=None, audioSamples=0,
                       rotation=0, aspect=[1, 1], colours=[])
            for frame in (f.decode(v) if v else []):
                out['pictureTimes'].append(float(frame.pts * frame.time_base))
                out['rotation'] = frame.rotation
                if len(out['pictureTimes']) == 1:
                    out['colours'] = [int(x) for x in frame.to_ndarray(format='rgb24')[4, 4]]
            if v and v.sample_aspect_ratio:
                out['aspect'] = [v.sample_aspect_ratio.numerator, v.sample_aspect_ratio.denominator]
            f.close()
            f = av.open(sys.argv[1])
            for frame in (f.decode(audio=0) if a else []):
                if out['audioFirst'] is None: out['audioFirst'] = float(frame.pts * frame.time_base)
                out['audioSamples'] += frame.samples
            print(json.dumps(out))
            """, [path])
    }

    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: ["mp4", "mkv", "mov", "ts"], [(0.0, 0.0), (0.0, 0.3), (0.2, 0.0)])
    func picturesAndSoundSitWhereTheyWerePut(container: String, starts: (video: Double, audio: Double)) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            let rate = Rational(30_000, 1001)
            let clock = PlantedClock(rate: rate, videoStart: starts.video, audioStart: starts.audio, seconds: 2)
            try clock.write(to: path, rate: rate)
            let seen = try Self.seen(path)
            #expect(seen.pictureTimes.count == clock.pictureTimes.count)
            // A transport stream begins wherever its clock stands; only the two streams' relation counts.
            let shift = container == "ts" ? (seen.pictureTimes.first ?? 0) - clock.pictureTimes[0] : 0
            let tick = container == "mkv" ? 0.0006 : 0.0001
            let worst = zip(seen.pictureTimes, clock.pictureTimes).map { abs($0 - shift - $1) }.max() ?? 1
            #expect(worst < tick)
            // AAC's first 1024 samples are the encoder's run-in, silence before the start. Only mp4 and mov can say so,
            // and only of sound that starts at 0: elsewhere the run-in is part of the file.
            let saysRunIn = ["mp4", "mov"].contains(container) && starts.audio == 0
            let runIn = saysRunIn ? 0 : 1024.0 / 48_000
            #expect(abs((seen.audioFirst ?? -1) - shift + runIn - clock.audioStart) < tick)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func otherCodecsAndContainersAreReadByOthers() throws {
        try withTemporaryFolder { folder in
            for (name, video, audio) in [
                ("a.webm", "libvpx-vp9", "libopus"), ("b.avi", "mpeg4", "pcm_s16le"), ("c.mkv", "libx264", "pcm_s16le"),
                ("d.mov", "libx264", "pcm_s16le"),
            ] {
                let clock = PlantedClock(rate: Rational(25), seconds: 1)
                try clock.write(
                    to: "\(folder)/\(name)", rate: Rational(25), videoCodec: video, audioCodec: audio, bFrames: 0)
                let seen = try Self.seen("\(folder)/\(name)")
                #expect(seen.pictureTimes.count == 25, "\(name)")
                #expect(abs(seen.audioSamples - 48_000) <= 1024, "\(name)")
            }
        }
    }

    @Test func theSameInputGivesTheSameBytes() throws {
        try withTemporaryFolder { folder in
            for container in ["mp4", "mkv", "ts", "mov"] {
                let digests = try (0..<2).map { turn in
                    let path = "\(folder)/\(turn).\(container)"
                    try PlantedClock(rate: Rational(25), seconds: 1).write(to: path, rate: Rational(25))
                    return try SHA256.digest(ofFile: path)
                }
                #expect(digests[0] == digests[1], "\(container)")
            }
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func rotationShapeOfPixelsAndColoursAreTagged() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            let writer = try MediaWriter(
                path: path,
                video: VideoEncoding(
                    width: 64, height: 48, frameRate: Rational(25), quality: 5, rotationDegrees: 90,
                    sampleAspectRatio: Rational(4, 3)), audio: nil)
            let picture = PixelBuffer(width: 64, height: 48, channels: 3)
            for pixel in 0..<64 * 48 {
                picture.pixels[3 * pixel] = 200
                picture.pixels[3 * pixel + 1] = 90
                picture.pixels[3 * pixel + 2] = 40
            }
            for index in 0..<10 { try writer.write(frame: picture, at: Double(index) / 25) }
            try writer.finish()
            let seen = try Self.seen(path)
            // PyAV counts against the clock.
            #expect(seen.rotation == -90)
            #expect(seen.aspect == [4, 3])
            for (found, written) in zip(seen.colours, [200, 90, 40]) { #expect(abs(found - written) <= 4) }
        }
    }

    @Test func picturesOutOfOrderAndUnknownEncodersAreRefused() throws {
        try withTemporaryFolder { folder in
            let video = VideoEncoding(width: 32, height: 32, frameRate: Rational(25))
            let writer = try MediaWriter(path: "\(folder)/a.mp4", video: video, audio: nil)
            let picture = PixelBuffer(width: 32, height: 32, channels: 3)
            try writer.write(frame: picture, at: 1)
            #expect(throws: MediaError.self) { try writer.write(frame: picture, at: 0.5) }
            var unknown = video
            unknown.codec = "no-such-codec"
            #expect(throws: MediaError.self) { try MediaWriter(path: "\(folder)/b.mp4", video: unknown, audio: nil) }
            #expect(throws: MediaError.self) {
                try MediaWriter(path: "\(folder)/missing/c.mp4", video: video, audio: nil)
            }
        }
    }
}
