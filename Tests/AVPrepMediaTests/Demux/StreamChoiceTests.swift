import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// Which streams are the film, and what is said of the others.
@Suite(.enabled(if: Gate.runs(Products.hasFFmpeg), "needs the ffmpeg program")) struct StreamChoiceTests {
    private static let film = "-f lavfi -i testsrc2=s=160x120:r=25:d=4"
    private static let tone = "-f lavfi -i sine=f=440:d=4"
    private static let codecs = "-c:v libx264 -preset ultrafast -c:a aac"

    private func info(_ name: String, _ words: String) throws -> MediaInfo {
        try withTemporaryFolder { folder in
            let path = "\(folder)/\(name)"
            try FFmpegProgram.run(words + " {}", file: path)
            return try MediaFile(path: path).info
        }
    }

    private func reasons(_ info: MediaInfo) -> [Int: LeftOutStream.Reason] {
        Dictionary(uniqueKeysWithValues: (info.leftOut ?? []).map { ($0.index, $0.reason) })
    }

    /// Larger, first and marked as default: still no film.
    @Test(arguments: ["mp4", "mkv", "mov", "ts"]) func aStillIsNeverTheFilm(container: String) throws {
        let info = try info(
            "clip.\(container)",
            "-f lavfi -i color=red:s=640x480:r=1:d=1 \(Self.film) \(Self.tone) -map 0 -map 1 -map 2 \(Self.codecs) "
                + "-disposition:v:0 default -disposition:v:1 0")
        #expect(info.video?.index == 1)
        #expect(info.audio?.index == 2)
        #expect(reasons(info) == [0: .onePicture])
    }

    /// A picture every second beside 25: a preview track, whatever its size and flags.
    @Test(arguments: ["mp4", "mkv"]) func aTrackWithFewPicturesIsNotTheFilm(container: String) throws {
        let info = try info(
            "clip.\(container)",
            "-f lavfi -i testsrc=s=320x240:r=1:d=4 \(Self.film) \(Self.tone) -map 0 -map 1 -map 2 \(Self.codecs) "
                + "-disposition:v:0 default -disposition:v:1 0")
        #expect(info.video?.index == 1)
        #expect(reasons(info) == [0: .fewPictures])
    }

    /// Two films: the default decides, as in players; a tiny default beside a large one is a preview.
    @Test(arguments: [("160x120", 1), ("64x48", 0)]) func theDefaultIsTheFilmUnlessItIsTiny(
        size: String, expected: Int
    ) throws {
        let info = try info(
            "clip.mkv",
            "-f lavfi -i testsrc2=s=320x240:r=25:d=4 -f lavfi -i testsrc=s=\(size):r=25:d=4 \(Self.tone) -map 0 -map 1 "
                + "-map 2 \(Self.codecs) -disposition:v:0 0 -disposition:v:1 default")
        #expect(info.video?.index == expected)
        #expect(reasons(info) == [1 - expected: .notPreferred])
    }

    /// The larger picture has no sound in its programme; sound of another programme is not its own.
    @Test func pictureAndSoundAreOfOneProgramme() throws {
        let words =
            "\(Self.film) -f lavfi -i testsrc2=s=320x240:r=25:d=4 \(Self.tone) -map 0 -map 1 -map 2 \(Self.codecs) "
            + "-program title=A:st=0:st=2 -program title=B:st=1"
        let both = try info("clip.ts", words)
        #expect(both.video?.index == 0)
        // The transport stream lists each programme's streams together.
        #expect(both.audio?.index == 1)
        #expect(reasons(both) == [2: .otherProgramme])
        let apart = try info(
            "clip.ts",
            "\(Self.film) \(Self.tone) -map 0 -map 1 \(Self.codecs) -program title=A:st=0 -program title=B:st=1")
        #expect(apart.video?.index == 0)
        #expect(apart.audio == nil)
        #expect(reasons(apart) == [1: .otherProgramme])
        #expect(apart.lack?.code == "no-audio")
    }

    /// What cannot be decoded loses: a codec that nobody knows, and one whose packets are not its own.
    @Test(arguments: ["xyzw", "hvc1"]) func aTrackThatDoesNotDecodeLeavesTheFilmToTheOther(entry: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            try FFmpegProgram.run(
                "-f lavfi -i testsrc2=s=320x240:r=25:d=4 \(Self.film) \(Self.tone) -map 0 -map 1 -map 2 -c:v:0 libx264 "
                    + "-c:v:1 mpeg4 -preset ultrafast -c:a aac {}", file: path)
            try MovieFile.rename("avc1", to: entry, in: path)
            let info = try MediaFile(path: path).info
            #expect(info.video?.index == 1)
            #expect(reasons(info) == [0: .undecodable])
        }
    }

    @Test func anImageAndSoundAloneAreSaidAsSuch() throws {
        let picture = try info("film.png", "-f lavfi -i testsrc=s=64x48 -frames:v 1")
        #expect(picture.lack?.code == "still-image")
        #expect(picture.lack?.text.contains("png") == true)
        let sound = try info("film.mp4", "\(Self.tone) -c:a aac")
        #expect(sound.lack?.code == "no-video")
        #expect(sound.lack?.text.contains("sound (aac) alone") == true, "\(sound.lack?.text ?? "")")
    }

    @Test(.enabled(if: SharedData.isAvailable, "the shared data are not beside the repository"))
    func thePlantedStillIsNotTheFilm() throws {
        let path = try #require(
            SharedData.files(in: "cases").first { $0.hasSuffix("/one-picture-track-larger-than-film.mp4") })
        let info = try MediaFile(path: path).info
        #expect(info.video?.width == 160)
        #expect(reasons(info) == [0: .onePicture])
    }
}
