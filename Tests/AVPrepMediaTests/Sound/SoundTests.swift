import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// Sample n of every format sits at n / sampleRate of the pass.
@Suite struct SoundTests {
    private static let rate = Rational(25)

    /// Writes black pictures from `videoStart` on with the given sound.
    private func write(
        _ path: String, seconds: Double, videoStart: Double = 0, sampleRate: Int, channels: Int,
        codec: String = "pcm_s16le", audioStart: Double = 0, sample: (_ second: Double, _ channel: Int) -> Float
    ) throws {
        let writer = try MediaWriter(
            path: path, video: VideoEncoding(width: 32, height: 32, frameRate: Self.rate, preset: "ultrafast"),
            audio: AudioEncoding(codec: codec, sampleRate: sampleRate, channels: channels))
        let picture = PixelBuffer(width: 32, height: 32, channels: 3)
        for index in 0..<Int(seconds * 25) { try writer.write(frame: picture, at: videoStart + Double(index) / 25) }
        let samples = (0..<Int(seconds * Double(sampleRate)) * channels).map { index in
            sample(audioStart + Double(index / channels) / Double(sampleRate), index % channels)
        }
        try writer.write(samples: samples, at: audioStart)
        try writer.finish()
    }

    private func record(_ path: String, _ formats: [AudioFormat]) throws -> (Recorder, DecodeSummary, MediaInfo) {
        let request = DecodeRequest(fps: 25, shortSide: nil, audio: formats)
        let recorder = Recorder(request)
        let file = try MediaFile(path: path)
        return (recorder, try file.decode(request, to: recorder), file.info)
    }

    /// A sine is a clock for every single sample: an error of one sample at 16 kHz would show as 0.17.
    @Test(arguments: [44_100, 48_000], [0.0, 0.123]) func everySampleSitsAtItsTime(sampleRate: Int, videoStart: Double)
        throws
    {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mov"
            func sine(_ second: Double) -> Float { 0.5 * Float(sin(2 * .pi * 440 * second)) }
            try write(path, seconds: 2, videoStart: videoStart, sampleRate: sampleRate, channels: 1) { second, _ in
                sine(second)
            }
            let formats = [16_000, 22_050, 44_100, 48_000].map { AudioFormat(sampleRate: $0, channels: 1) }
            let (recorder, summary, info) = try record(path, formats)
            #expect(abs(info.commonStartSeconds - videoStart) < 1e-4)
            for (format, samples) in zip(formats, recorder.samples) {
                let rate = Double(format.sampleRate)
                #expect(samples.count == Int((Double(summary.frameCount) / 25 * rate - 1e-6).rounded(.up)))
                // At the pass's end the resampler has no future to look at, at its start no past.
                let worst = samples.indices.dropFirst(32).dropLast(32).map {
                    abs(samples[$0] - sine(info.commonStartSeconds + Double($0) / rate))
                }.max()
                // Cutting to the sample leaves half a source sample: 2 π 440 × 0.5 / 44100 × 0.5 = 0.016.
                #expect((worst ?? 1) < 0.017, "\(format)")
            }
        }
    }

    @Test func channelsAreAveragedOrDoubledAndNeverClip() throws {
        try withTemporaryFolder { folder in
            let mono = AudioFormat(sampleRate: 48_000, channels: 1)
            let stereo = AudioFormat(sampleRate: 48_000, channels: 2)
            // Sources of one, two, six (5.1) and nine channels (which have no known places).
            for (channels, level) in [(1, Float(0.5)), (2, 0.6), (6, 0.99), (9, 0.4)] {
                let path = "\(folder)/\(channels).mkv"
                try write(path, seconds: 1, sampleRate: 48_000, channels: channels) { _, _ in level }
                let (recorder, _, info) = try record(path, [mono, stereo])
                #expect(info.audio?.channels == channels)
                let middle = (recorder.samples[0][24_000], recorder.samples[1][48_000], recorder.samples[1][48_001])
                #expect(middle.1 == middle.2)
                #expect(recorder.samples.allSatisfy { $0.allSatisfy { abs($0) <= 1 } })
                // Equal channels keep their level; in 5.1 the low-frequency channel is left out of the mix by default.
                #expect(abs(middle.0 - level) < 0.001, "mono of \(channels)")
                #expect(abs(middle.1 - level) < 0.001, "stereo of \(channels)")
            }
            let path = "\(folder)/left.mkv"
            try write(path, seconds: 1, sampleRate: 48_000, channels: 2) { _, channel in channel == 0 ? 0.8 : 0 }
            let (recorder, _, _) = try record(path, [mono, stereo])
            #expect(abs(recorder.samples[0][24_000] - 0.4) < 0.001)
            #expect(abs(recorder.samples[1][48_000] - 0.8) < 0.001 && recorder.samples[1][48_001] == 0)
        }
    }

    /// Two transport streams one after the other, the second beginning 0.4 s too late or too early.
    @Test(arguments: [0.4, -0.4]) func gapsBecomeSilenceAndOverlapsAreDropped(jump: Double) throws {
        try withTemporaryFolder { folder in
            var bytes = Data()
            for (part, start) in [1, 3 + jump].enumerated() {
                let path = "\(folder)/\(part).ts"
                try write(
                    path, seconds: 2, videoStart: start, sampleRate: 48_000, channels: 1, codec: "mp2",
                    audioStart: start
                ) { second, _ in 0.5 * Float(sin(2 * .pi * 440 * second)) }
                bytes += try Data(contentsOf: URL(fileURLWithPath: path))
            }
            let path = "\(folder)/both.ts"
            try bytes.write(to: URL(fileURLWithPath: path))
            let (recorder, summary, info) = try record(path, [AudioFormat(sampleRate: 48_000, channels: 1)])
            #expect(abs(Double(summary.frameCount) / 25 - (4 + jump)) < 0.1)
            let sound = recorder.samples[0]
            func level(_ from: Double, _ to: Double) -> Float {
                sound[Int(from * 48_000)..<Int(to * 48_000)].map { abs($0) }.max() ?? 0
            }
            let run = info.commonStartSeconds - (info.video?.startSeconds ?? 0)
            #expect(level(0.2 - run, 1.9 - run) > 0.45)
            if jump > 0 {
                #expect(abs(summary.longestAudioGapSeconds - jump) < 0.05)
                #expect(summary.longestVideoGapSeconds > jump - 0.05)
                #expect(level(2.06 - run, 2.34 - run) < 0.05)
                #expect(level(2.5 - run, 4.2 - run) > 0.45)
            } else {
                #expect(summary.longestAudioGapSeconds == 0)
                #expect(level(2.1 - run, 3.4 - run) > 0.45)
            }
        }
    }

    /// PyAV's samples, concatenated, are ours at the file's own rate.
    @Test(
        .enabled(if: Oracle.isAvailable && SharedData.isAvailable, "needs make test's venv and the shared data"),
        arguments: ["mp4ff-bbb_prog_10s.mp4", "exoplayer-video_big_buck_bunny.mp4", "torchcodec-nasa_13013.mp4"])
    func samplesAreThoseAnotherReaderHears(name: String) throws {
        let path = try #require(SharedData.files(in: "real-av").first { $0.hasSuffix(name) })
        let source = try #require(try MediaFile(path: path).info.audio)
        let (recorder, _, info) = try record(path, [AudioFormat(sampleRate: source.sampleRate, channels: 2)])
        let expected = try Oracle.json(
            [Float].self,
            """
            import av, json, sys, numpy as np
            path, start, index = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
            pieces, first = [], None
            f = av.open(path)
            for frame in f.decode(f.streams[index]):
                if first is None: first, rate = float(frame.pts * frame.time_base), frame.sample_rate
                pieces.append(frame.to_ndarray())
            sound = np.concatenate(pieces, axis=1).T[round((start - first) * rate):]
            print(json.dumps([round(float(x), 6) for x in sound[5 * rate:5 * rate + 8000].reshape(-1)]))
            """, [path, "\(info.commonStartSeconds)", "\(source.index)"])
        let own = recorder.samples[0][(10 * source.sampleRate)...].prefix(expected.count)
        #expect(own.count == 16_000)
        #expect((zip(own, expected).map { abs($0 - $1) }.max() ?? 1) < 1e-3)
        #expect((own.map { abs($0) }.max() ?? 0) > 0.01)
    }
}
