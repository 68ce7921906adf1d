import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

@Suite struct FilmCopyTests {
    private static let rate = 21_000

    /// A film of two seconds with B-frames, turned, and sound.
    private func film(_ path: String, codec: String = "libx264", videoStart: Double = 0) throws {
        var video = VideoEncoding(
            codec: codec, width: 64, height: 48, frameRate: Rational(25), rotationDegrees: codec == "libx264" ? 90 : 0)
        if codec != "libx264" { video.bFrames = 0 }
        let writer = try MediaWriter(
            path: path, video: video, audio: AudioEncoding(codec: "aac", sampleRate: 44_100, channels: 2))
        let picture = PixelBuffer(width: 64, height: 48, channels: 3)
        for frame in 0..<50 {
            for index in picture.pixels.indices {
                picture.pixels[index] = UInt8(truncatingIfNeeded: index / 7 + 5 * frame)
            }
            try writer.write(frame: picture, at: videoStart + Double(frame) / 25)
        }
        try writer.write(samples: [Float](repeating: 0.1, count: 2 * 2 * 44_100))
        try writer.finish()
    }

    /// A click every half second.
    private func copy(_ source: String, to path: String, startSeconds: Double = 0) throws {
        let info = try MediaFile(path: source).info
        let video = try #require(info.video)
        let samples = (0..<2 * Self.rate).map { number -> Float in number % (Self.rate / 2) < 40 ? 0.8 : 0 }
        var place = 0
        try FilmCopy.write(
            LocalFile(path: source), stream: video.index, sampleRate: Self.rate, startSeconds: startSeconds,
            filmStart: info.filmStartSeconds, to: path,
            container: FilmCopy.container(forCodec: video.codec)
        ) { count in
            defer { place = min(samples.count, place + count) }
            return Array(samples[place..<min(samples.count, place + count)])
        }
    }

    private func packets(_ path: String) throws -> String {
        let output = path + ".md5"
        try FFmpegProgram.run("-i {} -map 0:v:0 -c copy -bsf:v null -f streamhash -hash md5 \(output)", file: path)
        return try String(contentsOfFile: output, encoding: .utf8)
    }

    @Test(.enabled(if: Oracle.isAvailable && Products.ffmpeg != nil), arguments: [0, 0.4])
    func picturesAreCopiedAndTheSoundSitsWhereItBelongs(start: Double) throws {
        try withTemporaryFolder { folder in
            let (source, result) = ("\(folder)/film.mp4", "\(folder)/copy.mp4")
            try film(source, videoStart: start)
            try copy(source, to: result, startSeconds: start)
            #expect(try packets(source) == packets(result))
            let (before, after) = (try MediaWriterTests.seen(source), try MediaWriterTests.seen(result))
            #expect(after.pictureTimes.count == 50 && after.rotation == before.rotation && before.rotation != 0)
            let shift = (after.pictureTimes.first ?? 0) - start
            for (own, other) in zip(after.pictureTimes, before.pictureTimes) {
                #expect(abs(own - other - shift) < 1e-3)
            }
            let info = try MediaFile(path: result).info
            #expect(info.audio?.codec == "aac" && info.audio?.sampleRate == 22_050 && info.audio?.channels == 1)
            // Silence from the film's start on: to within a block of AAC's priming.
            #expect(abs(try #require(info.startSkewSeconds) + start) < 0.05)
            // The clicks are where they were put.
            let keeper = SampleKeeper()
            _ = try MediaFile(path: result).decode(
                DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: Self.rate, channels: 1)]),
                to: keeper)
            let loud = keeper.samples.indices.filter { abs(keeper.samples[$0]) > 0.3 }
            let offset = (info.commonStartSeconds - (info.audio?.startSeconds ?? 0) - start) * Double(Self.rate)
            for place in loud {
                let phase = (place + Int(offset.rounded()) + Self.rate) % (Self.rate / 2)
                // Half a second has 10,500 samples; AAC blurs a click by a few milliseconds.
                #expect(phase < 170 || phase > Self.rate / 2 - 130, "a click at \(place)")
            }
            #expect(loud.count > 50)
        }
    }

    @Test(.enabled(if: Products.ffmpeg != nil))
    func whatMP4DoesNotTakeGoesIntoMatroskaWithPCM() throws {
        #expect(FilmCopy.container(forCodec: "h264") == "mp4" && FilmCopy.container(forCodec: "hevc") == "mp4")
        #expect(FilmCopy.container(forCodec: "vp8") == "mkv" && FilmCopy.container(forCodec: "no such codec") == "mkv")
        try withTemporaryFolder { folder in
            let (source, result) = ("\(folder)/film.mkv", "\(folder)/copy.mkv")
            try film(source, codec: "libvpx")
            try copy(source, to: result)
            #expect(try packets(source) == packets(result))
            let info = try MediaFile(path: result).info
            #expect(
                info.video?.codec == "vp8" && info.audio?.codec == "pcm_s16le" && info.audio?.sampleRate == Self.rate)
        }
    }

    /// A full disk, a folder that is not there, and no film.
    @Test func whatCannotBeWrittenIsSaid() throws {
        try withTemporaryFolder { folder in
            try film("\(folder)/film.mp4")
            for path in ["\(folder)/none/copy.mp4", "/dev/full"] {
                let error = #expect(throws: MediaError.self) { try copy("\(folder)/film.mp4", to: path) }
                #expect(error?.code == .encode && error?.description.contains(path) == true)
            }
        }
    }
}

private final class SampleKeeper: DecodeConsumer {
    var samples: [Float] = []

    func consume(frame picture: PixelBuffer, index: Int) throws {}

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        self.samples.append(contentsOf: samples)
    }
}
