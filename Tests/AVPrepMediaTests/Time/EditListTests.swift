import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// What an edit list shows, and when, is what comes out: to the tick, also where a list begins between two pictures or in
/// the middle of a packet of sound.
@Suite struct EditListTests {
    /// A stretch `[from, from + seconds)` of a track's media, presented at `start`; nil `from` is nothing.
    struct Edit: Sendable {
        var from: Double?
        var seconds: Double
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var picture: [Edit]
        var sound: [Edit]
        var container = ClockCase.Container.mov
        var audio = ClockCase.AudioCodec.pcm
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "all of both", picture: [Edit(from: 0, seconds: 4)], sound: [Edit(from: 0, seconds: 4)]),
        Case(
            name: "picture late", picture: [Edit(seconds: 0.3), Edit(from: 0, seconds: 3)],
            sound: [Edit(from: 0, seconds: 4)]),
        Case(
            name: "sound late", picture: [Edit(from: 0, seconds: 4)],
            sound: [Edit(seconds: 0.37), Edit(from: 0, seconds: 3)]),
        Case(
            name: "cut between two pictures and within a packet", picture: [Edit(from: 0.633, seconds: 3)],
            sound: [Edit(from: 0.633, seconds: 3)]),
        Case(
            name: "cut differently, both late", picture: [Edit(seconds: 0.5), Edit(from: 0.411, seconds: 3)],
            sound: [Edit(seconds: 0.25), Edit(from: 0.123, seconds: 3)]),
        Case(
            name: "a piece left out of both",
            picture: [Edit(from: 0.217, seconds: 1.4), Edit(from: 2.05, seconds: 1.5)],
            sound: [Edit(from: 0.217, seconds: 1.4), Edit(from: 2.05, seconds: 1.5)]),
        Case(
            name: "two pieces left out, a pause of the picture",
            picture: [Edit(from: 0.3, seconds: 0.9), Edit(seconds: 0.2), Edit(from: 1.5, seconds: 1.9)],
            sound: [Edit(from: 0.1, seconds: 1.3), Edit(from: 1.7, seconds: 1.6)]),
        Case(
            name: "AAC cut within a packet", picture: [Edit(from: 0.633, seconds: 3)],
            sound: [Edit(from: 0.633, seconds: 3)], container: .mp4, audio: .aac),
        Case(
            name: "fragments, cut", picture: [Edit(from: 0.633, seconds: 0)], sound: [Edit(from: 0.711, seconds: 0)],
            container: .fragmentedMP4, audio: .aac),
    ]

    @Test(arguments: cases) func whatTheListShowsComesOut(_ item: Case) throws {
        try withTemporaryFolder { folder in
            let clock = ClockCase(
                rate: Rational(25), container: item.container, video: .h264B, audio: item.audio,
                starts: ClockCase.Starts(picture: 0, sound: 0))
            let clip = ClockClip(clock, seconds: 4, seed: 11)
            let path = "\(folder)/clip.mov"
            try clip.write(to: path)
            var movie = try MovieFile(path: path)
            for (index, edits) in [item.picture, item.sound].enumerated() {
                var track = movie.track(index)
                // In fragments the muxer cannot write a list, and delays everything by its two B-frames instead.
                if item.container == .fragmentedMP4 { track.mediaStart = 2 / 25 }
                movie.setEdits(Self.entries(edits, track: track, movie: movie.timescale), ofTrack: index)
            }
            try movie.write(to: path)

            let seen = try ClockReading.own(path)
            let flashes = clip.moments.compactMap { Self.presented($0, by: item.picture, slack: 1 / 25) }
            let clicks = clip.moments.compactMap { Self.presented($0, by: item.sound, slack: 0.002) }
            #expect(clicks.count >= 3)
            let info = try MediaFile(path: path).info
            #expect(
                abs((info.video?.startSeconds ?? 9) - (item.picture[0].from == nil ? item.picture[0].seconds : 0))
                    < 2e-3)
            #expect(
                abs((info.audio?.startSeconds ?? 9) - (item.sound[0].from == nil ? item.sound[0].seconds : 0)) < 1e-3)
            // What lies before the common start, or near an end, need not be there.
            let (from, to) = (info.commonStartSeconds + 0.01, (clicks.last ?? 0) - 0.1)
            for click in clicks where click > from && click < to {
                let error = seen.clicks.map { abs($0 - click) }.min() ?? 9
                #expect(error <= 0.001, "click at \(click): \(seen.clicks)")
            }
            for flash in flashes where flash > from && flash < to {
                let error = seen.flashes.map { abs($0 - 0.5 / ClockReading.fps - flash) }.min() ?? 9
                #expect(error <= 0.5 / ClockReading.fps + 0.001, "flash at \(flash): \(seen.flashes)")
            }
        }
    }

    /// When the media of a moment is presented; nil where it is not, or so close to a cut that its flash or click is torn.
    private static func presented(_ moment: Double, by edits: [Edit], slack: Double) -> Double? {
        var start = 0.0
        for edit in edits {
            let length = edit.seconds == 0 ? 100 : edit.seconds
            if let from = edit.from, moment > from + slack, moment < from + length - 0.1 {
                return start + moment - from
            }
            start += edit.seconds
        }
        return nil
    }

    private static func entries(_ edits: [Edit], track: (timescale: Double, mediaStart: Double), movie: Double)
        -> [MovieFile.Entry]
    {
        edits.map { edit in
            MovieFile.Entry(
                duration: UInt32((edit.seconds * movie).rounded()),
                mediaTime: edit.from.map { Int32((($0 + track.mediaStart) * track.timescale).rounded()) } ?? -1)
        }
    }
}
