import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// Rate conversion and downmix agree with the ffmpeg program's to −60 dB.
@Suite(.enabled(if: Products.hasFFmpeg, "needs the ffmpeg program")) struct SoundAgreementTests {
    /// Sound of a file: a codec, which fixes the sample format, a rate and a layout.
    struct Source: Sendable, CustomTestStringConvertible {
        let codec: String
        let rate: Int
        let layout: String
        var testDescription: String { "\(codec) \(rate) Hz \(layout)" }
    }

    static let sources = [
        // 8 to 64 bits, whole numbers and floats; FLAC and AC-3 are planar.
        Source(codec: "pcm_u8", rate: 8_000, layout: "mono"),
        Source(codec: "pcm_mulaw", rate: 8_000, layout: "stereo"),
        Source(codec: "pcm_s16le", rate: 11_025, layout: "mono"),
        Source(codec: "pcm_s24le", rate: 16_000, layout: "5.1"),
        Source(codec: "pcm_s32le", rate: 22_050, layout: "stereo"),
        Source(codec: "pcm_f32le", rate: 24_000, layout: "2.1"),
        Source(codec: "pcm_f64le", rate: 32_000, layout: "4.0"),
        Source(codec: "pcm_s16le", rate: 44_100, layout: "5.1(side)"),
        Source(codec: "pcm_s16le", rate: 48_000, layout: "stereo"),
        Source(codec: "flac", rate: 48_000, layout: "5.0"),
        Source(codec: "flac", rate: 96_000, layout: "7.1"),
        Source(codec: "flac", rate: 44_100, layout: "6.1"),
        Source(codec: "ac3", rate: 48_000, layout: "5.1(side)"),
        Source(codec: "ac3", rate: 32_000, layout: "quad(side)"),
        Source(codec: "pcm_f32le", rate: 88_200, layout: "stereo"),
        Source(codec: "pcm_s24le", rate: 176_400, layout: "mono"),
        Source(codec: "pcm_f32le", rate: 192_000, layout: "7.1"),
    ]

    @Test(arguments: sources) func resamplingAndDownmixAreThoseOfTheFFmpegProgram(source: Source) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(source.codec.hasPrefix("pcm") ? "mov" : "mkv")"
            let channels = try Self.write(source, to: path)
            let formats = [
                AudioFormat(sampleRate: 16_000, channels: 1), AudioFormat(sampleRate: 48_000, channels: 2),
                AudioFormat(sampleRate: 44_100, channels: 1), AudioFormat(sampleRate: source.rate, channels: 2),
            ]
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: formats)
            let recorder = Recorder(request)
            let file = try MediaFile(path: path)
            _ = try file.decode(request, to: recorder)
            #expect(file.info.audio?.channels == channels)
            #expect(file.info.audio?.sampleRate == source.rate)
            // AC-3 begins with its encoder's run-in, before the picture.
            let ahead = file.info.commonStartSeconds - (file.info.audio?.startSeconds ?? 0)
            let skipped = Int((ahead * Double(source.rate)).rounded())
            for (format, own) in zip(formats, recorder.samples) {
                let theirs = try Self.reference(path, source, format, skipped: skipped)
                let level = Self.difference(own, theirs, skipping: 100 * format.channels)
                #expect(level <= -60, "\(format): \(level) dB")
            }
        }
    }

    /// Two tones a channel, no two channels alike. - Returns: the number of channels.
    private static func write(_ source: Source, to path: String) throws -> Int {
        let counts = ["mono": 1, "stereo": 2, "2.1": 3, "4.0": 4, "quad(side)": 4, "5.0": 5, "6.1": 7, "7.1": 8]
        let channels = counts[source.layout] ?? 6
        let tones = (0..<channels).map { channel in
            "0.5*sin(2*PI*t*\(220 + 130 * channel))+0.3*sin(2*PI*t*\(source.rate / 5 + 70 * channel))"
        }
        try FFmpegProgram.run(
            "-f lavfi -i color=s=32x32:r=25:d=0.6 -f lavfi -i aevalsrc=\(tones.joined(separator: "|"))"
                + ":s=\(source.rate):d=0.6:c=\(source.layout) -c:v mpeg4 -c:a \(source.codec) {}", file: path)
        return channels
    }

    private static func reference(_ path: String, _ source: Source, _ format: AudioFormat, skipped: Int) throws
        -> [Float]
    {
        let output = path + ".f32"
        defer { try? FileManager.default.removeItem(atPath: output) }
        // The rule of ours that is not FFmpeg's default: mono in both channels at full level.
        let mix =
            source.layout == "mono" && format.channels == 2
            ? "pan=stereo|c0=c0|c1=c0,aresample=\(format.sampleRate)"
            : "aresample=\(format.sampleRate):ochl=\(format.channels == 1 ? "mono" : "stereo"):rematrix_maxval=1"
        try FFmpegProgram.run(
            "-i \(path) -map 0:a -af atrim=start_sample=\(skipped),\(mix):osf=flt -f f32le {}", file: output)
        return try Data(contentsOf: URL(fileURLWithPath: output)).withUnsafeBytes {
            Array($0.bindMemory(to: Float.self))
        }
    }

    /// Level of the difference under that of the signal, in dB.
    private static func difference(_ own: [Float], _ theirs: [Float], skipping edge: Int) -> Double {
        let range = edge..<min(own.count, theirs.count) - edge
        guard range.count > 2000 else { return 0 }
        var (error, signal) = (0.0, 0.0)
        for index in range {
            let difference = Double(own[index]) - Double(theirs[index])
            error += difference * difference
            signal += Double(theirs[index]) * Double(theirs[index])
        }
        return 10 * log10(max(error, 1e-20) / signal)
    }
}
