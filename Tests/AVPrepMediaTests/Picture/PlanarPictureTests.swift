import CFFmpeg
import Foundation
import TestSupport
import Testing

@testable import AVPrepMedia
@testable import AVPrepModel

/// Planes from swscale are its interleaved pixels, bit for bit.
@Suite struct PlanarPictureTests {
    private static let formats = [
        AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV411P, AV_PIX_FMT_YUV410P,
        AV_PIX_FMT_NV12, AV_PIX_FMT_YUYV422, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUV422P10LE, AV_PIX_FMT_P010LE,
        AV_PIX_FMT_YUV444P12LE,
    ]

    /// A frame of noise, or of hard edges between the extremes, within its bits.
    private func frame(_ format: AVPixelFormat, _ width: Int, _ height: Int, edges: Bool) throws
        -> UnsafeMutablePointer<AVFrame>
    {
        let frame = UnsafeMutablePointer<AVFrame>.allocate(width: width, height: height, format: format)
        let layout = try #require(av_pix_fmt_desc_get(format)).pointee
        var state = UInt64(width * 31 + height)
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for (plane, stride) in [
            (frame.pointee.data.0, frame.pointee.linesize.0), (frame.pointee.data.1, frame.pointee.linesize.1),
            (frame.pointee.data.2, frame.pointee.linesize.2),
        ] {
            guard let plane else { continue }
            let isChroma = plane != frame.pointee.data.0
            let rows = isChroma ? -(-height >> Int(layout.log2_chroma_h)) : height
            for byte in 0..<rows * Int(stride) {
                let (x, y) = (byte % Int(stride), byte / Int(stride))
                plane[byte] = UInt8(truncatingIfNeeded: edges ? ((x / 11 + y / 5) % 2 == 0 ? 0 : 255) : next())
                let depth = Int(layout.comp.0.depth)
                if depth > 8, byte % 2 == 1, layout.comp.0.shift == 0 { plane[byte] &= UInt8(1 << (depth - 8)) - 1 }
            }
        }
        return frame
    }

    @Test(
        arguments: formats.map(\.rawValue),
        [(96, 64, 38, 22), (97, 53, 97, 53), (193, 129, 96, 64), (120, 80, 200, 121), (64, 48, 1, 1)])
    func planesHaveTheSameBits(format: Int32, sizes: (Int, Int, Int, Int)) throws {
        let (width, height, newWidth, newHeight) = sizes
        let format = AVPixelFormat(format)
        for (number, matrix) in [AVCOL_SPC_BT709, AVCOL_SPC_SMPTE170M, AVCOL_SPC_BT2020_NCL].enumerated() {
            for (edges, filter) in [(false, SWS_BICUBIC), (true, SWS_BICUBIC), (false, SWS_AREA), (true, SWS_AREA)] {
                let frame = try frame(format, width, height, edges: edges)
                defer { frame.free() }
                frame.pointee.colorspace = matrix
                frame.pointee.color_range = number == 1 ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
                let source = ColourConverter.Source(
                    width: Int32(width), height: Int32(height), format: format.rawValue,
                    colour: PictureColour(of: frame, keepsImages: false))
                guard ColourConverter.hasPlanarTwin(source, height: newHeight, filter: filter) else {
                    #expect(filter == SWS_AREA)
                    continue
                }
                let interleaved = UnsafeMutablePointer<AVFrame>.allocate(
                    width: newWidth, height: newHeight, format: AV_PIX_FMT_RGB24)
                let planar = UnsafeMutablePointer<AVFrame>.allocate(
                    width: newWidth, height: newHeight, format: AV_PIX_FMT_GBRP)
                defer {
                    interleaved.free()
                    planar.free()
                }
                for target in [interleaved, planar] {
                    try ColourConverter(from: source, to: target, filter: filter, place: "test")
                        .convert(frame, into: target)
                }
                let rows = try #require(interleaved.pointee.data.0)
                let planes = RGBPlanes(
                    red: try #require(planar.pointee.data.2), green: try #require(planar.pointee.data.0),
                    blue: try #require(planar.pointee.data.1), stride: Int(planar.pointee.linesize.0))
                // Upright, and turned and mirrored.
                var turned = Orientation()
                (turned.isTransposed, turned.isFlippedHorizontally) = (true, true)
                var reversed = Orientation()
                (reversed.isFlippedHorizontally, reversed.isFlippedVertically) = (true, true)
                for orientation in [Orientation(), turned, reversed] {
                    let size = orientation.applied(width: newWidth, height: newHeight)
                    let plain = PixelBuffer(width: size.width, height: size.height, channels: 3)
                    let fast = PixelBuffer(width: size.width, height: size.height, channels: 3)
                    orientation.lay(
                        rows, stride: Int(interleaved.pointee.linesize.0),
                        into: try #require(plain.pixels.baseAddress), width: size.width, height: size.height)
                    orientation.lay(
                        planes, into: try #require(fast.pixels.baseAddress), width: size.width, height: size.height)
                    #expect(Array(plain.pixels) == Array(fast.pixels), "\(matrix) \(edges) \(orientation)")
                }
            }
        }
    }

    /// Where a conversion rounds otherwise, or there is no chroma, nothing is exchanged.
    @Test func othersStayAsTheyAre() throws {
        func hasTwin(_ format: AVPixelFormat, _ filter: Int32, height: Int = 32) throws -> Bool {
            let frame = UnsafeMutablePointer<AVFrame>.allocate(width: 64, height: 64, format: AV_PIX_FMT_YUV420P)
            defer { frame.free() }
            let source = ColourConverter.Source(
                width: 64, height: 64, format: format.rawValue, colour: PictureColour(of: frame, keepsImages: false))
            return ColourConverter.hasPlanarTwin(source, height: height, filter: filter)
        }
        for format in [
            AV_PIX_FMT_GRAY8, AV_PIX_FMT_RGB24, AV_PIX_FMT_GBRP, AV_PIX_FMT_PAL8, AV_PIX_FMT_YUVA420P,
            AV_PIX_FMT_XYZ12LE,
            AV_PIX_FMT_YA8, AV_PIX_FMT_NONE,
        ] {
            #expect(try !hasTwin(format, SWS_BICUBIC), "\(format)")
        }
        #expect(try hasTwin(AV_PIX_FMT_YUV420P, SWS_AREA) && !hasTwin(AV_PIX_FMT_YUV420P, SWS_AREA, height: 33))
        #expect(try !hasTwin(AV_PIX_FMT_YUV410P, SWS_AREA) && !hasTwin(AV_PIX_FMT_YUV420P, SWS_BILINEAR))
    }
}
