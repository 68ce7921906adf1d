import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// A range of a film is what the whole film has there, and costs what the range costs.
@Suite struct RangeTests {
    private static let rate = 48_000
    private static let fps = 25.0

    private struct Reading {
        var flashes: [Double]
        var clicks: [Double]
        var summary: DecodeSummary
        var start: Double
        var frames: Int
    }

    private func read(_ path: String, _ range: TimeRange?) throws -> Reading {
        let file = try MediaFile(path: path, range: range)
        let request = DecodeRequest(
            fps: Self.fps, shortSide: nil, audio: [AudioFormat(sampleRate: Self.rate, channels: 1)])
        let recorder = Recorder(request)
        let summary = try file.decode(request, to: recorder)
        let start = file.info.commonStartSeconds
        return Reading(
            flashes: recorder.flashes.map { start + Double($0) / Self.fps },
            clicks: recorder.clicks(format: 0).map { start + $0 }, summary: summary, start: start,
            frames: recorder.brightness.count)
    }

    /// Every flash and click of the whole film that lies well within the range, at the same time.
    private func expectSame(_ path: String, _ from: Double, _ to: Double, _ name: Comment) throws {
        let whole = try read(path, nil)
        let info = try MediaFile(path: path).info
        let part = try read(path, TimeRange(startSeconds: from, endSeconds: to))
        let end = whole.start + Double(whole.frames) / Self.fps
        let (first, last) = (info.filmStartSeconds + from, min(end, info.filmStartSeconds + to))
        #expect(abs(part.start - max(first, info.commonStartSeconds)) < 1e-9, name)
        let wanted = Int(((last - part.start) * Self.fps + 1e-6).rounded(.down))
        #expect(abs(part.frames - wanted) <= 1, "\(name): \(part.frames) frames, not \(wanted)")
        func inside(_ times: [Double]) -> [Double] { times.filter { $0 > part.start + 0.1 && $0 < last - 0.2 } }
        func expect(_ wanted: [Double], _ seen: [Double], within tolerance: Double) {
            #expect(wanted.count >= 2, name)
            for time in wanted {
                #expect(seen.contains { abs($0 - time) <= tolerance }, "\(name): \(time) is not in \(seen)")
            }
            // Nothing else is there.
            let first = (wanted.first ?? 0) - tolerance, last = (wanted.last ?? 0) + tolerance
            #expect(seen.count { $0 >= first && $0 <= last } == wanted.count, "\(name): \(wanted), \(seen)")
        }
        expect(inside(whole.clicks), part.clicks, within: 0.001)
        expect(inside(whole.flashes), part.flashes, within: 1 / Self.fps + 0.0011)
    }

    private static let cases: [ClockCase] = {
        typealias Starts = ClockCase.Starts
        func item(
            _ container: ClockCase.Container, _ video: ClockCase.VideoCodec, _ audio: ClockCase.AudioCodec,
            _ starts: Starts = Starts(picture: 0, sound: 0), rate: Rational? = Rational(30)
        ) -> ClockCase {
            ClockCase(rate: rate, container: container, video: video, audio: audio, starts: starts)
        }
        return [
            item(.mp4, .h264B, .aac), item(.mp4, .hevc, .mp3), item(.mov, .mpeg4B, .pcm),
            item(.mkv, .h264B, .mp3), item(.mkv, .vp9, .vorbis), item(.webm, .vp8, .opus), item(.mkv, .mpeg2, .ac3),
            item(.fragmentedMP4, .h264B, .aac), item(.mkvWithoutDurations, .h264B, .opus),
            item(.ts, .h264B, .aac), item(.ps, .mpeg2, .mp2), item(.avi, .mpeg4B, .pcm), item(.avi, .xvidPacked, .pcm),
            item(.vfw, .mpeg4B, .pcm), item(.flv, .h264B, .aac), item(.ogg, .theora, .vorbis), item(.asf, .wmv2, .wma),
            item(.mp4, .h264B, .aac, Starts(picture: 0, sound: 1.3)),
            item(.mkv, .h264B, .aac, Starts(picture: 0.7, sound: 0)),
            item(.ts, .h264B, .mp2, Starts(picture: 0, sound: 0.5)), item(.mp4, .h264B, .opus, rate: nil),
        ]
    }()

    @Test(arguments: cases.indices) func aRangeShowsWhatTheFilmShowsThen(number: Int) throws {
        let item = Self.cases[number]
        try withTemporaryFolder { folder in
            let clip = ClockClip(item, seconds: 9, seed: UInt64(number))
            let path = "\(folder)/film.\(item.container.pathExtension)"
            try clip.write(to: path)
            let name = Comment(rawValue: item.testDescription)
            try expectSame(path, 3.217, 6.9, name)
            try expectSame(path, 0, 4, name)
            try expectSame(path, 5, 60, name)
        }
    }

    /// Ranges that share no picture lose none and have none twice.
    @Test func neighbouringRangesTileTheFilm() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/film.mp4"
            try PlantedClock(rate: Rational(25), seconds: 8).write(to: path, rate: Rational(25))
            let whole = try read(path, nil).frames
            let parts = try [(0.0, 2.0), (2, 4.4), (4.4, 8)].map { from, to in
                try read(path, TimeRange(startSeconds: from, endSeconds: to)).frames
            }
            #expect(parts.reduce(0, +) == whole && parts[0] == 50 && parts[1] == 60)
        }
    }

    /// What is decoded and read of a range does not grow with the film.
    @Test(arguments: ["mp4", "mkv"]) func aRangeCostsNoMoreInALongFilm(container: String) throws {
        try withTemporaryFolder { folder in
            func cost(_ seconds: Double) throws -> (packets: Int, pictures: Int, bytes: Int) {
                let path = "\(folder)/\(Int(seconds)).\(container)"
                try PlantedClock(rate: Rational(25), seconds: seconds).write(to: path, rate: Rational(25))
                let file = try MediaFile(
                    path: path, range: TimeRange(startSeconds: seconds / 2, endSeconds: seconds / 2 + 3))
                let request = DecodeRequest(
                    fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 16_000, channels: 1)])
                let summary = try file.decode(request, to: Recorder(request))
                _ = try file.spreadFrames(count: 4)
                #expect(summary.frameCount == 75)
                let packets = summary.videoStream.packets + (summary.audioStream?.packets ?? 0)
                return (packets, summary.decodedPictures, file.packetsRead)
            }
            let (short, long) = (try cost(12), try cost(120))
            #expect(long.packets <= short.packets + 60 && long.pictures <= short.pictures + 30, "\(short) \(long)")
            #expect(long.bytes <= short.bytes + 150, "\(short) \(long)")
        }
    }

    @Test func aRangeBeyondTheEndIsSaidSo() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/film.mp4"
            try PlantedClock(rate: Rational(25), seconds: 3).write(to: path, rate: Rational(25))
            let info = try MediaFile(path: path, range: TimeRange(startSeconds: 3.5, endSeconds: 9)).info
            #expect(info.lack?.code == MediaInfo.beyondEnd)
            #expect(try read(path, TimeRange(startSeconds: 2, endSeconds: 9)).frames == 25)
        }
    }
}
