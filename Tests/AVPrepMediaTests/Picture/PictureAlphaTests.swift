import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// Transparency over black, in every codec of the field that has it.
@Suite(.enabled(if: Products.hasFFmpeg, "needs the ffmpeg program")) struct PictureAlphaTests {
    /// Bright colours that get transparent from left to right, with a wholly transparent part at the lower edge.
    private static let source =
        "gradients=c0=0xE03020:c1=0x20D040:n=2:speed=0.01:seed=5:s=160x120:r=25:d=0.12,format=gbrap,"
        + "geq=r=r(X\\,Y):g=g(X\\,Y):b=b(X\\,Y):a=if(lt(Y\\,80)\\,255*X/W\\,0)"

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var words: String
        var container = "mov"
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "png", words: "-c:v png -pix_fmt rgba"),
        Case(name: "png, 16 bits", words: "-c:v png -pix_fmt rgba64be"),
        Case(name: "qtrle", words: "-c:v qtrle -pix_fmt argb"),
        Case(name: "prores 4444", words: "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le -q:v 2"),
        Case(name: "vp8", words: "-c:v libvpx -pix_fmt yuva420p -crf 4 -b:v 20M -auto-alt-ref 0", container: "webm"),
        Case(name: "vp9", words: "-c:v libvpx-vp9 -pix_fmt yuva420p -lossless 1 -cpu-used 8", container: "webm"),
        Case(name: "ffv1", words: "-c:v ffv1 -pix_fmt yuva420p", container: "mkv"),
    ]

    @Test(arguments: cases) func transparencyIsShownOverBlack(test: Case) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(test.container)"
            let matrix = test.words.contains("yuva") ? ",scale=out_color_matrix=bt601:out_range=tv" : ""
            try FFmpegProgram.run(
                "-f lavfi -i \(Self.source)\(matrix) \(test.words) "
                    + (matrix.isEmpty ? "{}" : "-colorspace smpte170m -color_range tv {}"), file: path)
            let file = try MediaFile(path: path)
            #expect(file.info.video?.colour?.hasAlpha == true)
            let ours = try PictureKeeper.first(1, of: file).pictures[0]
            let source = "\(folder)/source.mkv"
            try FFmpegProgram.run("-f lavfi -i \(Self.source) -c:v ffv1 -pix_fmt gbrap {}", file: source)
            // The program's own product of colour and alpha, of what was put in.
            let theirs = try FFmpegProgram.picture(source, filter: "premultiply=inplace=1,format=gbrp")
            let ratio = peakSignalToNoise(ours, theirs)
            #expect(ratio >= 45, "\(ratio) dB")
            #expect(ours[(3 * 160 * 100)...].allSatisfy { $0 < 3 }, "what is transparent is black")
        }
    }

    /// Scaled down, an opaque black disc on transparent white must not get a light rim.
    @Test func whatIsTransparentDoesNotBleed() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mov"
            try FFmpegProgram.run(
                "-f lavfi -i color=white:s=160x120:r=25:d=0.12,format=gbrap,"
                    + "geq=r=if(lt(X\\,81)\\,0\\,255):g=if(lt(X\\,81)\\,0\\,255):b=if(lt(X\\,81)\\,0\\,255):a=if(lt(X\\,81)\\,255\\,0) "
                    + "-c:v png -pix_fmt rgba {}", file: path)
            let ours = try PictureKeeper.first(1, of: try MediaFile(path: path), shortSide: 40).pictures[0]
            #expect(ours.allSatisfy { $0 == 0 })
        }
    }

    /// Windows' 32-bit bitmaps have a fourth byte that means nothing, often 0.
    @Test func theFourthByteOfRawPicturesInAVIIsNoAlpha() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.avi"
            try FFmpegProgram.run(
                "-f lavfi -i testsrc2=s=96x64:r=25:d=0.12 -vf format=bgra,colorchannelmixer=aa=0 -c:v rawvideo -pix_fmt bgra {}",
                file: path)
            let file = try MediaFile(path: path)
            #expect(file.info.video?.colour?.hasAlpha == false)
            let ours = try PictureKeeper.first(1, of: file).pictures[0]
            #expect(ours == (try FFmpegProgram.picture(path, filter: "format=bgra,format=bgr0")))
        }
    }

    /// A palette's transparent entry, as in GIF.
    @Test func palettesCanBeTransparent() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.gif"
            try FFmpegProgram.run(
                "-f lavfi -i \(Self.source),split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none -r 25 {}",
                file: path)
            let file = try MediaFile(path: path)
            let ours = try PictureKeeper.first(1, of: file).pictures[0]
            #expect(ours[(3 * 160 * 100)...].allSatisfy { $0 < 3 })
            #expect(ours[(3 * (160 * 40 + 150))..<(3 * (160 * 40 + 155))].contains { $0 > 100 })
        }
    }
}
