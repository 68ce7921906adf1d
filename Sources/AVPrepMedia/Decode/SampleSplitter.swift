import CFFmpeg

/// The frames in a container's sample, for speech codecs of which phones pack many into one (3GPP TS 26.244, 6.7) and
/// whose decoders in FFmpeg take the first alone. FFmpeg has no parser for them; the first byte of a frame tells its size.
struct SampleSplitter {
    /// Length of every frame, in seconds.
    static let frameSeconds = 0.02
    private let size: @Sendable (UInt8) -> Int?

    /// Bytes of a frame with its first byte, by mode. RFC 4867, 5.3; 15 is "no data".
    private static let narrowband = [13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1]
    private static let wideband = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1]
    /// The same by rate, silence first; 14 is an erasure. RFC 3625 and RFC 4788.
    private static let qcelp: [UInt8: Int] = [0: 1, 1: 4, 2: 8, 3: 17, 4: 35, 14: 1]
    private static let evrc: [UInt8: Int] = [0: 1, 1: 3, 2: 6, 3: 11, 4: 23, 14: 1]

    /// The codecs concerned.
    enum Codec: CaseIterable {
        case amrNarrowband, amrWideband, qcelp, evrc
    }

    /// Nil for codecs whose samples hold one frame, or whose decoders take all.
    init?(_ codec: AVCodecID) {
        switch codec {
        case AV_CODEC_ID_AMR_NB: self.init(.amrNarrowband)
        case AV_CODEC_ID_AMR_WB: self.init(.amrWideband)
        case AV_CODEC_ID_QCELP: self.init(.qcelp)
        case AV_CODEC_ID_EVRC: self.init(.evrc)
        default: return nil
        }
    }

    init(_ codec: Codec) {
        size =
            switch codec {
            case .amrNarrowband: { Self.narrowband[Int($0 >> 3 & 15)] }
            case .amrWideband: { Self.wideband[Int($0 >> 3 & 15)] }
            case .qcelp: { Self.qcelp[$0] }
            case .evrc: { Self.evrc[$0] }
            }
    }

    /// Size of the frame at the start of `bytes`; all of them where it does not fit or is of no known kind.
    func frameSize(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        guard let first = bytes.first, let size = size(first), size < bytes.count else { return bytes.count }
        return size
    }
}
