import CFFmpeg

/// A film with another sound: its pictures' packets as they are, beside a sound that is encoded.
package enum FilmCopy {
    /// What a film's pictures go into unchanged: mp4 where it takes the codec, else Matroska.
    ///
    /// - Parameter codec: FFmpeg's name.
    /// - Returns: the file's extension, `mp4` or `mkv`.
    package static func container(forCodec codec: String) -> String {
        guard let description = avcodec_descriptor_get_by_name(codec), let mp4 = av_guess_format("mp4", nil, nil),
            avformat_query_codec(mp4, description.pointee.id, FF_COMPLIANCE_NORMAL) == 1
        else { return "mkv" }
        return "mp4"
    }

    /// Writes the copy.
    ///
    /// - Parameters:
    ///   - film: read from its start to its end.
    ///   - index: of its picture stream.
    ///   - sampleRate: of the sound, which is mono. AAC in mp4 is resampled where it does not know the rate; in Matroska it is
    ///     16-bit PCM.
    ///   - startSeconds: of the sound's first sample, on the film's presentation clock.
    ///   - filmStart: the time on that clock which becomes 0, not after the sound's start. From there to the sound is silence:
    ///     mp4 cannot mark what AAC puts before a sound that is delayed.
    ///   - samples: called again and again for as many of the next samples; fewer at the end.
    ///   - path: the file to write; an existing one is overwritten. Its container is ``container(forCodec:)``'s.
    /// - Throws: ``MediaError``: `encode` also where the packets cannot be placed in time, as in a film whose edit list cuts it
    ///   into pieces; `CancellationError`; what `samples` throws.
    package static func write(
        _ film: LocalFile, stream index: Int, sampleRate: Int, startSeconds: Double,
        filmStart: Double, to path: String, container: String, limits: MediaLimits = MediaLimits(),
        isCancelled: @escaping @Sendable () -> Bool = { false },
        samples: (Int) throws -> [Float]
    ) throws {
        FFmpeg.setUp
        let budget = DecodeBudget(film, limits: limits, isCancelled: isCancelled, onProgress: {})
        let demuxer = try Demuxer(film, limits: limits, budget: budget)
        guard index < demuxer.streamCount else { throw MediaError(.corrupt, "\(film.path) changed while it was read") }
        demuxer.select(index)
        let writer = try CopyWriter(
            demuxer, stream: index, sampleRate: sampleRate, startSeconds: startSeconds,
            filmStart: filmStart, path: path, container: container)
        try writer.run(samples)
    }
}

private final class CopyWriter {
    /// Samples that are asked for at a time, in seconds.
    private static let blockSeconds = 0.5
    /// Two packets whose times are shifted by amounts that differ by more than this, in seconds, lie in different pieces.
    private static let sameShift = 1e-3

    private let demuxer: Demuxer
    private let index: Int
    private let path: String
    private let format: UnsafeMutablePointer<AVFormatContext>
    private let stream: UnsafeMutablePointer<AVStream>
    private let sound: AudioEncoder
    private let resampler: MonoResampler
    private let packet: UnsafeMutablePointer<AVPacket> = FFmpeg.allocated(av_packet_alloc())
    private let sampleRate: Int
    private let filmStart: Double
    /// Samples of silence before the sound.
    private var silence: Int
    private var heard = 0
    private var isSoundOver = false
    private var shift: Double?

    init(
        _ demuxer: Demuxer, stream index: Int, sampleRate: Int, startSeconds: Double, filmStart: Double,
        path: String, container: String
    ) throws {
        self.demuxer = demuxer
        self.index = index
        self.path = path
        self.sampleRate = sampleRate
        self.filmStart = filmStart
        silence = max(0, Int(((startSeconds - filmStart) * Double(sampleRate)).rounded()))
        let isMatroska = container == "mkv"
        var opened: UnsafeMutablePointer<AVFormatContext>?
        try FFmpeg.check(
            avformat_alloc_output_context2(&opened, nil, isMatroska ? "matroska" : "mp4", path), .encode,
            "cannot write \(path)")
        let format = FFmpeg.allocated(opened)
        do {
            let source = demuxer.stream(index)
            let stream = FFmpeg.allocated(avformat_new_stream(format, nil))
            FFmpeg.require(avcodec_parameters_copy(stream.pointee.codecpar, source.pointee.codecpar))
            // The tag is that of the other container.
            stream.pointee.codecpar.pointee.codec_tag = 0
            stream.pointee.time_base = source.pointee.time_base
            stream.pointee.sample_aspect_ratio = source.pointee.sample_aspect_ratio
            stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
            // How the picture is turned.
            var size = 0
            if let matrix = av_stream_get_side_data(source, AV_PKT_DATA_DISPLAYMATRIX, &size),
                let copy = av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, size)
            {
                copy.update(from: matrix, count: size)
            }
            let rate = isMatroska ? sampleRate : MonoResampler.rateOfAAC(for: sampleRate)
            let encoding = AudioEncoding(codec: isMatroska ? "pcm_s16le" : "aac", sampleRate: rate, channels: 1)
            sound = try AudioEncoder(encoding, in: format, path: path)
            resampler = try MonoResampler(from: sampleRate, to: rate, path: path)
            self.stream = stream
            format.pointee.flags |= AVFMT_FLAG_BITEXACT
            try FFmpeg.check(
                avio_open(&format.pointee.pb, "file:\(path)", AVIO_FLAG_WRITE), .encode, "cannot write \(path)")
            try FFmpeg.check(avformat_write_header(format, nil), .encode, "cannot write \(path)")
        } catch {
            avio_closep(&format.pointee.pb)
            avformat_free_context(format)
            throw error
        }
        self.format = format
    }

    deinit {
        avio_closep(&format.pointee.pb)
        avformat_free_context(format)
        var packet: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&packet)
    }

    func run(_ samples: (Int) throws -> [Float]) throws {
        let source = demuxer.stream(index)
        let times = demuxer.times(of: index)
        while try demuxer.read(packet, of: index) {
            defer { av_packet_unref(packet) }
            try place(packet, times, base: source.pointee.time_base)
            let end = Double(packet.pointee.dts) * source.pointee.time_base.value
            try hear(until: end, samples)
            packet.pointee.stream_index = stream.pointee.index
            packet.pointee.pos = -1
            av_packet_rescale_ts(packet, source.pointee.time_base, stream.pointee.time_base)
            try FFmpeg.check(av_interleaved_write_frame(format, packet), .encode, "cannot write \(path)")
        }
        try hear(until: .infinity, samples)
        let rest = try resampler.finish()
        if !rest.isEmpty { try sound.encode(rest, at: 0) }
        try sound.finish()
        try FFmpeg.check(av_write_trailer(format), .encode, "cannot complete \(path)")
        try FFmpeg.check(avio_closep(&format.pointee.pb), .encode, "cannot complete \(path)")
    }

    /// Puts a packet on the presentation clock.
    private func place(_ packet: UnsafeMutablePointer<AVPacket>, _ times: PresentationTimes, base: AVRational) throws {
        guard packet.pointee.dts != avprep_nopts, packet.pointee.pts != avprep_nopts,
            let media = times.mediaSeconds(at: packet.pointee.pts), let shown = times.seconds(at: packet.pointee.pts)
        else { throw MediaError(.encode, "cannot copy the pictures of \(demuxer.path): some have no time") }
        let own = shown - media - filmStart
        if let shift, abs(own - shift) > Self.sameShift {
            throw MediaError(
                .encode, "cannot copy the pictures of \(demuxer.path): its edit list cuts the film into pieces")
        }
        shift = shift ?? own
        let ticks = Int64(((shift ?? 0) / base.value).rounded())
        packet.pointee.pts += ticks
        packet.pointee.dts += ticks
    }

    /// Encodes the sound up to a time, so that neither stream waits long for the other.
    private func hear(until seconds: Double, _ samples: (Int) throws -> [Float]) throws {
        while !isSoundOver, Double(heard) / Double(sampleRate) <= seconds {
            let count = max(1, Int(Self.blockSeconds * Double(sampleRate)))
            let lead = min(silence, count)
            let block = try [Float](repeating: 0, count: lead) + (lead < count ? samples(count - lead) : [])
            silence -= lead
            heard += block.count
            isSoundOver = block.count < count
            let converted = try resampler.convert(block)
            if !converted.isEmpty { try sound.encode(converted, at: 0) }
        }
    }
}

/// Mono samples at another rate.
private final class MonoResampler {
    /// The rates that AAC knows.
    private static let aac = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

    /// The least of them that loses nothing.
    static func rateOfAAC(for rate: Int) -> Int { aac.first { $0 >= rate } ?? 48_000 }

    private let converter: OpaquePointer?
    private let path: String
    private let ratio: Double

    init(from source: Int, to target: Int, path: String) throws {
        self.path = path
        ratio = Double(target) / Double(source)
        guard source != target else {
            converter = nil
            return
        }
        var mono = AVChannelLayout()
        av_channel_layout_default(&mono, 1)
        var same = mono
        var made: OpaquePointer?
        FFmpeg.require(
            swr_alloc_set_opts2(
                &made, &mono, AV_SAMPLE_FMT_FLT, Int32(target), &same, AV_SAMPLE_FMT_FLT, Int32(source), 0, nil))
        let status = swr_init(made)
        guard status >= 0 else {
            swr_free(&made)
            throw MediaError(.encode, "cannot write \(path): \(source) samples a second cannot become \(target)")
        }
        converter = made
    }

    deinit {
        var converter = converter
        if converter != nil { swr_free(&converter) }
    }

    func convert(_ samples: [Float]) throws -> [Float] { try converted(samples) }

    /// What is left in the filter.
    func finish() throws -> [Float] { converter == nil ? [] : try converted(nil) }

    private func converted(_ samples: [Float]?) throws -> [Float] {
        guard let converter else { return samples ?? [] }
        let capacity = Int(Double(samples?.count ?? 0) * ratio) + 4096
        var output = [Float](repeating: 0, count: capacity)
        let count = output.withUnsafeMutableBytes { output in
            var targets: [UnsafeMutablePointer<UInt8>?] = [output.assumingMemoryBound(to: UInt8.self).baseAddress]
            guard let samples else { return swr_convert(converter, &targets, Int32(capacity), nil, 0) }
            return samples.withUnsafeBytes { bytes in
                var sources: [UnsafePointer<UInt8>?] = [bytes.assumingMemoryBound(to: UInt8.self).baseAddress]
                return swr_convert(converter, &targets, Int32(capacity), &sources, Int32(samples.count))
            }
        }
        try FFmpeg.check(count, .encode, "cannot write \(path): samples cannot be converted")
        return Array(output.prefix(Int(count)))
    }
}
