import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// Pictures of real files, good and odd, beside the ffmpeg program's own conversion of them.
@Suite(
    .enabled(if: SharedData.isAvailable, "the shared data is absent"),
    .enabled(if: Products.hasFFmpeg, "needs the ffmpeg program"))
struct RealPictureTests {
    /// Files that show something: each reads its colours, shape or turn in another way.
    static let names = [
        "exoplayer-dolbyVision-hdr.MOV", "exoplayer-hdr10-video-with-sdr-container.mp4",
        "exoplayer-sample_with_color_info.mp4", "exoplayer-sample_with_colr_mdcv_and_clli.mp4",
        "exoplayer-roadtrip-vp92-10bit.webm", "exoplayer-portrait_4k60.mp4", "exoplayer-h265_with_metadata_track.mp4",
        "exoplayer-video_1.mp4", "exoplayer-bear-vp9-odd-dimensions.webm", "exoplayer-sample_android_slow_motion.mp4",
        "exoplayer-sample_h265_rps_pred.ts", "mp4ff-cbcsdec.mp4",
        "exoplayer-bbb_2500ms.ts", "exoplayer-sample_h263.ts", "exoplayer-sample_av1.mp4", "go-mp4-sample.mp4",
        "exoplayer-video_desks.3gp", "mp4ff-bbb_prog_10s.mp4", "learning-area-frog.mp4",

    ]

    @Test(arguments: names) func picturesAreThoseTheProgramMakes(name: String) throws {
        let path = try #require(
            (SharedData.files(in: "odd-media") + SharedData.files(in: "real-av")).first { $0.hasSuffix("/" + name) })
        try RealPicture.compare(path)
    }

    /// A profile 5 stream is decoded to green and purple by whoever ignores its metadata.
    @Test func dolbyVisionWithoutACompatibleLayerIsRefused() throws {
        try withTemporaryFolder { folder in
            let source = try #require(SharedData.files(in: "odd-media").first { $0.hasSuffix("dolbyVision-hdr.MOV") })
            var bytes = try Data(contentsOf: URL(fileURLWithPath: source))
            let box = try #require(bytes.range(of: Data("dvvC".utf8)))
            // Profile in the upper seven bits of the third byte, compatibility in the upper four of the fifth.
            let start = box.upperBound
            bytes[start + 2] = bytes[start + 2] & 1 | 5 << 1
            bytes[start + 4] &= 0x0F
            let path = "\(folder)/five.mov"
            try bytes.write(to: URL(fileURLWithPath: path))
            let file = try MediaFile(path: path)
            let error = #expect(throws: MediaError.self) { _ = try PictureKeeper.first(1, of: file) }
            #expect(error?.code == .unsupported && error?.description.contains("Dolby Vision") == true)
        }
    }
}

enum RealPicture {
    /// Compares a picture from the middle of the file with what the program makes of the same moment.
    static func compare(_ path: String) throws {
        let file = try MediaFile(path: path)
        let video = try #require(file.info.video)
        let colour = try #require(video.colour)
        try withTemporaryFolder { folder in
            for frame in try file.spreadFrames(count: 1) {
                let theirs = try program(path, video, colour, frame, in: folder)
                let ratio = peakSignalToNoise(Array(frame.picture.pixels), theirs)
                #expect(ratio >= least(colour), "\(path) at \(frame.seconds) s: \(ratio) dB")
            }
        }
    }

    /// swscale's own pictures are equal to the last bit; of those in linear light, zimg rounds in other places, and bends
    /// each component by HLG's system gamma where BT.2100 means the luminance.
    private static func least(_ colour: VideoColour) -> Double {
        switch colour.dynamicRange {
        case .standard: colour.used.primaries == "bt2020" ? 48 : 90
        case .pq: 55
        case .hlg: 40
        }
    }

    private static func program(
        _ path: String, _ video: VideoStreamInfo, _ colour: VideoColour, _ frame: SpreadFrame, in folder: String
    ) throws -> [UInt8] {
        let isTransposed = video.rotationDegrees % 180 != 0
        let (width, height) = (frame.picture.width, frame.picture.height)
        let size = isTransposed ? "\(height):\(width)" : "\(width):\(height)"
        let matrix =
            ["smpte170m": "bt601", "bt470bg": "bt601", "bt2020nc": "bt2020"][colour.used.matrix]
            ?? colour.used.matrix
        let place =
            ["center": "128:in_v_chr_pos=128", "topleft": "0:in_v_chr_pos=0"][colour.used.chromaLocation]
            ?? "0:in_v_chr_pos=128"
        var chain =
            "scale=\(size):flags=area+accurate_rnd+full_chroma_int+bitexact:in_color_matrix=\(matrix)"
            + ":in_range=\(colour.used.range):in_h_chr_pos=\(place)"
        if colour.dynamicRange != .standard || colour.used.primaries == "bt2020" {
            let peak = (colour.peakNits ?? 203) / 203
            chain +=
                ",format=gbrp16le,setparams=color_primaries=bt2020:color_trc=\(colour.used.transfer)"
                + ":colorspace=gbr,zscale=matrixin=gbr:rangein=full:primariesin=2020:matrix=gbr:primaries=2020"
                + ":transferin=\(colour.used.transfer == "bt709" ? "709" : colour.used.transfer):transfer=linear:npl=203,"
                + "format=gbrpf32le,zscale=primaries=bt709,\(peak > 1 ? "tonemap=mobius:param=0.3:desat=0:peak=\(peak)," : "")"
                + "zscale=transfer=bt709:range=full,format=gbrp"
        } else {
            chain += ",format=rgb24"
        }
        let turn = ["", ",transpose=clock", ",hflip,vflip", ",transpose=cclock"][video.rotationDegrees / 90]
        chain = "select=gte(t\\,\(frame.seconds - 0.0005)),\(chain)\(turn),format=rgb24"
        let output = "\(folder)/picture.rgb"
        let result = try Command.run(
            try #require(FFmpegProgram.path),
            [
                "-v", "error", "-nostdin", "-y", "-noautorotate", "-copyts", "-i", path, "-map", "0:\(video.index)",
                "-vf",
                chain, "-frames:v", "1", "-vsync", "0", "-f", "rawvideo", output,
            ])
        try #require(result.status == 0, "\(result.standardError)")
        return Array(try Data(contentsOf: URL(fileURLWithPath: output)))
    }
}
