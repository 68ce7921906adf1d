import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// What is lost of a file is measured, and every second of it is accounted for.
@Suite struct DamageTests {
    private static let rate = Rational(25)
    private static let seconds = 8.0

    private func clip(_ path: String, audioCodec: String = "aac") throws -> [UInt8] {
        let clock = PlantedClock(rate: Self.rate, seconds: Self.seconds)
        try clock.write(to: path, rate: Self.rate, audioCodec: audioCodec)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func pass(_ path: String) throws -> (MediaInfo, DecodeSummary, Recorder) {
        let request = DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 16_000, channels: 1)])
        let file = try MediaFile(path: path)
        let recorder = Recorder(request)
        return (file.info, try file.decode(request, to: recorder), recorder)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Frames and the seconds in none of them.
    private func total(_ summary: DecodeSummary) -> Double {
        (summary.unusedSeconds ?? [:]).values.reduce(Double(summary.frameCount) / 25, +)
    }

    @Test(arguments: ["mp4", "mkv", "mov", "ts", "avi"]) func aWholeFileHasLostNothing(container: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            _ = try clip(path, audioCodec: container == "avi" ? "pcm_s16le" : "aac")
            let (info, summary, _) = try pass(path)
            #expect(summary.lostShare == nil)
            #expect(summary.unusedSeconds?[.damaged] == nil, "\(summary.unusedSeconds ?? [:])")
            #expect(info.further == nil)
            #expect(abs(total(summary) - Self.seconds) < 0.1, "\(total(summary))")
        }
    }

    @Test(arguments: ["mp4", "mkv", "mov"]) func aSecondHalfOfZerosIsLost(container: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            var bytes = try clip(path)
            // The index of a movie comes last.
            let index = Array("moov".utf8)
            let end = bytes.indices.last { bytes[$0...].starts(with: index) }.map { $0 - 4 } ?? bytes.count
            bytes.replaceSubrange(end / 2..<end, with: repeatElement(0, count: end - end / 2))
            try write(bytes, path)
            let (_, summary, _) = try pass(path)
            let lost = try #require(summary.lostShare)
            #expect(abs(lost - 0.5) < 0.12, "\(lost)")
            #expect((60...140).contains(summary.frameCount), "\(summary.frameCount)")
            #expect(try #require(summary.unusedSeconds?[.damaged]) > 2)
            #expect(abs(total(summary) - Self.seconds) < 0.3, "\(summary.unusedSeconds ?? [:])")
        }
    }

    /// A hole in the middle: what follows is used too, and no silence is made up for it.
    @Test(.enabled(if: Gate.runs(Products.hasFFmpeg), "needs the ffmpeg program"), arguments: ["mp4", "mkv"])
    func aHoleIsLostAndTheRestIsUsed(container: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            try FFmpegProgram.run(
                "-f lavfi -i testsrc2=s=160x120:r=25:d=8 -f lavfi -i sine=d=8 -c:v libx264 -preset ultrafast -g 25 -c:a aac {}",
                file: path)
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            let hole = bytes.count * 2 / 5..<bytes.count * 3 / 5
            bytes.replaceSubrange(hole, with: repeatElement(0, count: hole.count))
            try write(bytes, path)
            let (_, summary, _) = try pass(path)
            let lost = try #require(summary.lostShare)
            #expect((0.1...0.35).contains(lost), "\(lost)")
            #expect(summary.discontinuities >= 1)
            #expect(summary.frameCount > 100)
            #expect(abs(total(summary) - Self.seconds) < 0.5, "\(summary.unusedSeconds ?? [:])")
        }
    }

    @Test(
        .enabled(if: Gate.runs(Products.hasFFmpeg), "needs the ffmpeg program"),
        arguments: ["mp4", "mkv", "avi", "flv"])
    func whatIsCutOffIsLost(container: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            try FFmpegProgram.run(
                "-f lavfi -i testsrc2=s=64x48:r=25:d=8 -f lavfi -i sine=d=8 -c:v libx264 -preset ultrafast -bf 0 -g 25 "
                    + "-c:a \(container == "avi" ? "mp3" : "aac") \(container == "mp4" ? "-movflags +faststart" : "") {}",
                file: path)
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            try write(Array(bytes.prefix(bytes.count * 3 / 5)), path)
            let (_, summary, _) = try pass(path)
            let lost = try #require(summary.lostShare)
            #expect(abs(lost - 0.4) < 0.12, "\(lost)")
            #expect(abs(total(summary) - 8) < 0.5, "\(summary.unusedSeconds ?? [:])")
        }
    }

    /// Zeros are silence and black where nothing is compressed.
    @Test func silenceInRawSoundIsNoDamage() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mov"
            let writer = try MediaWriter(
                path: path, video: VideoEncoding(width: 32, height: 32, frameRate: Self.rate, preset: "ultrafast"),
                audio: AudioEncoding(codec: "pcm_s16le", sampleRate: 48_000, channels: 2))
            let picture = PixelBuffer(width: 32, height: 32, channels: 3)
            for index in 0..<100 { try writer.write(frame: picture, at: Double(index) / 25) }
            try writer.write(samples: [Float](repeating: 0, count: 2 * 192_000), at: 0)
            try writer.finish()
            #expect(try pass(path).1.lostShare == nil)
        }
    }

    /// Of two movies in one file the second is named, with its length, and nothing of it is decoded as the first one's.
    @Test(arguments: ["mp4", "avi"]) func aFilmBehindTheFirstIsNamed(container: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            let bytes = try clip(path, audioCodec: container == "avi" ? "pcm_s16le" : "aac")
            try write(bytes + bytes, path)
            let (info, summary, _) = try pass(path)
            let further = try #require(info.further)
            #expect(further.map(\.offset) == [bytes.count])
            #expect(further.map(\.bytes) == [bytes.count])
            #expect(abs((further[0].seconds ?? 0) - Self.seconds) < 0.1)
            #expect(summary.lostShare == nil)
            #expect(abs(Double(summary.frameCount) / 25 - Self.seconds) < 0.1)
            #expect(abs(total(summary) - 2 * Self.seconds) < 0.2)
        }
    }

    /// Segments one after the other are legal in Matroska, and packets in transport streams: both are read on.
    @Test(arguments: ["mkv", "ts"]) func whatMayBeConcatenatedIsReadOn(container: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            let bytes = try clip(path)
            try write(bytes + bytes, path)
            let (info, summary, _) = try pass(path)
            #expect(info.further == nil)
            #expect(summary.discontinuities == 1)
            #expect(abs(total(summary) - 2 * Self.seconds) < 0.3, "\(summary.unusedSeconds ?? [:])")
        }
    }

    /// Bytes behind the last box are neither damage nor a film.
    @Test func junkAtTheEndIsNoFilm() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            let bytes = try clip(path)
            try write(bytes + Array("TAG".utf8) + [UInt8](repeating: 32, count: 125), path)
            let (info, summary, _) = try pass(path)
            #expect(info.further == nil)
            #expect(summary.lostShare == nil)
        }
    }

    @Test func soundAndPictureAloneAreCounted() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            let times = (0..<50).map { Double($0) / 25 }
            try PlantedClock(pictureTimes: times, audioStart: 0.5, audioSeconds: 4).write(to: path, rate: Self.rate)
            let (_, summary, _) = try pass(path)
            let unused = try #require(summary.unusedSeconds)
            #expect(abs((unused[.pictureAlone] ?? 0) - 0.5) < 0.05, "\(unused)")
            #expect(abs((unused[.soundAlone] ?? 0) - 2.5) < 0.1, "\(unused)")
            #expect(abs(total(summary) - 4.5) < 0.1)
        }
    }

    @Test(.enabled(if: SharedData.isAvailable, "the shared data are not beside the repository"))
    func plantedDamageIsMeasuredAndRealClipsAreWhole() throws {
        func summary(_ name: String) throws -> (MediaInfo, DecodeSummary, Recorder) {
            try pass(try #require(SharedData.files(in: "cases").first { $0.hasSuffix("/" + name) }))
        }
        for name in ["second-half-zeros.mp4", "second-half-zeros.mkv"] {
            let lost = try #require(try summary(name).1.lostShare)
            #expect((0.35...0.65).contains(lost), "\(name): \(lost)")
        }
        #expect(try summary("two-mp4-glued.mp4").0.further?.count == 1)
        let alone = try summary("vfr-last-picture-8s-before-end.mp4").1.unusedSeconds?[.soundAlone] ?? 0
        #expect(abs(alone - 8.5) < 0.2, "\(alone)")
        for path in SharedData.files(in: "real-av") {
            let (_, summary, _) = try pass(path)
            #expect((summary.lostShare ?? 0) < 0.01, "\(path): \(summary.lostShare ?? 0)")
        }
    }
}
