import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// What the catalog records of a video's streams is what is in the file.
@Suite struct StreamMeasureTests {
    private final class Nobody: DecodeConsumer {
        func consume(frame picture: PixelBuffer, index: Int) {}
        func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
    }

    private func decode(_ path: String) throws -> (MediaInfo, DecodeSummary) {
        let file = try MediaFile(path: path)
        let audio = file.info.audio == nil ? [] : [AudioFormat(sampleRate: 16_000, channels: 1)]
        return (file.info, try file.decode(DecodeRequest(fps: 25, shortSide: nil, audio: audio), to: Nobody()))
    }

    @Test(arguments: ["mp4", "mkv", "ts"]) func ratesKeyFramesAndLengthsAreMeasured(container: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            // The pictures go on for a second after the sound has ended.
            let writer = try MediaWriter(
                path: path,
                video: VideoEncoding(
                    width: 64, height: 64, frameRate: Rational(30_000, 1001), preset: "ultrafast", keyFrameInterval: 15),
                audio: AudioEncoding(sampleRate: 48_000, channels: 1))
            let picture = PixelBuffer(width: 64, height: 64, channels: 3)
            var random = SeededRandom(seed: 4)
            for index in 0..<90 {
                for pixel in picture.pixels.indices { picture.pixels[pixel] = UInt8(random.below(200)) }
                try writer.write(frame: picture, at: Double(index) * 1001 / 30_000)
            }
            try writer.write(samples: [Float](repeating: 0.1, count: 96_000), at: 0)
            try writer.finish()
            let (info, summary) = try decode(path)
            #expect(info.streams.video == 1 && info.streams.audio == 1)
            #expect(abs((summary.frameRate ?? 0) - 30_000 / 1001) < 0.05)
            let intervals = try #require(summary.pictureIntervals)
            #expect(abs(intervals.median - 0.0333) < 0.001 && intervals.irregularShare == 0)
            #expect(intervals.maximum < 0.035 && intervals.minimum > 0.032)
            let keys = try #require(summary.videoStream.keyFrameIntervals)
            #expect(abs(keys.median - 0.5005) < 0.002 && keys.maximum < 0.503 && keys.count == 5)
            #expect(summary.videoStream.packets == 90)
            #expect(abs(summary.videoStream.seconds - 3.003) < 0.04)
            #expect(abs((summary.audioStream?.seconds ?? 0) - 2) < 0.06)
            let size = try #require(
                try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
            let bytes = summary.videoStream.bytes + (summary.audioStream?.bytes ?? 0)
            #expect(bytes < size && Double(bytes) > 0.8 * Double(size))
            #expect(
                abs(summary.videoStream.bitRate * summary.videoStream.seconds / 8 - Double(summary.videoStream.bytes))
                    < 1)
            #expect(summary.repairedTimestamps == 0 && summary.discontinuities == 0)
            // It crosses a process boundary as JSON.
            let copy = try JSONDecoder().decode(DecodeSummary.self, from: try JSONEncoder().encode(summary))
            #expect(copy == summary)
            #expect(try JSONDecoder().decode(MediaInfo.self, from: try JSONEncoder().encode(info)) == info)
        }
    }

    @Test func aVariableRateShows() throws {
        try withTemporaryFolder { folder in
            let clip = ClockClip(
                ClockCase(
                    rate: nil, container: .mkv, video: .h264, audio: .pcm,
                    starts: ClockCase.Starts(picture: 0, sound: 0.25)), seed: 3)
            let path = "\(folder)/clip.mkv"
            try clip.write(to: path)
            let (info, summary) = try decode(path)
            #expect(abs((info.startSkewSeconds ?? 0) - 0.25) < 0.001)
            let intervals = try #require(summary.pictureIntervals)
            #expect(intervals.irregularShare > 0.4 && intervals.minimum < 0.016 && intervals.maximum > 0.29)
        }
    }

    /// Of several sounds the default one; its language and marks are recorded, and covers and subtitles are counted.
    @Test(.enabled(if: Products.hasFFmpeg, "needs the ffmpeg program"))
    func theDefaultSoundIsChosenWithItsLanguage() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            try FFmpegProgram.run(
                "-f lavfi -i color=s=32x32:r=25:d=0.6 -f lavfi -i anullsrc=cl=stereo:r=48000:d=0.6"
                    + " -f lavfi -i anullsrc=cl=mono:r=44100:d=0.6 -map 0 -map 1 -map 2 -c:v mpeg4 -c:a flac"
                    + " -metadata:s:a:0 language=deu -metadata:s:a:1 language=fra -disposition:a:0 0"
                    + " -disposition:a:1 default+original -t 0.5 {}", file: path)
            let (info, _) = try decode(path)
            #expect(info.streams.audio == 2 && info.streams.video == 1)
            let audio = try #require(info.audio)
            #expect(audio.language == "fra" && audio.index == 2 && audio.sampleRate == 44_100)
            #expect(audio.dispositions.contains("default") && audio.layout == "mono")
        }
    }
}
