import CFFmpeg

extension Demuxer {
    /// How stream `index` is encrypted, in a word; nil for a stream in the clear.
    ///
    /// libavformat delivers encrypted packets like others: what decoders make of them is noise, or nothing.
    func encryption(of index: Int) -> String? {
        let stream = stream(index)
        let container = String(cString: format.pointee.iformat.pointee.name)
        if container.hasPrefix("mov") { return protections[stream.pointee.id] }
        if container.hasPrefix("matroska") {
            let isMarked = av_stream_get_side_data(stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, nil) != nil
            return isMarked || Self.has("enc_key_id", stream.pointee.metadata) ? "ContentEncryption" : nil
        }
        if container == "asf" {
            let names = ["ASF_Protection_Type", "ASF_Key_ID"]
            return names.contains { Self.has($0, format.pointee.metadata) } ? "Windows Media DRM" : nil
        }
        if container == "mpegts" {
            if Self.sampleEncrypted.contains(stream.pointee.codecpar.pointee.codec_tag) { return "SAMPLE-AES" }
            return scrambledPrograms.contains(Int(stream.pointee.id)) ? "scrambled" : nil
        }
        return nil
    }

    /// Stream types of HLS Sample Encryption: H.264, AAC, AC-3 and E-AC-3.
    private static let sampleEncrypted: Set<UInt32> = [0xDB, 0xCF, 0xC1, 0xC2]

    private static func has(_ name: String, _ metadata: OpaquePointer?) -> Bool {
        av_dict_get(metadata, name, nil, 0) != nil
    }
}

/// Which elementary streams of a transport stream are scrambled: the bits `transport_scrambling_control` of their
/// packets (ISO/IEC 13818-1, 2.4.3.3).
enum TransportScrambling {
    private static let packetBytes = 188
    private static let places = 8
    private static let packetsAPlace = 512

    /// Packet identifiers of which most packets with a payload are scrambled, at a few places spread over the file.
    static func scrambled(in file: LocalFile) -> Set<Int> {
        var counts: [Int: (scrambled: Int, clear: Int)] = [:]
        let length = packetBytes * packetsAPlace
        for place in 0..<places {
            let offset = max(0, file.size - length) / max(1, places - 1) * place
            let bytes = file.read(at: offset, count: length)
            guard var next = synchronisation(in: bytes) else { continue }
            while next + 4 <= bytes.count, bytes[next] == 0x47 {
                let identifier = Int(bytes[next + 1] & 0x1F) << 8 | Int(bytes[next + 2])
                if bytes[next + 3] & 0x10 != 0 {
                    let isScrambled = bytes[next + 3] & 0xC0 != 0
                    counts[identifier, default: (0, 0)].scrambled += isScrambled ? 1 : 0
                    counts[identifier, default: (0, 0)].clear += isScrambled ? 0 : 1
                }
                next += packetBytes
            }
        }
        return Set(counts.filter { $0.value.scrambled > $0.value.clear }.keys)
    }

    /// Offset of the first of five packets in a row.
    private static func synchronisation(in bytes: [UInt8]) -> Int? {
        (0..<min(packetBytes, bytes.count)).first { start in
            (0..<5).allSatisfy { start + $0 * packetBytes < bytes.count && bytes[start + $0 * packetBytes] == 0x47 }
        }
    }
}
