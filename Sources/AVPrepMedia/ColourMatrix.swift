import CFFmpeg

/// Which matrix takes a picture's luma and chroma to RGB.
enum ColourMatrix {
    /// From this many lines on a picture that does not say counts as BT.709, below as BT.601: what players do.
    static let highDefinitionLines = 720

    /// The matrix a decoded frame is to be read with, as swscale numbers them.
    static func matrix(of frame: UnsafePointer<AVFrame>) -> Int32 {
        switch frame.pointee.colorspace {
        case AVCOL_SPC_BT709: SWS_CS_ITU709
        case AVCOL_SPC_FCC: SWS_CS_FCC
        case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M: SWS_CS_ITU601
        case AVCOL_SPC_SMPTE240M: SWS_CS_SMPTE240M
        case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: SWS_CS_BT2020
        default: Int(frame.pointee.height) >= highDefinitionLines ? SWS_CS_ITU709 : SWS_CS_ITU601
        }
    }

    /// Whether a decoded frame uses all of 0…255, not the video range 16…235.
    static func isFullRange(_ frame: UnsafePointer<AVFrame>) -> Bool {
        if frame.pointee.color_range == AVCOL_RANGE_JPEG { return true }
        switch AVPixelFormat(frame.pointee.format) {
        case AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUVJ411P:
            return true
        default: return false
        }
    }
}
