import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// Matrices, ranges, depths and sampling: the same colours the ffmpeg program makes of them, and those that were put in.
@Suite(.enabled(if: Products.hasFFmpeg, "needs the ffmpeg program")) struct PictureColourTests {
    /// How a clip is coded, and what that means.
    struct Case: Sendable, CustomTestStringConvertible {
        var format: String
        var matrix = "smpte170m"
        var isFullRange = false
        /// What is written down: nil keeps the file silent about matrix and range.
        var isTagged = true
        var codec = "ffv1"
        var size = "160x120"
        /// Least PSNR against what was put in, which chroma sampling blurs.
        var leastToSource = 45.0
        var sampling = "4:2:0"
        var bits = 8

        var testDescription: String { "\(format) \(matrix) \(isFullRange ? "pc" : "tv") \(codec) \(size) \(isTagged)" }
        var scaleName: String { ["smpte170m": "bt601", "bt470bg": "bt601", "bt2020nc": "bt2020"][matrix] ?? matrix }
        var isRGB: Bool { format.contains("gbr") || format.contains("rgb") || format.contains("pal") }
    }

    static let cases: [Case] = [
        Case(format: "yuv420p"), Case(format: "yuv420p", codec: "libx264"),
        Case(format: "yuv420p", isFullRange: true, codec: "libx264"),
        Case(format: "yuv420p", matrix: "bt709"), Case(format: "yuv420p", matrix: "bt709", codec: "libx264"),
        Case(format: "yuv420p", matrix: "bt2020nc"), Case(format: "yuv420p", matrix: "smpte240m"),
        Case(format: "yuv420p", matrix: "fcc"),
        Case(format: "yuv420p", isTagged: false, codec: "libx264"),
        Case(format: "yuv420p", matrix: "bt709", isTagged: false, codec: "libx264", size: "64x720"),
        Case(format: "yuv420p", matrix: "bt709", isTagged: false, codec: "libx264", size: "1280x64"),
        Case(format: "yuv420p", isTagged: false, codec: "libx264", size: "64x576"),
        Case(format: "yuv420p", size: "159x119"),
        Case(format: "yuv422p", size: "161x117", leastToSource: 40, sampling: "4:2:2"),
        Case(format: "yuv422p", sampling: "4:2:2"), Case(format: "yuv440p", sampling: "4:4:0"),
        Case(format: "yuv444p", sampling: "4:4:4"),
        Case(format: "yuv444p", matrix: "bt709", isFullRange: true, sampling: "4:4:4"),
        Case(format: "yuv411p", sampling: "4:1:1"),
        Case(format: "yuv410p", sampling: "4:1:0"),
        Case(format: "yuvj420p", matrix: "bt470bg", isFullRange: true, codec: "mjpeg"),
        Case(format: "yuv420p10le", matrix: "bt709", bits: 10),
        Case(format: "yuv420p10le", matrix: "bt709", codec: "libx265", bits: 10),
        Case(format: "yuv420p10le", matrix: "bt2020nc", isFullRange: true, bits: 10),
        Case(format: "yuv422p10le", codec: "prores_ks", sampling: "4:2:2", bits: 10),
        Case(format: "yuv444p10le", sampling: "4:4:4", bits: 10),
        Case(format: "yuv420p12le", matrix: "bt709", bits: 12),
        Case(format: "yuv444p12le", matrix: "bt709", sampling: "4:4:4", bits: 12),
        Case(format: "yuv444p16le", sampling: "4:4:4", bits: 16),
        Case(format: "gray", leastToSource: 0, sampling: "grey"),
        Case(format: "gray", isFullRange: true, leastToSource: 0, sampling: "grey"),
        Case(format: "gray10le", leastToSource: 0, sampling: "grey", bits: 10),
        Case(format: "gray", isFullRange: true, isTagged: false, leastToSource: 0, sampling: "grey"),
        // FFmpeg's decoder hands out H.264 without chroma with neutral chroma.
        Case(format: "gray", isTagged: false, codec: "libx264", leastToSource: 0),
        Case(format: "gbrp", leastToSource: 98, sampling: "rgb"),
        Case(format: "gbrp10le", sampling: "rgb", bits: 10),
        Case(format: "rgb24", codec: "png", leastToSource: 98, sampling: "rgb"),
        Case(format: "rgb48be", codec: "png", sampling: "rgb", bits: 16),
        Case(format: "pal8", codec: "png", leastToSource: 15, sampling: "palette"),
        Case(format: "yuv420p", codec: "mpeg2video"), Case(format: "yuv420p", codec: "libvpx-vp9"),
    ]

    /// Colours that change smoothly over picture and time.
    private static let source = "gradients=c0=0xE03020:c1=0x20D040:c2=0x3030E0:c3=0xE0E0D0:n=4:speed=0.01:seed=5"

    private static func write(_ test: Case, to path: String) throws {
        let conversion =
            test.isRGB ? "" : ":out_color_matrix=\(test.scaleName):out_range=\(test.isFullRange ? "pc" : "tv")"
        let lossless =
            switch test.codec {
            case "libx264": "-qp 0 -preset ultrafast"
            case "libx265": "-x265-params lossless=1:log-level=none -preset ultrafast"
            case "libvpx-vp9": "-lossless 1 -cpu-used 8 -deadline realtime"
            case "mpeg2video", "mjpeg": "-q:v 1 -qmin 1 -g 1"
            default: ""
            }
        let tags = test.isTagged && !test.isRGB ? "-colorspace \(test.matrix) -color_primaries bt709" : ""
        let range = test.isTagged && !test.isRGB ? "-color_range \(test.isFullRange ? "pc" : "tv")" : ""
        let place = test.codec == "mjpeg" || test.isRGB ? "" : ":out_h_chr_pos=0:out_v_chr_pos=128"
        // The tag is taken off the pictures first, since encoders write it.
        let untagged = test.isTagged ? "" : ",setparams=range=unknown:colorspace=unknown"
        try FFmpegProgram.run(
            "-f lavfi -i \(source):s=\(test.size):r=25:d=0.12 -vf format=gbrp,scale=\(FFmpegProgram.exact)\(conversion)"
                + "\(place),format=\(test.format)\(untagged) -c:v \(test.codec) \(lossless) \(tags) \(range) "
                + "-pix_fmt \(test.format) -strict -1 {}", file: path)
    }

    @Test(arguments: cases) func coloursAreThoseTheProgramSeesAndThoseThatWerePutIn(test: Case) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(test.codec == "prores_ks" || test.codec == "mpeg2video" ? "mov" : "mkv")"
            try Self.write(test, to: path)
            let file = try MediaFile(path: path)
            let ours = try PictureKeeper.first(2, of: file)
            let colour = try #require(file.info.video?.colour)
            #expect(colour.sampling == test.sampling && colour.bitsPerComponent == test.bits)
            if !test.isRGB {
                #expect(colour.used.matrix == test.matrix && colour.used.range == (test.isFullRange ? "pc" : "tv"))
            }
            let size = "\(ours.width):\(ours.height)"
            let isCentred = test.codec == "mjpeg"
            // swscale itself, told what the case says and not what the file says.
            let reading =
                test.isRGB
                ? ""
                : ":in_color_matrix=\(test.scaleName):in_range=\(test.isFullRange ? "pc" : "tv")"
                    + (["4:2:0", "4:2:2", "4:1:1", "4:1:0"].contains(test.sampling)
                        ? ":in_h_chr_pos=\(isCentred ? 128 : 0)" : "")
                    + (["4:2:0", "4:4:0", "4:1:0"].contains(test.sampling) ? ":in_v_chr_pos=128" : "")
            let same = try FFmpegProgram.picture(
                path, filter: "scale=\(size):\(FFmpegProgram.exact)\(reading)", index: 1)
            let toProgram = peakSignalToNoise(ours.pictures[1], same)
            // What was put in.
            let source = try FFmpegProgram.picture(
                try Self.writeSource(test, in: folder), filter: "scale=\(size):\(FFmpegProgram.exact)", index: 1)
            let toSource = peakSignalToNoise(ours.pictures[1], source)
            #expect(toProgram >= 60, "\(toProgram) dB")
            #expect(toSource >= test.leastToSource, "\(toSource) dB")
        }
    }

    private static func writeSource(_ test: Case, in folder: String) throws -> String {
        let path = "\(folder)/source.mkv"
        try FFmpegProgram.run(
            "-f lavfi -i \(source):s=\(test.size):r=25:d=0.12 -vf format=gbrp -c:v ffv1 {}", file: path)
        return path
    }

    /// zimg is another hand's conversion; sharp coloured edges show where it takes the chroma samples to lie.
    @Test(arguments: ["left", "center", "topleft", "top", "bottomleft", "bottom"])
    func chromaLiesWhereTheStreamSays(place: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            let number = ["left": 0, "center": 1, "topleft": 2, "top": 3, "bottomleft": 4, "bottom": 5][place] ?? 0
            // An 8-bit picture is coded by any place: only how it is read differs.
            try FFmpegProgram.run(
                "-f lavfi -i testsrc2=s=160x120:r=25:d=0.04 -vf scale=out_color_matrix=bt709,format=yuv420p -c:v libx264 "
                    + "-qp 0 -preset ultrafast -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv "
                    + "-x264-params chromaloc=\(number) {}", file: path)
            let file = try MediaFile(path: path)
            #expect(file.info.video?.colour?.used.chromaLocation == place)
            let ours = try PictureKeeper.first(1, of: file).pictures[0]
            func zimg(_ place: String) throws -> [UInt8] {
                try FFmpegProgram.picture(
                    path,
                    filter: "zscale=matrixin=709:rangein=limited:primariesin=709:transferin=709:matrix=gbr:range=full"
                        + ":chromalin=\(place):filter=bicubic:param_a=0:param_b=0.6,format=gbrp")
            }
            let right = peakSignalToNoise(ours, try zimg(place))
            let wrong = peakSignalToNoise(ours, try zimg(place == "topleft" ? "center" : "topleft"))
            #expect(right >= 60, "\(right) dB")
            #expect(wrong < right - 6)
        }
    }
}
