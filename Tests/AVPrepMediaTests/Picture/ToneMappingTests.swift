import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// High dynamic range and wide gamut, against zimg's linear light and FFmpeg's tone-mapping filter with the same curve.
@Suite(.enabled(if: Products.hasFFmpeg, "needs the ffmpeg program")) struct ToneMappingTests {
    /// A chart of smooth colours in a transfer function: `gradients`, taken as codes of that function.
    private func write(
        _ path: String, transfer: String, primaries: String = "bt2020", peak: Int? = nil, format: String = "yuv420p10le"
    ) throws {
        let light = peak.map { ":max-cll=\($0),\($0 / 4)" } ?? ""
        try FFmpegProgram.run(
            "-f lavfi -i gradients=c0=0xB03020:c1=0x20A040:c2=0x3030B0:c3=0xD8D8D0:n=4:speed=0.01:seed=5:s=160x120:r=25:d=0.12 "
                + "-vf scale=out_color_matrix=bt2020:out_range=tv:out_h_chr_pos=0:out_v_chr_pos=128,format=\(format) "
                + "-c:v libx265 -preset ultrafast -x265-params lossless=1:log-level=none\(light) -colorspace bt2020nc "
                + "-color_primaries \(primaries) -color_trc \(transfer) -color_range tv {}", file: path)
    }

    /// The program's chain: linear light with white at 203 cd/m², BT.709 primaries, Möbius, BT.1886.
    private func chain(transfer: String, primaries: String = "2020", peakNits: Double) -> String {
        let peak = peakNits / 203
        let tone = peak > 1 ? "tonemap=mobius:param=0.3:desat=0:peak=\(peak)," : ""
        return "zscale=matrixin=2020_ncl:rangein=limited:primariesin=\(primaries):transferin=\(transfer):chromalin=left"
            + ":transfer=linear:npl=203:matrix=gbr,format=gbrpf32le,zscale=primaries=bt709,\(tone)"
            + "zscale=transfer=bt709:range=full,format=gbrp"
    }

    @Test(arguments: [(nil, 1000.0), (4000, 4000.0), (600, 600.0)]) func perceptualQuantiserIsToneMapped(
        stated: Int?, peakNits: Double
    ) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            try write(path, transfer: "smpte2084", peak: stated)
            let file = try MediaFile(path: path)
            let colour = try #require(file.info.video?.colour)
            #expect(colour.dynamicRange == .pq && colour.peakNits == peakNits && colour.bitsPerComponent == 10)
            let ours = try PictureKeeper.first(1, of: file).pictures[0]
            let theirs = try FFmpegProgram.picture(path, filter: chain(transfer: "smpte2084", peakNits: peakNits))
            let ratio = peakSignalToNoise(ours, theirs)
            #expect(ratio >= 50, "\(ratio) dB")
        }
    }

    /// zimg applies HLG's system gamma to each component; BT.2100 to the luminance, so the reference is its formulas.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv")) func hybridLogGammaIsToneMapped() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            try write(path, transfer: "arib-std-b67")
            let file = try MediaFile(path: path)
            #expect(file.info.video?.colour?.dynamicRange == .hlg && file.info.video?.colour?.peakNits == 1000)
            let ours = try PictureKeeper.first(1, of: file).pictures[0]
            try FFmpegProgram.run(
                "-i \(path) -frames:v 1 -vf zscale=matrixin=2020_ncl:rangein=limited:chromalin=left:matrix=gbr:range=full,"
                    + "format=gbrp16le -f rawvideo {}", file: "\(folder)/codes")
            let theirs = try Oracle.json(
                [UInt8].self,
                """
                import json, sys, numpy as np
                green, blue, red = np.fromfile(sys.argv[1], '<u2').reshape(3, -1) / 65535
                code = np.stack([red, green, blue])
                a, b, c = 0.17883277, 1 - 4 * 0.17883277, 0.5 - 0.17883277 * np.log(4 * 0.17883277)
                scene = np.where(code <= 0.5, code ** 2 / 3, (np.exp((code - c) / a) + b) / 12)
                light = 1000 * scene * (np.array([0.2627, 0.6780, 0.0593]) @ scene) ** 0.2 / 203
                # ITU-R BT.2087-0, the inverse of its matrix from BT.709 to BT.2020
                wide = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
                light = np.linalg.solve(wide, light)
                peak, knee = 1000 / 203, 0.3
                a = -knee ** 2 * (peak - 1) / (knee ** 2 - 2 * knee + peak)
                b = (knee ** 2 - 2 * knee * peak + peak) / (peak - 1)
                most = light.max(0)
                bent = (b * b + 2 * b * knee + knee ** 2) / (b - a) * (most + a) / (most + b)
                light = light * np.where(most > knee, bent / most, 1)
                print(json.dumps(np.rint(255 * np.clip(light, 0, 1) ** (1 / 2.4)).astype(int).T.ravel().tolist()))
                """, ["\(folder)/codes"])
            let ratio = peakSignalToNoise(ours, theirs)
            #expect(ratio >= 45, "\(ratio) dB")
        }
    }

    @Test(arguments: ["bt2020", "smpte432"]) func wideGamutIsBroughtToBT709(primaries: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            try write(path, transfer: "bt709", primaries: primaries)
            let file = try MediaFile(path: path)
            #expect(file.info.video?.colour?.dynamicRange == .standard && file.info.video?.colour?.peakNits == nil)
            let ours = try PictureKeeper.first(1, of: file).pictures[0]
            let theirs = try FFmpegProgram.picture(
                path,
                filter:
                    "zscale=matrixin=2020_ncl:rangein=limited:primariesin=\(primaries == "bt2020" ? "2020" : primaries)"
                    + ":transferin=709:chromalin=left:transfer=linear:matrix=gbr,format=gbrpf32le,"
                    + "zscale=primaries=bt709,zscale=transfer=bt709:range=full,format=gbrp")
            let ratio = peakSignalToNoise(ours, theirs)
            #expect(ratio >= 50, "\(ratio) dB")
        }
    }
}
