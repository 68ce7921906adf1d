import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// Interlaced pictures against the ffmpeg program's bwdif filter, and against the motion they were made from.
@Suite(.enabled(if: Products.hasFFmpeg, "needs the ffmpeg program")) struct DeinterlacerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var words: String
        var isTopFirst = true
        var size = "192x144"
        /// Fields a second.
        var rate = "50"
        /// How the program is told where chroma lies.
        var place = "in_h_chr_pos=0:in_v_chr_pos=128"
        var testDescription: String { "\(name), \(isTopFirst ? "top" : "bottom") first" }
    }

    static let cases: [Case] = [
        Case(name: "mpeg2", words: "-c:v mpeg2video -q:v 2 -flags +ildct+ilme -pix_fmt yuv420p"),
        Case(
            name: "mpeg2", words: "-c:v mpeg2video -q:v 2 -flags +ildct+ilme -pix_fmt yuv422p", isTopFirst: false,
            place: "in_h_chr_pos=0"),
        Case(name: "h264", words: "-c:v libx264 -preset ultrafast -qp 10 -flags +ildct+ilme -pix_fmt yuv420p"),
        Case(
            name: "h264, 10 bits",
            words: "-c:v libx264 -preset ultrafast -qp 10 -flags +ildct+ilme -x264-params bff=1 -pix_fmt yuv420p10le",
            isTopFirst: false),
        Case(
            name: "prores", words: "-c:v prores_ks -flags +ildct -pix_fmt yuv422p10le",
            place: "in_h_chr_pos=0"),
        Case(
            name: "dv", words: "-c:v dvvideo -pix_fmt yuv420p", isTopFirst: false, size: "720x576",
            place: "in_h_chr_pos=0:in_v_chr_pos=0"),
        Case(
            name: "dv", words: "-c:v dvvideo -pix_fmt yuv411p", isTopFirst: false, size: "720x480", rate: "60000/1001",
            place: "in_h_chr_pos=0"),
    ]

    /// Moving patterns at 50 pictures a second, woven two by two.
    private func write(_ test: Case, to path: String, seconds: Double = 0.4, source: String = "testsrc2") throws {
        try FFmpegProgram.run(
            "-f lavfi -i \(source)=s=\(test.size):r=\(test.rate):d=\(seconds) -vf scale=out_color_matrix=bt601:out_range=tv,"
                + "format=yuv444p,interlace=scan=\(test.isTopFirst ? "tff" : "bff"):lowpass=0 \(test.words) "
                + "-top \(test.isTopFirst ? 1 : 0) -colorspace smpte170m -color_range tv {}", file: path)
    }

    /// Picture `index` as the program deinterlaces and converts it.
    private func theirs(_ path: String, _ keeper: PictureKeeper, _ index: Int, _ place: String) throws -> [UInt8] {
        try FFmpegProgram.picture(
            path,
            filter: "bwdif=mode=send_frame:deint=interlaced,scale=\(keeper.width):\(keeper.height)"
                + ":\(FFmpegProgram.exact):in_color_matrix=bt601:in_range=tv:\(place)", index: index)
    }

    /// The first and the last one too, which have one neighbour only.
    @Test(arguments: cases) func picturesAreThoseOfTheProgram(test: Case) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mov"
            try write(test, to: path)
            let file = try MediaFile(path: path)
            #expect(file.info.video?.colour?.isInterlaced == true)
            let ours = try PictureKeeper.first(20, of: file, fps: file.info.video?.averageFrameRate ?? 25)
            #expect((10...12).contains(ours.pictures.count))
            for index in [0, 3, 6, ours.pictures.count - 1] {
                #expect(try ours.pictures[index] == theirs(path, ours, index, test.place), "picture \(index)")
            }
        }
    }

    /// Of packed samples too, and where the source has more pictures than are asked for.
    @Test(arguments: ["yuyv422", "uyvy422", "nv12", "v210", "rgb24", "bgra", "gray", "pal8"], [25.0, 10])
    func everyFormatIsDeinterlaced(format: String, fps: Double) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(["nv12", "gray"].contains(format) ? "mkv" : "mov")"
            try writeRaw(format, size: "96x64", to: path)
            let file = try MediaFile(path: path)
            #expect(file.info.video?.colour?.isInterlaced == true)
            let ours = try PictureKeeper.first(20, of: file, fps: fps)
            #expect(ours.pictures.count == Int(0.8 * fps))
            let place = format == "nv12" ? "in_h_chr_pos=0:in_v_chr_pos=128" : "in_h_chr_pos=0"
            for index in [0, 1, 2, ours.pictures.count - 1] {
                let theirs = try theirs(path, ours, Int(25 / fps * Double(index)), place)
                #expect(ours.pictures[index] == theirs, "picture \(index)")
            }
        }
    }

    /// 20 woven pictures as they are, packed or in planes.
    private func writeRaw(_ format: String, size: String, to path: String) throws {
        let codec = format == "v210" ? "v210" : "rawvideo -pix_fmt \(format)"
        try FFmpegProgram.run(
            "-f lavfi -i testsrc2=s=\(size):r=50:d=0.8,format=yuv444p,interlace=scan=tff:lowpass=0 -c:v \(codec) "
                + "-field_order tt {}", file: path)
    }

    /// Values of the full range keep it, though libavfilter takes packed ones apart.
    @Test func fullRangeStaysAsItIs() throws {
        try withTemporaryFolder { folder in
            try writeRaw("uyvy422", size: "96x64", to: "\(folder)/tv.mkv")
            try FFmpegProgram.run("-i \(folder)/tv.mkv -c copy -color_range pc {}", file: "\(folder)/pc.mkv")
            let file = try MediaFile(path: "\(folder)/pc.mkv")
            #expect(file.info.video?.colour?.used.range == "pc")
            let ours = try PictureKeeper.first(3, of: file)
            let theirs = try FFmpegProgram.picture(
                "\(folder)/tv.mkv",
                filter: "bwdif=mode=send_frame,scale=96:64:\(FFmpegProgram.exact):in_color_matrix=bt601:in_range=pc"
                    + ":in_h_chr_pos=0", index: 2)
            #expect(ours.pictures[2] == theirs)
        }
    }

    /// A picture alone in its stream is made from the lines of its first field; the program leaves it woven.
    @Test func aSinglePictureIsDeinterlaced() throws {
        try withTemporaryFolder { folder in
            try writeRaw("uyvy422", size: "96x64", to: "\(folder)/many.mkv")
            try FFmpegProgram.run("-i \(folder)/many.mkv -c copy -frames:v 1 {}", file: "\(folder)/one.mkv")
            let ours = try PictureKeeper.first(1, of: MediaFile(path: "\(folder)/one.mkv"))
            #expect(try ours.pictures[0] == theirs("\(folder)/many.mkv", ours, 0, "in_h_chr_pos=0"))
        }
    }

    /// bwdif takes no pictures with fewer than four lines of colour: these are shown as they are.
    @Test func picturesOfFewLinesStayWoven() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            try writeRaw("yuv420p", size: "32x6", to: path)
            let file = try MediaFile(path: path)
            #expect(file.info.video?.colour?.isInterlaced == true)
            let ours = try PictureKeeper.first(20, of: file)
            #expect(ours.pictures.count == 20)
            let theirs = try FFmpegProgram.picture(
                path,
                filter:
                    "scale=32:6:\(FFmpegProgram.exact):in_color_matrix=bt601:in_range=tv:in_h_chr_pos=0:in_v_chr_pos=128",
                index: 7)
            #expect(ours.pictures[7] == theirs)
        }
    }

    /// Where the size changes, and where the clock begins anew, pictures are those of each part by itself.
    @Test(arguments: ["192x144", "160x128"]) func partsKnowNothingOfEachOther(size: String) throws {
        try withTemporaryFolder { folder in
            var test = Self.cases[2]
            try write(test, to: "\(folder)/0.ts", seconds: 1)
            test.size = size
            try write(test, to: "\(folder)/1.ts", seconds: 1, source: "testsrc")
            let path = "\(folder)/clip.ts"
            var bytes = Data()
            for part in 0...1 { bytes += try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(part).ts")) }
            try bytes.write(to: URL(fileURLWithPath: path))
            let ours = try PictureKeeper.first(60, of: MediaFile(path: path))
            #expect(ours.pictures.count >= 48, "\(ours.pictures.count)")
            #expect(try ours.pictures.contains(theirs("\(folder)/0.ts", ours, 24, test.place)))
            #expect(try ours.pictures.contains(theirs("\(folder)/1.ts", ours, 0, test.place)))
        }
    }

    /// Picture k shows the moment of the first field, and no line of the other.
    @Test(arguments: [true, false]) func movingThingsAreWhereTheFirstFieldHasThem(isTopFirst: Bool) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mov"
            // A bar of 40 pixels that moves by 4 each field.
            try FFmpegProgram.run(
                "-f lavfi -i color=black:s=192x144:r=50:d=0.4,format=gray,geq=lum=if(between(X\\,4*N\\,4*N+39)\\,220\\,20)"
                    + ",format=yuv420p,interlace=scan=\(isTopFirst ? "tff" : "bff"):lowpass=0 -c:v libx264 -preset ultrafast "
                    + "-qp 4 -flags +ildct+ilme -top \(isTopFirst ? 1 : 0) \(isTopFirst ? "" : "-x264-params bff=1") {}",
                file: path)
            let file = try MediaFile(path: path)
            let ours = try PictureKeeper.first(9, of: file)
            for index in 2..<8 {
                for row in [40, 41, 72, 101] {
                    let line = (0..<192).map { Int(ours.pictures[index][3 * (192 * row + $0)]) }
                    let lit = line.indices.filter { line[$0] > 128 }
                    #expect(abs((lit.first ?? 0) - 8 * index) <= 1 && abs((lit.last ?? 0) - 8 * index - 39) <= 1)
                }
            }
        }
    }

    /// HEVC codes fields as pictures of their own: each is shown for itself, at the frame's shape.
    @Test func singleFieldsAreShownAtFullHeight() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            try FFmpegProgram.run(
                "-f lavfi -i testsrc2=s=192x144:r=50:d=0.4 -vf format=yuv420p,interlace=scan=tff:lowpass=0,separatefields,"
                    + "setsar=1 -c:v libx265 -preset ultrafast -x265-params interlace=tff:lossless=1:log-level=none {}",
                file: path)
            let file = try MediaFile(path: path)
            let video = try #require(file.info.video)
            #expect(video.colour?.isInterlaced == true && video.height == 72)
            #expect(video.displayWidth == 192 && video.displayHeight == 144)
            let ours = try PictureKeeper.first(4, of: file, fps: 50)
            let theirs = try FFmpegProgram.picture(
                path,
                filter:
                    "scale=192:144:\(FFmpegProgram.exact):in_color_matrix=bt601:in_range=tv:in_h_chr_pos=0:in_v_chr_pos=128",
                index: 3)
            #expect(peakSignalToNoise(ours.pictures[3], theirs) >= 60)
        }
    }

    /// A stream that is interlaced in parts is deinterlaced in these parts, and the share is told.
    @Test func whatIsProgressiveStaysUntouched() throws {
        try withTemporaryFolder { folder in
            try write(Self.cases[0], to: "\(folder)/woven.ts", seconds: 0.8)
            try FFmpegProgram.run(
                "-f lavfi -i testsrc2=s=192x144:r=25:d=1.2 -vf scale=out_color_matrix=bt601:out_range=tv -c:v mpeg2video "
                    + "-q:v 2 -pix_fmt yuv420p -colorspace smpte170m {}", file: "\(folder)/whole.ts")
            let path = "\(folder)/clip.ts"
            try FFmpegProgram.run("-i concat:\(folder)/whole.ts|\(folder)/woven.ts -c copy {}", file: path)
            let file = try MediaFile(path: path)
            #expect(file.info.video?.colour?.isInterlaced == false)
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [])
            let recorder = Recorder(request)
            let summary = try file.decode(request, to: recorder)
            // The decoder drops a picture at the seam, whose reference is in the other part.
            #expect(summary.pictures.interlaced == 20 && summary.pictures.shown == 49, "\(summary)")
            #expect(abs(Double(summary.pictures.interlaced) / Double(summary.pictures.shown) - 0.4) < 0.01)
            let theirs = try FFmpegProgram.picture(
                path,
                filter:
                    "scale=192:144:\(FFmpegProgram.exact):in_color_matrix=bt601:in_range=tv:in_h_chr_pos=0:in_v_chr_pos=128"
            )
            #expect(recorder.firstPicture == theirs)
        }
    }
}
