import CFFmpeg

/// How a picture's values are interpreted as colours: what the file states, with defaults for what it does not.
struct PictureColour: Equatable {
    /// The matrix from luma and chroma to red, green and blue.
    var matrix: AVColorSpace
    /// Whether values use all of 0…255 instead of the video range 16…235.
    var isFullRange: Bool
    var primaries: AVColorPrimaries
    var transfer: AVColorTransferCharacteristic
    /// Position of a chroma sample relative to its luma samples.
    var chromaLocation: AVChromaLocation

    /// - Parameters:
    ///   - frame: before cropping, since its size implies the likely matrix where none is stated.
    ///   - keepsImages: whether the codec stores still images (PNG, FFV1, raw video), so that grey without a stated
    ///     range has the full range; broadcast and film codecs define it as video range.
    init(of frame: UnsafePointer<AVFrame>, keepsImages: Bool) {
        let frame = frame.pointee
        let format = AVPixelFormat(frame.format)
        let layout = av_pix_fmt_desc_get(format)?.pointee
        let flags = layout?.flags ?? 0
        let isRGB = flags & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) != 0
        let isHighDefinition = Self.isHighDefinition(width: Int(frame.width), height: Int(frame.height))
        primaries = frame.color_primaries
        if primaries == AVCOL_PRI_UNSPECIFIED || primaries == AVCOL_PRI_RESERVED0 || primaries == AVCOL_PRI_RESERVED {
            primaries = frame.colorspace == AVCOL_SPC_BT2020_NCL ? AVCOL_PRI_BT2020 : AVCOL_PRI_BT709
        }
        transfer = frame.color_trc
        if transfer == AVCOL_TRC_UNSPECIFIED || transfer == AVCOL_TRC_RESERVED0 || transfer == AVCOL_TRC_RESERVED {
            transfer = AVCOL_TRC_BT709
        }
        matrix =
            switch frame.colorspace {
            case _ where isRGB: AVCOL_SPC_RGB
            // A file with luma and chroma that states the identity matrix is treated as if it stated none.
            case AVCOL_SPC_UNSPECIFIED, AVCOL_SPC_RESERVED, AVCOL_SPC_RGB:
                isHighDefinition ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M
            case AVCOL_SPC_CHROMA_DERIVED_NCL:
                switch primaries {
                case AVCOL_PRI_BT2020: AVCOL_SPC_BT2020_NCL
                case AVCOL_PRI_BT709: AVCOL_SPC_BT709
                default: AVCOL_SPC_SMPTE170M
                }
            default: frame.colorspace
            }
        isFullRange =
            switch format {
            case AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P,
                AV_PIX_FMT_YUVJ411P:
                true
            default:
                switch frame.color_range {
                case AVCOL_RANGE_JPEG: true
                case AVCOL_RANGE_MPEG: isRGB
                default: isRGB || keepsImages && (layout?.nb_components ?? 3) < 3
                }
            }
        chromaLocation =
            switch frame.chroma_location {
            // MPEG-2's position, also the default of H.264 and HEVC.
            case AVCHROMA_LOC_UNSPECIFIED: AVCHROMA_LOC_LEFT
            case let stated: stated
            }
    }

    /// Whether a picture without a stated matrix is read as BT.709 instead of BT.601: the rule of mpv and, without the
    /// width, VLC.
    static func isHighDefinition(width: Int, height: Int) -> Bool { width >= 1280 || height > 576 }

    /// The kind of high dynamic range, if any.
    var dynamicRange: VideoColour.DynamicRange {
        switch transfer {
        case AVCOL_TRC_SMPTE2084: .pq
        case AVCOL_TRC_ARIB_STD_B67: .hlg
        default: .standard
        }
    }

    /// Whether colours go far beyond those of a BT.709 display for the same values.
    var isWideGamut: Bool { [AVCOL_PRI_BT2020, AVCOL_PRI_SMPTE431, AVCOL_PRI_SMPTE432].contains(primaries) }

    /// swscale's number of the matrix; nil for an unknown one.
    var scalerMatrix: Int32? {
        switch matrix {
        case AVCOL_SPC_RGB: SWS_CS_ITU709  // not applied
        case AVCOL_SPC_BT709: SWS_CS_ITU709
        case AVCOL_SPC_FCC: SWS_CS_FCC
        case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M: SWS_CS_ITU601
        case AVCOL_SPC_SMPTE240M: SWS_CS_SMPTE240M
        case AVCOL_SPC_BT2020_NCL: SWS_CS_BT2020
        default: nil
        }
    }

    /// The values as FFmpeg names them.
    var names: VideoColour.Names {
        VideoColour.Names(
            range: isFullRange ? "pc" : "tv", matrix: Self.name(av_color_space_name(matrix)),
            primaries: Self.name(av_color_primaries_name(primaries)),
            transfer: Self.name(av_color_transfer_name(transfer)),
            chromaLocation: Self.name(av_chroma_location_name(chromaLocation)))
    }

    /// The names stated by a frame itself.
    static func statedNames(of frame: AVFrame) -> VideoColour.Names {
        VideoColour.Names(
            range: name(av_color_range_name(frame.color_range)), matrix: name(av_color_space_name(frame.colorspace)),
            primaries: name(av_color_primaries_name(frame.color_primaries)),
            transfer: name(av_color_transfer_name(frame.color_trc)),
            chromaLocation: name(av_chroma_location_name(frame.chroma_location)))
    }

    private static func name(_ name: UnsafePointer<CChar>?) -> String { name.map { String(cString: $0) } ?? "unknown" }
}
