import CFFmpeg

/// A picture as output by the decoder, with its stream's properties.
struct DecodedPicture {
    let frame: UnsafeMutablePointer<AVFrame>
    let stream: StreamPictures
    /// Orientation: by the codec (H.264 and HEVC can change it within a stream), else by the container.
    let orientation: Orientation

    /// How its values are interpreted as colours.
    var colour: PictureColour { PictureColour(of: frame, keepsImages: stream.keepsImages) }
}

/// Properties of a stream that apply to all of its pictures.
struct StreamPictures: Equatable {
    let orientation: Orientation
    /// Whether the codec stores still images, see ``PictureColour``.
    let keepsImages: Bool
    /// Peak brightness of the pictures in cd/m², where container or codec state it.
    let peakNits: Double?
    /// Whether the fourth component is undefined: Windows' 32-bit bitmaps leave it so.
    let ignoresAlpha: Bool

    /// - Parameter first: the first picture, which can hold properties missing from the container; nil when none
    ///   decodes.
    init(of stream: UnsafePointer<AVStream>, first: UnsafePointer<AVFrame>?) {
        orientation = Orientation(of: stream)
        let codec = avcodec_descriptor_get(stream.pointee.codecpar.pointee.codec_id)
        keepsImages = codec.map { Int32($0.pointee.props) & AV_CODEC_PROP_LOSSY == 0 } ?? false
        let parameters = stream.pointee.codecpar.pointee
        ignoresAlpha = parameters.codec_id == AV_CODEC_ID_RAWVIDEO && parameters.codec_tag == 0
        peakNits = first.flatMap { MasteringDisplay.peakNits(of: $0) } ?? MasteringDisplay.peakNits(of: stream)
    }

    /// Whether an interlaced picture is a single field: HEVC codes fields as separate pictures with their own times,
    /// and FFmpeg 5.1 outputs them so. They are shown one by one, at full height.
    static func isSingleField(_ frame: AVFrame, of stream: UnsafePointer<AVStream>) -> Bool {
        frame.interlaced_frame != 0 && stream.pointee.codecpar.pointee.codec_id == AV_CODEC_ID_HEVC
    }

    /// Whether pictures use Dolby's proprietary colours, which other decoders cannot convert: a Dolby Vision profile
    /// whose base layer fits no other standard (profile 5, and 10.0 in AV1). FFmpeg decodes them to green and purple.
    static func needsDolbyVision(_ stream: UnsafePointer<AVStream>) -> Bool {
        var size = 0
        guard let bytes = av_stream_get_side_data(stream, AV_PKT_DATA_DOVI_CONF, &size),
            size >= MemoryLayout<AVDOVIDecoderConfigurationRecord>.size
        else { return false }
        let record = UnsafeRawPointer(bytes).loadUnaligned(as: AVDOVIDecoderConfigurationRecord.self)
        return record.dv_bl_signal_compatibility_id == 0 && [5, 10].contains(record.dv_profile)
    }
}

/// The peak brightness that high dynamic range pictures were graded for: HDR10's static metadata (SMPTE ST 2086,
/// CTA-861.3).
enum MasteringDisplay {
    /// The brightest pixel according to the codec.
    static func peakNits(of frame: UnsafePointer<AVFrame>) -> Double? {
        func data(_ type: AVFrameSideDataType, _ size: Int) -> UnsafeRawPointer? {
            guard let data = av_frame_get_side_data(frame, type), data.pointee.size >= size else { return nil }
            return UnsafeRawPointer(data.pointee.data)
        }
        return peak(
            level: data(AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, MemoryLayout<AVContentLightMetadata>.size),
            mastering: data(
                AV_FRAME_DATA_MASTERING_DISPLAY_METADATA, MemoryLayout<AVMasteringDisplayMetadata>.size))
    }

    /// The brightest pixel according to the container.
    static func peakNits(of stream: UnsafePointer<AVStream>) -> Double? {
        func data(_ type: AVPacketSideDataType, _ size: Int) -> UnsafeRawPointer? {
            var found = 0
            guard let data = av_stream_get_side_data(stream, type, &found), found >= size else { return nil }
            return UnsafeRawPointer(data)
        }
        return peak(
            level: data(AV_PKT_DATA_CONTENT_LIGHT_LEVEL, MemoryLayout<AVContentLightMetadata>.size),
            mastering: data(AV_PKT_DATA_MASTERING_DISPLAY_METADATA, MemoryLayout<AVMasteringDisplayMetadata>.size))
    }

    /// MaxCLL where it is known, else the mastering display's white. Both are 0 where an encoder did not know them.
    private static func peak(level: UnsafeRawPointer?, mastering: UnsafeRawPointer?) -> Double? {
        if let level {
            let most = level.loadUnaligned(as: AVContentLightMetadata.self).MaxCLL
            if most > 0 { return Double(most) }
        }
        if let mastering {
            let screen = mastering.loadUnaligned(as: AVMasteringDisplayMetadata.self)
            if screen.has_luminance != 0, screen.max_luminance.value > 0 { return screen.max_luminance.value }
        }
        return nil
    }
}
