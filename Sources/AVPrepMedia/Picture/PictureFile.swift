import AVPrepCore
package import AVPrepModel
import CFFmpeg
package import Foundation

/// Image files.
package enum PictureFile {
    /// Encodes a picture as PNG, losslessly. The same picture gives the same bytes.
    ///
    /// - Parameter picture: RGB or grey.
    /// - Throws: ``MediaError`` with `encode` when this FFmpeg cannot encode PNG.
    package static func png(_ picture: PixelBuffer) throws(MediaError) -> Data {
        precondition(picture.channels == 3 || picture.channels == 1, "a PNG must be RGB or grey")
        FFmpeg.setUp
        guard let encoder = avcodec_find_encoder(AV_CODEC_ID_PNG) else {
            throw MediaError(.encode, "cannot draw: this FFmpeg has no PNG encoder")
        }
        let context = FFmpeg.allocated(avcodec_alloc_context3(encoder))
        var frame: UnsafeMutablePointer<AVFrame>? = FFmpeg.allocated(av_frame_alloc())
        var packet: UnsafeMutablePointer<AVPacket>? = FFmpeg.allocated(av_packet_alloc())
        defer {
            var context: UnsafeMutablePointer<AVCodecContext>? = context
            avcodec_free_context(&context)
            av_frame_free(&frame)
            av_packet_free(&packet)
        }
        let format = picture.channels == 3 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_GRAY8
        context.pointee.width = Int32(picture.width)
        context.pointee.height = Int32(picture.height)
        context.pointee.pix_fmt = format
        context.pointee.time_base = AVRational(num: 1, den: 25)
        context.pointee.thread_count = 1
        // "mixed" chooses a filter per row: half the size of unfiltered rows on drawings.
        FFmpeg.require(av_opt_set(context.pointee.priv_data, "pred", "mixed", 0))
        try FFmpeg.check(avcodec_open2(context, encoder, nil), .encode, "cannot encode a picture")
        guard let frame, let packet else { preconditionFailure("allocated above") }
        frame.pointee.format = format.rawValue
        frame.pointee.width = context.pointee.width
        frame.pointee.height = context.pointee.height
        try FFmpeg.check(av_frame_get_buffer(frame, 0), .encode, "cannot encode a picture")
        guard let target = frame.pointee.data.0, let source = picture.pixels.baseAddress else {
            preconditionFailure("the picture has no pixels")
        }
        for row in 0..<picture.height {
            memcpy(target + row * Int(frame.pointee.linesize.0), source + row * picture.rowBytes, picture.rowBytes)
        }
        try FFmpeg.check(avcodec_send_frame(context, frame), .encode, "cannot encode a picture")
        try FFmpeg.check(avcodec_send_frame(context, nil), .encode, "cannot encode a picture")
        try FFmpeg.check(avcodec_receive_packet(context, packet), .encode, "cannot encode a picture")
        return Data(bytes: packet.pointee.data, count: Int(packet.pointee.size))
    }

    /// Writes a picture as a PNG file, atomically.
    ///
    /// - Throws: ``MediaError`` with `encode`, or AVPrepCore's `Failure` naming the path when the file system refuses.
    package static func writePNG(_ picture: PixelBuffer, to path: String) throws {
        try AtomicFile.write(try png(picture), to: path)
    }
}
