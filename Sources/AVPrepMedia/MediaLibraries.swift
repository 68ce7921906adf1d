package import AVPrepCore
import CFFmpeg

/// The media libraries of this machine.
package enum MediaLibraries {
    /// Versions of FFmpeg's libraries. libavfilter is loaded for this, and left out if it is not installed.
    package static var versions: [LibraryVersion] {
        let linked = [
            ("libavformat", avformat_version()), ("libavcodec", avcodec_version()), ("libswscale", swscale_version()),
            ("libswresample", swresample_version()),
        ]
        let filters = (try? FilterLibrary.functions()).map { [("libavfilter", $0.avfilter_version())] } ?? []
        return (linked + filters).map { name, version in
            // AV_VERSION_INT: major, minor and micro in 16, 8 and 8 bits.
            LibraryVersion(name, "\(version >> 16).\(version >> 8 & 0xFF).\(version & 0xFF)")
        }
    }

    /// Loads and initialises all libraries, for a process that forks others, which may open no file.
    package static func load() {
        FFmpeg.setUp
        _ = versions
    }

    /// Encoders that the practice corpus needs and this FFmpeg lacks.
    package static var missingEncoders: [String] {
        ["libx264", "aac"].filter { avcodec_find_encoder_by_name($0) == nil }
    }
}
