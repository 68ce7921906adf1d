import CFFmpeg
import Foundation

/// Decodes the packets of one stream into frames: skips damaged data and drains the decoder at the end.
final class StreamDecoder {
    let demuxer: Demuxer
    let stream: UnsafeMutablePointer<AVStream>
    let context: UnsafeMutablePointer<AVCodecContext>
    /// Converts the stream's timestamps.
    let times: PresentationTimes
    /// Number of packets sent to the decoder.
    private(set) var packetCount = 0
    /// Number of packets read, decoded or not.
    private(set) var tally = PacketTally()
    /// Number of decoded frames.
    private(set) var frameCount = 0
    /// Number of packets and frames that the decoder rejected.
    private(set) var errorCount = 0
    /// Number of packets of nothing but zeros: their bytes are lost. They are not decoded, since some decoders take them for
    /// silence.
    private(set) var zeroPacketCount = 0
    /// FFmpeg's message for the first rejection.
    private(set) var firstError: String?
    /// Whether a packet of zeros cannot be content.
    private(set) lazy var isLossy = Self.isLossy(stream.pointee.codecpar.pointee.codec_id)
    private let index: Int
    private let packet: UnsafeMutablePointer<AVPacket>
    private var isDraining = false
    /// Where the container states times in decoding order only.
    private var decodingOrder: DecodingOrderClock?
    private let splitter: SampleSplitter?
    /// A frame of a packet with several.
    private let part: UnsafeMutablePointer<AVPacket>
    /// Where the next frame of such a packet begins, and its number; nil where the next packet is due.
    private var nextPart: (offset: Int, number: Int)?
    /// Stated length of the packets rejected since the last frame, in ticks.
    private var rejectedTicks: Int64 = 0

    /// A decoder that keeps returning errors at the end counts as drained after this many in a row.
    private static let maxErrorsWhileDraining = 64
    /// Packets of fewer bytes may be zero by chance.
    private static let leastZeros = 16

    /// - Parameters:
    ///   - index: the stream; `demuxer` delivers only its packets from now on.
    ///   - threads: number of threads of the decoder.
    /// - Throws: ``MediaError`` with `encrypted`, `unsupported` when there is no decoder, `limit` when its pictures are
    ///   too large.
    init(_ demuxer: Demuxer, stream index: Int, threads: Int) throws(MediaError) {
        self.demuxer = demuxer
        self.index = index
        demuxer.select(index)
        stream = demuxer.stream(index)
        times = demuxer.times(of: index)
        let parameters = stream.pointee.codecpar.pointee
        let name = FFmpeg.codecName(parameters)
        let place = "\(demuxer.path), stream \(index) (\(name))"
        guard Int(parameters.width) * Int(parameters.height) <= demuxer.limits.maxPixels else {
            throw MediaError(
                .limit,
                "\(place): pictures of \(parameters.width) × \(parameters.height) are over ingest.limits.max_pixels "
                    + "(\(demuxer.limits.maxPixels)); raise it or leave the file out")
        }
        if let scheme = demuxer.encryption(of: index) {
            throw MediaError(.encrypted, "\(place): it is encrypted (\(scheme)); \(MediaError.decrypt)")
        }
        guard let decoder = Self.decoder(for: stream) else {
            throw MediaError(.unsupported, "\(place): this FFmpeg has no decoder for it")
        }
        var context: UnsafeMutablePointer<AVCodecContext>? = FFmpeg.allocated(avcodec_alloc_context3(decoder))
        FFmpeg.require(avcodec_parameters_to_context(context, stream.pointee.codecpar))
        let isDecodingOrder =
            parameters.codec_type == AVMEDIA_TYPE_VIDEO && demuxer.statesDecodingOrder(of: index)
        decodingOrder = isDecodingOrder ? DecodingOrderClock() : nil
        splitter = SampleSplitter(parameters.codec_id)
        // Threads delay pictures by more packets than reordering does.
        context!.pointee.thread_count = isDecodingOrder ? 1 : Int32(threads)  // just allocated
        context!.pointee.max_pixels = Int64(demuxer.limits.maxPixels)
        // Crop exactly at any pixel, not only at aligned addresses.
        context!.pointee.flags |= Int32(AV_CODEC_FLAG_UNALIGNED)
        // Without this the decoder cannot adjust a frame's time for samples it skips.
        context!.pointee.pkt_timebase = stream.pointee.time_base
        let status = avcodec_open2(context, decoder, nil)
        guard status >= 0, let opened = context else {
            avcodec_free_context(&context)
            throw MediaError(.unsupported, "\(place): the decoder rejects it: \(FFmpeg.words(for: status))")
        }
        self.context = opened
        packet = FFmpeg.allocated(av_packet_alloc())
        part = FFmpeg.allocated(av_packet_alloc())
    }

    deinit {
        for packet in [packet, part] {
            var packet: UnsafeMutablePointer<AVPacket>? = packet
            av_packet_free(&packet)
        }
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
    }

    /// Decodes the next frame.
    ///
    /// - Returns: false at the end.
    /// - Throws: ``MediaError`` with `encrypted` when packets are, `limit`; `CancellationError`.
    func next(_ frame: UnsafeMutablePointer<AVFrame>) throws -> Bool {
        var errorsWhileDraining = 0
        while true {
            let status = avcodec_receive_frame(context, frame)
            if status >= 0 {
                frameCount += 1
                if decodingOrder != nil {
                    frame.pointee.best_effort_timestamp =
                        decodingOrder?.next(
                            ofPacket: frame.pointee.reordered_opaque,
                            isBidirectional: [AV_PICTURE_TYPE_B, AV_PICTURE_TYPE_BI].contains(frame.pointee.pict_type),
                            depth: Int(max(0, context.pointee.has_b_frames))) ?? avprep_nopts
                }
                return true
            }
            if status == avprep_averror_eof { return false }
            if status != avprep_averror(EAGAIN) {
                note(status)
                if isDraining {
                    errorsWhileDraining += 1
                    if errorsWhileDraining > Self.maxErrorsWhileDraining { return false }
                }
                continue
            }
            // A drained decoder returns "end", never "again"; one that returns "again" anyway would loop forever.
            if isDraining { return false }
            try feed()
        }
    }

    /// Seeks to the last key frame at or before `tick` and flushes the decoder.
    ///
    /// - Returns: whether the container supports the seek.
    func seek(to tick: Int64) -> Bool {
        guard demuxer.seek(index, to: tick) else { return false }
        flush()
        return true
    }

    /// Seeks the whole container to a time, by the stream that libavformat prefers: sound has no index in some containers.
    ///
    /// - Returns: whether the container supports the seek.
    func seekFile(to seconds: Double) -> Bool {
        let limit = 1e12
        let time = Int64((min(max(seconds, -limit), limit) * Double(AV_TIME_BASE)).rounded())
        guard demuxer.seekFile(to: time) else { return false }
        flush()
        return true
    }

    /// Seeks the whole container to a time, by the index of the stream `other`.
    ///
    /// - Returns: whether the container supports the seek.
    func seek(to seconds: Double, by other: Int) -> Bool {
        guard demuxer.seek(other, to: demuxer.times(of: other).tick(at: seconds)) else { return false }
        flush()
        return true
    }

    /// Whether a seek arrives at pictures and sound with their own times: Matroska and the mp4 family have an index, and
    /// times that do not depend on what was read before.
    var seeksExactly: Bool { demuxer.hasExactIndex && decodingOrder == nil }

    /// Forgets what was read before a seek.
    private func flush() {
        avcodec_flush_buffers(context)
        isDraining = false
        dropParts()
        decodingOrder?.reset()
    }

    /// FFmpeg's own decoder, except libvpx for VP8 and VP9 with transparency, which FFmpeg's own decoders ignore.
    private static func decoder(for stream: UnsafePointer<AVStream>) -> UnsafePointer<AVCodec>? {
        let codec = stream.pointee.codecpar.pointee.codec_id
        let mode = av_dict_get(stream.pointee.metadata, "alpha_mode", nil, 0)?.pointee.value
        if let mode, String(cString: mode) == "1" {
            let name: String? =
                switch codec {
                case AV_CODEC_ID_VP8: "libvpx"
                case AV_CODEC_ID_VP9: "libvpx-vp9"
                default: nil
                }
            if let name, let decoder = avcodec_find_decoder_by_name(name) { return decoder }
        }
        return avcodec_find_decoder(codec)
    }

    /// Reads to the end of the stream without decoding, for ``tally``. Nothing can be decoded afterwards.
    func readOut() throws {
        dropParts()
        while try demuxer.read(packet, of: index) {
            packetCount += 1
            tally.add(packet.pointee, times)
            if isLost(packet.pointee) { zeroPacketCount += 1 }
            av_packet_unref(packet)
        }
        isDraining = true
    }

    /// Stated length of the packets that the decoder has rejected since the last call, in seconds.
    func takeRejectedSeconds() -> Double {
        defer { rejectedTicks = 0 }
        return times.duration(of: rejectedTicks) ?? 0
    }

    /// Sends the next packet, or the next frame of the last one.
    private func feed() throws {
        if nextPart != nil { return sendPart() }
        guard try demuxer.read(packet, of: index) else {
            isDraining = true
            let status = avcodec_send_packet(context, nil)
            if status < 0, status != avprep_averror_eof { note(status) }
            return
        }
        packetCount += 1
        tally.add(packet.pointee, times)
        if av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, nil) != nil {
            let moment = times.mediaSeconds(at: packet.pointee.pts).map { String(format: " from %.2f s on", $0) } ?? ""
            throw MediaError(
                .encrypted, "\(demuxer.path), stream \(index): it is encrypted\(moment); \(MediaError.decrypt)")
        }
        if isLost(packet.pointee) {
            zeroPacketCount += 1
            rejectedTicks &+= max(0, packet.pointee.duration)
            return av_packet_unref(packet)
        }
        if splitter != nil {
            nextPart = (0, 0)
            return sendPart()
        }
        if decodingOrder != nil {
            let tick = packet.pointee.dts == avprep_nopts ? packet.pointee.pts : packet.pointee.dts
            decodingOrder?.add(Int64(packetCount), at: tick == avprep_nopts ? nil : tick)
            context.pointee.reordered_opaque = Int64(packetCount)
        }
        send(packet)
        av_packet_unref(packet)
    }

    private func send(_ packet: UnsafeMutablePointer<AVPacket>) {
        let status = avcodec_send_packet(context, packet)
        guard status < 0 else { return }
        rejectedTicks &+= max(0, packet.pointee.duration)
        note(status)
    }

    /// Sends the next frame of a packet with several, at its own time.
    private func sendPart() {
        guard let splitter, let (offset, number) = nextPart, let data = packet.pointee.data else { return dropParts() }
        let rest = UnsafeBufferPointer(start: data + offset, count: Int(packet.pointee.size) - offset)
        let size = splitter.frameSize(rest)
        guard av_packet_ref(part, packet) >= 0 else { MediaMemory.giveUp() }
        part.pointee.data = data + offset
        part.pointee.size = Int32(size)
        let ticks = SampleSplitter.frameSeconds / stream.pointee.time_base.value
        part.pointee.duration = Int64(ticks.rounded())
        if number > 0, part.pointee.pts != avprep_nopts {
            part.pointee.pts &+= Int64((Double(number) * ticks).rounded())
            part.pointee.dts = part.pointee.pts
        }
        send(part)
        av_packet_unref(part)
        nextPart = (offset + size, number + 1)
        if size == rest.count { dropParts() }
    }

    private func dropParts() {
        if nextPart != nil { av_packet_unref(packet) }
        nextPart = nil
    }

    /// Whether a packet holds zeros where a compressed one cannot.
    private func isLost(_ packet: AVPacket) -> Bool {
        guard isLossy, packet.size >= Self.leastZeros, let data = packet.data else { return false }
        return UnsafeBufferPointer(start: data, count: Int(packet.size)).allSatisfy { $0 == 0 }
    }

    private func note(_ status: Int32) {
        errorCount += 1
        MediaMemory.observe(status)
        if firstError == nil { firstError = FFmpeg.words(for: status) }
    }
}
