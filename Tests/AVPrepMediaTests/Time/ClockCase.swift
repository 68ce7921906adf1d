import AVPrepMedia
import Testing

/// One file of the clock matrix: what is in it and when it begins.
struct ClockCase: Sendable, Equatable, CustomTestStringConvertible {
    /// Pictures a second; nil for a rate that varies.
    var rate: Rational?
    var container: Container
    var video: VideoCodec
    var audio: AudioCodec
    /// When picture and sound begin, in seconds.
    var starts: Starts

    struct Starts: Sendable, Equatable {
        var picture: Double
        var sound: Double
    }

    /// How the file is packed.
    enum Container: String, Sendable, CaseIterable {
        case mp4, fragmentedMP4, mov, mkv, mkvWithoutDurations, webm, ts, ps, avi, flv, asf, ogg, threeGP
        /// Matroska with a track of Video for Windows, made from AVI: times in decoding order.
        case vfw

        var pathExtension: String {
            switch self {
            case .fragmentedMP4: "mp4"
            case .mkvWithoutDurations, .vfw: "mkv"
            case .ps: "mpg"
            case .threeGP: "3gp"
            default: rawValue
            }
        }

        var muxer: String? { self == .ps ? "vob" : self == .vfw ? "avi" : nil }

        var options: [String: String] {
            switch self {
            case .fragmentedMP4: ["movflags": "+frag_keyframe+empty_moov+default_base_moof"]
            case .mkvWithoutDurations: ["live": "1"]
            case .mp4: ["strict": "experimental"]
            default: [:]
            }
        }

        var videoCodecs: [VideoCodec] {
            switch self {
            case .mp4: [.h264, .h264B, .hevc, .mpeg2, .mpeg4B, .av1, .vp9]
            case .fragmentedMP4: [.h264, .h264B, .hevc, .av1]
            case .mov: [.h264, .h264B, .hevc, .mpeg4B, .mjpeg]
            case .mkv: [.h264, .h264B, .hevc, .mpeg2, .mpeg4B, .vp8, .vp9, .av1, .theora]
            case .mkvWithoutDurations: [.h264, .h264B, .vp9]
            case .webm: [.vp8, .vp9, .av1]
            case .ts: [.h264, .h264B, .hevc, .mpeg2, .mpeg4B]
            case .ps: [.mpeg2]
            case .avi: [.h264, .h264B, .mpeg4, .mpeg4B, .xvid, .xvidPacked, .mjpeg]
            case .vfw: [.h264, .h264B, .mpeg4, .mpeg4B, .xvid, .xvidPacked]
            case .flv: [.flv1, .h264, .h264B]
            case .asf: [.wmv2, .mpeg4]
            case .ogg: [.theora]
            case .threeGP: [.mpeg4, .h264B]
            }
        }

        var audioCodecs: [AudioCodec] {
            switch self {
            case .mp4: [.aac, .mp3, .opus, .ac3, .flac]
            case .fragmentedMP4: [.aac, .opus, .mp3]
            case .mov: [.aac, .pcm, .mp3, .ac3]
            case .mkv: [.aac, .mp3, .opus, .vorbis, .flac, .pcm, .ac3, .mp2]
            case .mkvWithoutDurations: [.aac, .opus, .vorbis]
            case .webm: [.opus, .vorbis]
            case .ts: [.aac, .mp2, .mp3, .ac3, .opus]
            case .ps: [.mp2, .ac3]
            case .avi, .vfw: [.pcm]
            case .flv: [.aac, .mp3]
            case .asf: [.wma, .mp3]
            case .ogg: [.vorbis, .opus]
            case .threeGP: [.aac]
            }
        }

        var takesVariableRate: Bool { ![.avi, .vfw, .ogg, .ps].contains(self) }

        /// AVI's muxer cannot delay a stream.
        var takesStarts: Bool { !statesDecodingOrder }

        /// Whether its times are those of decoding.
        var statesDecodingOrder: Bool { self == .avi || self == .vfw }
    }

    enum VideoCodec: String, Sendable, CaseIterable {
        case h264, h264B, hevc, mpeg2, mpeg4, mpeg4B, vp8, vp9, av1, theora, flv1, wmv2, mjpeg
        /// XviD packs B-frames together with the picture before them.
        case xvid, xvidPacked

        var encoder: String {
            switch self {
            case .h264, .h264B: "libx264"
            case .hevc: "libx265"
            case .mpeg2: "mpeg2video"
            case .mpeg4, .mpeg4B: "mpeg4"
            case .xvid, .xvidPacked: "libxvid"
            case .vp8: "libvpx"
            case .vp9: "libvpx-vp9"
            case .av1: "libaom-av1"
            case .theora: "libtheora"
            case .flv1: "flv"
            default: rawValue
            }
        }

        var options: [String: String] {
            switch self {
            case .hevc: ["x265-params": "log-level=none:pools=none:bframes=3"]
            case .vp8, .vp9: ["deadline": "realtime", "cpu-used": "8"]
            case .av1: ["cpu-used": "8", "usage": "realtime"]
            case .mjpeg: ["strict": "unofficial"]
            default: [:]
            }
        }

        var bFrames: Int { [.h264B, .hevc, .mpeg4B, .mpeg2, .xvidPacked].contains(self) ? 2 : 0 }

        func takes(_ rate: Rational?) -> Bool {
            switch self {
            // MPEG-2 knows a table of rates; motion JPEG and Sorenson's H.263 know all.
            case .mpeg2: rate != nil && rate != Rational(120)
            default: true
            }
        }
    }

    enum AudioCodec: String, Sendable, CaseIterable {
        case aac, mp3, opus, vorbis, flac, pcm, ac3, mp2, wma

        var encoder: String {
            switch self {
            case .mp3: "libmp3lame"
            case .opus: "libopus"
            case .vorbis: "libvorbis"
            case .pcm: "pcm_s16le"
            case .wma: "wmav2"
            default: rawValue
            }
        }
    }

    /// The clock on which the encoder counts; nil for one much finer than the pictures.
    var timeBase: Rational? {
        switch video {
        // They count whole pictures, or little more.
        case .mpeg2, .mpeg4, .mpeg4B, .xvid, .xvidPacked, .theora:
            rate.map { Rational($0.denominator, $0.numerator) } ?? Rational(1, 1000)
        default: rate == nil ? Rational(1, container == .asf || container == .flv ? 1000 : 90_000) : nil
        }
    }

    var testDescription: String {
        "\(container.rawValue) \(video.rawValue) \(audio.rawValue) \(rate.map { "\($0.value)" } ?? "variable") fps, "
            + "picture at \(starts.picture), sound at \(starts.sound)"
    }
}
