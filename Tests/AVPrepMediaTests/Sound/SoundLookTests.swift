import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// Sound is found where it is: in another channel rule, or in another track.
@Suite(.enabled(if: Gate.runs(Products.hasFFmpeg), "needs the ffmpeg program")) struct SoundLookTests {
    private static let film = "-f lavfi -i testsrc2=s=64x48:r=10:d="
    private static let codecs = "-c:v libx264 -preset ultrafast"
    private static let tone = "0.3*sin(2*PI*440*t)"

    /// The level of the mono sound in each second, in dB, and what is said of the file.
    private func hear(_ words: String, seconds: Int = 6, container: String = "mp4") throws -> (MediaInfo, [Double]) {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            try FFmpegProgram.run("\(Self.film)\(seconds) \(words) \(Self.codecs) {}", file: path)
            let request = DecodeRequest(fps: 10, shortSide: nil, audio: [AudioFormat(sampleRate: 16_000, channels: 1)])
            let recorder = Recorder(request)
            let file = try MediaFile(path: path)
            _ = try file.decode(request, to: recorder)
            let levels = stride(from: 0, to: recorder.samples[0].count - 15_999, by: 16_000).map { first in
                let power = recorder.samples[0][first..<first + 16_000].reduce(0.0) { $0 + Double($1 * $1) } / 16_000
                return 10 * log10(max(power, 1e-12))
            }
            return (file.info, levels)
        }
    }

    private func source(_ channels: String..., layout: String? = nil, seconds: Int = 6) -> String {
        let form = layout.map { ":c=\($0)" } ?? ""
        return "-f lavfi -i aevalsrc='\(channels.joined(separator: "|"))'\(form):d=\(seconds)"
            .replacing("'", with: "")
    }

    @Test(arguments: ["aac", "flac"]) func aReversedRightChannelIsReversedAgain(codec: String) throws {
        let (info, levels) = try hear("\(source(Self.tone, "-" + Self.tone)) -c:a \(codec)", container: "mkv")
        #expect(info.audio?.mixing?.rule == .rightInverted)
        // 0.3 / sqrt 2
        #expect(levels.allSatisfy { abs($0 + 13.5) < 1 }, "\(levels)")
    }

    @Test func whereOnlyAPartIsReversedOneChannelIsUsed() throws {
        let turning = "(1-2*floor(t/3))*\(Self.tone)"
        let (info, levels) = try hear("\(source(Self.tone, turning)) -c:a aac")
        #expect(info.audio?.mixing?.rule == .oneChannel)
        #expect(levels.allSatisfy { $0 > -20 }, "\(levels)")
    }

    /// What an ordinary file has keeps the ordinary downmix, to the last bit.
    @Test(arguments: [
        [tone, tone], [tone, "0"], ["0", tone], [tone, "0.3*sin(2*PI*660*t)"], [tone, "0.1*" + tone],
    ]) func ordinaryStereoIsMixedAsEver(channels: [String]) throws {
        let (info, levels) = try hear("\(source(channels[0], channels[1])) -c:a aac")
        #expect(info.audio?.mixing == nil)
        #expect(levels.allSatisfy { $0 > -25 }, "\(levels)")
    }

    /// The downmix leaves out the low frequency channel, and a rear channel alone is hardly heard in it.
    @Test(arguments: [(3, true), (4, true), (2, false), (0, false)]) func oneChannelOfSurroundIsHeard(
        sounding: Int, isAlone: Bool
    ) throws {
        let channels = (0..<6).map { $0 == sounding ? "0.3*sin(2*PI*60*t)" : "0" }
        let (info, levels) = try hear(
            "-f lavfi -i aevalsrc=\(channels.joined(separator: "|")):c=5.1:d=6 -c:a flac", container: "mkv")
        #expect(info.audio?.mixing?.channel == (isAlone ? sounding : nil))
        #expect(levels.allSatisfy { $0 > -30 }, "\(levels)")
    }

    @Test(arguments: ["mp4", "mkv", "mov"]) func aSilentTrackLeavesTheFilmToOneThatSounds(container: String) throws {
        let (info, levels) = try hear(
            "-f lavfi -i aevalsrc=0:d=6 -f lavfi -i sine=d=6 -map 0 -map 1 -map 2 -c:a aac", container: container)
        #expect(info.audio?.index == 2)
        #expect(info.leftOut?.map(\.reason) == [.silent])
        #expect(levels.allSatisfy { $0 > -30 }, "\(levels)")
    }

    /// Silent for its first minutes, or sounding for a moment that no look meets: it is the film's sound all the same.
    @Test(arguments: ["gt(t,17)", "between(t,8.3,8.6)"]) func aTrackThatSoundsLaterStays(when: String) throws {
        let late = "if(\(when),sin(2*PI*440*t),0)".replacing(",", with: "\\,")
        let (info, _) = try hear(
            "-f lavfi -i aevalsrc=\(late):d=20 -f lavfi -i sine=d=20 -map 0 -map 1 -map 2 -c:a aac", seconds: 20)
        #expect(info.audio?.index == 1)
        #expect(info.leftOut?.map(\.reason) == [.notPreferred])
    }

    /// A commentary is not the film's sound: the reason says where sound is.
    @Test func aCommentaryDoesNotReplaceSilence() throws {
        let (info, levels) = try hear(
            "-f lavfi -i aevalsrc=0:d=6 -f lavfi -i sine=d=6 -map 0 -map 1 -map 2 -c:a aac -disposition:a:0 0 "
                + "-disposition:a:1 default+comment", container: "mkv")
        #expect(info.audio?.index == 1)
        #expect(info.audio?.isSilent == true)
        #expect(levels.allSatisfy { $0 < -90 }, "\(levels)")
        #expect(info.soundElsewhere?.contains("stream 2 (aac, a commentary or description)") == true)
    }

    @Test(.enabled(if: SharedData.isAvailable, "the shared data are not beside the repository"))
    func thePlantedCasesSound() throws {
        func info(_ name: String) throws -> MediaInfo {
            let path = try #require(SharedData.files(in: "cases").first { $0.hasSuffix("/" + name) })
            return try MediaFile(path: path).info
        }
        #expect(try info("right-is-minus-left.mp4").audio?.mixing?.rule == .rightInverted)
        #expect(try info("first-sound-track-silent.mp4").audio?.index == 2)
        for path in SharedData.files(in: "real-av") {
            #expect(try MediaFile(path: path).info.audio?.mixing == nil, "\(path)")
        }
    }
}
