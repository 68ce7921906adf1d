import CFFmpeg
import Foundation

/// An open container: its streams, and the packets of one of them.
///
/// Files may be hostile. libavformat gets the bytes of this one file only: anything else it tries to open, by path or
/// by protocol, is refused.
final class Demuxer {
    let path: String
    let format: UnsafeMutablePointer<AVFormatContext>
    let budget: DecodeBudget
    let limits: MediaLimits
    private let file: InputFile
    /// Edit lists by stream id, where we apply them instead of libavformat.
    private let edits: [Int32: [Edit]]

    /// Container formats whose content is a list of other files or addresses.
    private static let playlists: Set<String> = ["hls", "dash", "concat", "imf", "sdp", "rtsp", "webm_dash_manifest"]

    /// - Throws: ``MediaError`` with `unreadable`, `notMedia`, `unsupported` (playlists), `corrupt` or `limit`;
    ///   `CancellationError`.
    init(_ source: LocalFile, limits: MediaLimits, budget: DecodeBudget) throws {
        FFmpeg.setUp
        _ = FFmpeg.takeLog()
        let path = source.path
        let file = InputFile(source, budget: budget)
        let container = try Self.probe(file, path: path, budget: budget)
        let format = FFmpeg.allocated(avformat_alloc_context())
        format.pointee.pb = file.io
        format.pointee.interrupt_callback.opaque = Unmanaged.passUnretained(budget).toOpaque()
        format.pointee.interrupt_callback.callback = isInterrupted
        format.pointee.io_open = refuseToOpen
        var options: OpaquePointer?
        // An empty list is not the same as a missing one: it allows no protocol at all.
        av_dict_set(&options, "protocol_whitelist", "", 0)
        // One more than allowed, to detect an excess.
        av_dict_set_int(&options, "max_streams", Int64(limits.maxStreams + 1), 0)
        let isMovie = String(cString: container.pointee.name).hasPrefix("mov,")
        edits = isMovie ? EditListReader.read(file.io) ?? [:] : [:]
        if !edits.isEmpty { av_dict_set(&options, "ignore_editlist", "1", 0) }
        var opened: UnsafeMutablePointer<AVFormatContext>? = format
        let status = avformat_open_input(&opened, nil, container, &options)
        av_dict_free(&options)
        guard status >= 0 else {
            // avformat_open_input frees the context on failure.
            try budget.check()
            if file.readError != 0 { throw Self.unreadable(path, file) }
            throw MediaError(
                status == avprep_averror(EPERM) ? .unsupported : .corrupt,
                "cannot open \(path): \(FFmpeg.words(for: status))")
        }
        self.path = path
        self.limits = limits
        self.budget = budget
        self.file = file
        self.format = format
        try readStreams()
    }

    deinit {
        var format: UnsafeMutablePointer<AVFormatContext>? = format
        avformat_close_input(&format)
    }

    var streamCount: Int { Int(format.pointee.nb_streams) }

    /// Stream `index` of the container.
    func stream(_ index: Int) -> UnsafeMutablePointer<AVStream> {
        precondition(index < streamCount, "stream \(index) of \(streamCount)")
        return FFmpeg.allocated(format.pointee.streams[index])
    }

    /// The clock of stream `index`.
    func times(of index: Int) -> PresentationTimes {
        let stream = stream(index)
        return PresentationTimes(of: stream, edits: edits[stream.pointee.id] ?? [])
    }

    /// The stream that a player would choose: decodable, marked as default and intended for everyone, the largest.
    /// Attached pictures (cover art) are not video.
    ///
    /// - Parameter companion: a stream of the same programme, for broadcasts with several programmes.
    func bestStream(_ kind: AVMediaType, with companion: Int? = nil) -> Int? {
        func rank(_ index: Int) -> [Int64] {
            let stream = stream(index).pointee
            let parameters = stream.codecpar.pointee
            let special = AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_DEPENDENT
            let size =
                kind == AVMEDIA_TYPE_VIDEO
                ? Int64(parameters.width) * Int64(parameters.height) : Int64(parameters.ch_layout.nb_channels)
            return [
                shareProgramme(index, companion) ? 1 : 0, avcodec_find_decoder(parameters.codec_id) == nil ? 0 : 1,
                stream.disposition & special == 0 ? 1 : 0,
                stream.disposition & AV_DISPOSITION_DEFAULT == 0 ? 0 : 1, size, parameters.bit_rate, Int64(-index),
            ]
        }
        let candidates = (0..<streamCount).filter { index in
            let stream = stream(index).pointee
            return stream.codecpar.pointee.codec_type == kind && stream.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        }
        return candidates.max { rank($0).lexicographicallyPrecedes(rank($1)) }
    }

    /// Whether two streams belong to the same programme; true for files without programmes.
    private func shareProgramme(_ index: Int, _ companion: Int?) -> Bool {
        guard let companion, format.pointee.nb_programs > 0 else { return true }
        var programme: UnsafeMutablePointer<AVProgram>?
        while true {
            programme = av_find_program_from_stream(format, programme, Int32(index))
            guard let programme else { return false }
            let members = UnsafeBufferPointer(
                start: programme.pointee.stream_index, count: Int(programme.pointee.nb_stream_indexes))
            if members.contains(UInt32(companion)) { return true }
        }
    }

    /// Makes the container deliver packets of this stream only.
    func select(_ index: Int) {
        for other in 0..<streamCount where other != index { stream(other).pointee.discard = AVDISCARD_ALL }
    }

    /// Reads the next packet of stream `index`.
    ///
    /// - Returns: false at the end of the file, or where reading fails.
    /// - Throws: ``MediaError`` with `limit`; `CancellationError`.
    func read(_ packet: UnsafeMutablePointer<AVPacket>, of index: Int) throws -> Bool {
        while true {
            try budget.check()
            let status = av_read_frame(format, packet)
            if status < 0 {
                try budget.check()
                return false
            }
            try budget.countPacket()
            if Int(packet.pointee.stream_index) == index { return true }
            av_packet_unref(packet)
        }
    }

    /// Seeks to the last key frame of stream `index` at or before `tick`.
    ///
    /// - Returns: whether the container supports the seek.
    func seek(_ index: Int, to tick: Int64) -> Bool {
        av_seek_frame(format, Int32(index), tick, AVSEEK_FLAG_BACKWARD) >= 0
    }

    private static func probe(_ file: InputFile, path: String, budget: DecodeBudget) throws
        -> UnsafePointer<AVInputFormat>
    {
        var container: UnsafePointer<AVInputFormat>?
        // Probed without a name: the bytes decide the format, and a name that contains a pattern would be a list of
        // files.
        let score = av_probe_input_buffer2(file.io, &container, nil, nil, 0, 0)
        try budget.check()
        if file.readError != 0 { throw unreadable(path, file) }
        guard score >= 0, let container else {
            throw MediaError(.notMedia, "\(path) is not a media file: \(FFmpeg.words(for: score))")
        }
        let names = String(cString: container.pointee.name).split(separator: ",").map(String.init)
        guard playlists.isDisjoint(with: names), container.pointee.flags & AVFMT_NOFILE == 0 else {
            throw MediaError(
                .unsupported,
                "\(path) is a playlist (\(names[0])), which refers to other files; only single files are read")
        }
        return container
    }

    private func readStreams() throws {
        var options: [OpaquePointer?] = Array(repeating: nil, count: streamCount)
        for index in options.indices { av_dict_set_int(&options[index], "max_pixels", Int64(limits.maxPixels), 0) }
        let status = options.withUnsafeMutableBufferPointer { avformat_find_stream_info(format, $0.baseAddress) }
        for index in options.indices { av_dict_free(&options[index]) }
        try budget.check()
        if file.readError != 0 { throw Self.unreadable(path, file) }
        guard streamCount <= limits.maxStreams else {
            throw MediaError(
                .limit,
                "\(path) has more streams than limits.max_streams (\(limits.maxStreams)); raise it or leave the file out"
            )
        }
        try FFmpeg.check(status, .corrupt, "cannot read the streams of \(path)")
    }

    private static func unreadable(_ path: String, _ file: InputFile) -> MediaError {
        MediaError(.unreadable, "cannot read \(path): \(String(cString: strerror(file.readError)))")
    }
}

private func isInterrupted(_ budget: UnsafeMutableRawPointer?) -> Int32 {
    guard let budget else { return 0 }
    return Unmanaged<DecodeBudget>.fromOpaque(budget).takeUnretainedValue().isExhausted ? 1 : 0
}

private func refuseToOpen(
    _ format: UnsafeMutablePointer<AVFormatContext>?,
    _ io: UnsafeMutablePointer<UnsafeMutablePointer<AVIOContext>?>?, _ address: UnsafePointer<CChar>?, _ flags: Int32,
    _ options: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
    avprep_averror(EPERM)
}
