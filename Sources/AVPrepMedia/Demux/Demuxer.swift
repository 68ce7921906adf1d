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
    let source: LocalFile
    private let file: InputFile
    /// What libavformat does not tell of the boxes of an mp4 or mov file.
    private(set) lazy var boxes = MovieBoxes(source)
    /// Protection schemes of an mp4's or mov's tracks, by track number.
    var protections: [Int32: String] { boxes.protections }
    /// Scrambled elementary streams of a transport stream, by packet identifier.
    private(set) lazy var scrambledPrograms = TransportScrambling.scrambled(in: source)
    /// Edit lists by stream id, where we apply them instead of libavformat.
    private let edits: [Int32: [Edit]]

    /// Container formats whose content is a list of other files or addresses.
    private static let playlists: Set<String> = ["hls", "dash", "concat", "imf", "sdp", "rtsp", "webm_dash_manifest"]

    /// - Throws: ``MediaError`` with `readError`, `changing`, a code of ``ForeignFile``, `notMedia`, `encrypted`, `corrupt` or
    ///   `limit`; `CancellationError`.
    init(_ source: LocalFile, limits: MediaLimits, budget: DecodeBudget) throws {
        FFmpeg.setUp
        _ = FFmpeg.takeLog()
        let path = source.path
        let file = InputFile(source, size: FileLayout.endOfFirstFilm(in: source), budget: budget)
        let container = try Self.probe(file, source, budget: budget)
        let format = FFmpeg.allocated(avformat_alloc_context())
        format.pointee.pb = file.io
        format.pointee.interrupt_callback.opaque = Unmanaged.passUnretained(budget).toOpaque()
        format.pointee.interrupt_callback.callback = isInterrupted
        format.pointee.io_open = refuseToOpen
        var options: OpaquePointer?
        // An empty list is not the same as a missing one: it allows no protocol at all.
        FFmpeg.require(av_dict_set(&options, "protocol_whitelist", "", 0))
        // One more than allowed, to detect an excess.
        FFmpeg.require(av_dict_set_int(&options, "max_streams", Int64(limits.maxStreams + 1), 0))
        let isMovie = String(cString: container.pointee.name).hasPrefix("mov,")
        edits = isMovie ? EditListReader.read(file.io) ?? [:] : [:]
        if !edits.isEmpty { FFmpeg.require(av_dict_set(&options, "ignore_editlist", "1", 0)) }
        var opened: UnsafeMutablePointer<AVFormatContext>? = format
        let status = avformat_open_input(&opened, nil, container, &options)
        av_dict_free(&options)
        guard status >= 0 else {
            // avformat_open_input frees the context on failure.
            try budget.check()
            if let failure = file.failure { throw failure }
            throw Self.unopened(source, isMovie: isMovie, status)
        }
        self.path = path
        self.source = source
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

    /// Bytes read so far that lie in long runs of zeros.
    var zeroBytes: Int { file.zeroBytes }

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

    /// Whether the container states when packets are decoded, not when they are presented: AVI, and tracks that Matroska
    /// took over from Video for Windows, which are those with a four-character code.
    func statesDecodingOrder(of index: Int) -> Bool {
        isAVI || (container.hasPrefix("matroska") && stream(index).pointee.codecpar.pointee.codec_tag != 0)
    }

    /// Whether it is AVI, in which sound has no times but its place in one continuous stream.
    var isAVI: Bool { container == "avi" }

    /// Whether it is a container with an index and absolute times.
    var hasExactIndex: Bool { container.hasPrefix("mov,") || container.hasPrefix("matroska") }

    private var container: String { String(cString: format.pointee.iformat.pointee.name) }

    /// Makes the container deliver packets of this stream only.
    func select(_ index: Int) {
        for other in 0..<streamCount where other != index { stream(other).pointee.discard = AVDISCARD_ALL }
    }

    /// Reads the next packet of stream `index`.
    ///
    /// - Returns: false at the end of the file, or where the container cannot be read on.
    /// - Throws: ``MediaError`` with `readError` or `changing` where the file's bytes could not be read, and `limit`;
    ///   `CancellationError`.
    func read(_ packet: UnsafeMutablePointer<AVPacket>, of index: Int) throws -> Bool {
        while true {
            try budget.check()
            let status = av_read_frame(format, packet)
            // Also with a packet: after a failed read demuxers deliver what they have, and look for the next whole one.
            if let failure = file.failure {
                av_packet_unref(packet)
                throw failure
            }
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

    /// Seeks all streams to a time in microseconds, at or before it.
    ///
    /// - Returns: whether the container supports the seek.
    func seekFile(to microseconds: Int64) -> Bool {
        av_seek_frame(format, -1, microseconds, AVSEEK_FLAG_BACKWARD) >= 0
    }

    private static func probe(_ file: InputFile, _ source: LocalFile, budget: DecodeBudget) throws
        -> UnsafePointer<AVInputFormat>
    {
        let path = source.path
        if let foreign = ForeignFile(source) { throw foreign.error(path) }
        var container: UnsafePointer<AVInputFormat>?
        // Probed without a name: the bytes decide the format, and a name that contains a pattern would be a list of
        // files.
        let score = av_probe_input_buffer2(file.io, &container, nil, nil, 0, 0)
        try budget.check()
        if let failure = file.failure { throw failure }
        guard score >= 0, let container else {
            if let foreign = ForeignFile(unknown: source) { throw foreign.error(path) }
            throw MediaError(
                .notMedia,
                "\(path) is not a media file, or is damaged at its beginning: \(FFmpeg.words(for: score)); leave it out, "
                    + "or download it again")
        }
        let names = String(cString: container.pointee.name).split(separator: ",").map(String.init)
        guard playlists.isDisjoint(with: names), container.pointee.flags & AVFMT_NOFILE == 0 else {
            throw MediaError(
                .pointer,
                "\(path) is a playlist (\(names[0])), which refers to other files; only single files are read")
        }
        return container
    }

    private func readStreams() throws {
        var options: [OpaquePointer?] = Array(repeating: nil, count: streamCount)
        for index in options.indices {
            FFmpeg.require(av_dict_set_int(&options[index], "max_pixels", Int64(limits.maxPixels), 0))
        }
        let status = options.withUnsafeMutableBufferPointer { avformat_find_stream_info(format, $0.baseAddress) }
        for index in options.indices { av_dict_free(&options[index]) }
        try budget.check()
        if let failure = file.failure { throw failure }
        guard streamCount <= limits.maxStreams else {
            throw MediaError(
                .limit,
                "\(path) has more streams than ingest.limits.max_streams (\(limits.maxStreams)); raise it or leave the file out"
            )
        }
        try FFmpeg.check(status, .corrupt, "cannot read the streams of \(path)")
    }

    /// Why libavformat does not open a file whose container it knows.
    private static func unopened(_ source: LocalFile, isMovie: Bool, _ status: Int32) -> MediaError {
        let path = source.path
        let words = FFmpeg.words(for: status)
        let boxes = isMovie ? MovieBoxes(source) : nil
        if let boxes, boxes.hasMedia, let scheme = boxes.protections.values.min() {
            return MediaError(
                .encrypted, "\(path) is encrypted (\(scheme)), and cannot be opened: \(words); \(MediaError.decrypt)")
        }
        if let boxes, boxes.hasMedia, boxes.movies.isEmpty {
            return MediaError(
                .corrupt,
                "cannot open \(path): its index (moov) is missing, so it was cut off or never finished; \(words); "
                    + ForeignFile.downloadAgain)
        }
        return MediaError(
            status == avprep_averror(EPERM) ? .unsupported : .corrupt, "cannot open \(path): \(words)")
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
