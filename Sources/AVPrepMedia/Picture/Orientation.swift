import CFFmpeg
import CKernels
import Foundation

/// Rotation and mirroring of a coded picture for display: one of the eight symmetries of a rectangle.
struct Orientation: Equatable {
    /// Whether rows become columns.
    var isTransposed = false
    /// Whether the shown picture is mirrored left to right, after transposing.
    var isFlippedHorizontally = false
    /// Whether the shown picture is mirrored top to bottom, after transposing.
    var isFlippedVertically = false

    init() {}

    /// From a container's display matrix; other rotations are rounded to a multiple of 90 degrees.
    ///
    /// - Parameter matrix: nine numbers, `(x', y') = (a x + c y, b x + d y)` with a, b, c, d at 0, 1, 3 and 4.
    init(displayMatrix matrix: UnsafePointer<Int32>) {
        let (a, b, c, d) = (matrix[0], matrix[1], matrix[3], matrix[4])
        isTransposed = b.magnitude > a.magnitude
        isFlippedHorizontally = isTransposed ? c < 0 : a < 0
        isFlippedVertically = isTransposed ? b < 0 : d < 0
    }

    /// The orientation stated by a stream.
    init(of stream: UnsafePointer<AVStream>) {
        var size = 0
        guard let bytes = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size),
            size >= 9 * MemoryLayout<Int32>.size
        else { return }
        self = bytes.withMemoryRebound(to: Int32.self, capacity: 9) { Orientation(displayMatrix: $0) }
    }

    /// The orientation stated by a picture; nil where it states none.
    init?(of frame: UnsafePointer<AVFrame>) {
        guard let data = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX),
            data.pointee.size >= 9 * MemoryLayout<Int32>.size
        else { return nil }
        self = data.pointee.data.withMemoryRebound(to: Int32.self, capacity: 9) { Orientation(displayMatrix: $0) }
    }

    /// Clockwise rotation in degrees, applied before mirroring left to right.
    var rotationDegrees: Int {
        if isTransposed { return isFlippedVertically ? 270 : 90 }
        return isFlippedVertically ? 180 : 0
    }

    /// Whether the displayed picture is a mirror image of the coded one.
    var isMirrored: Bool { (isFlippedHorizontally != isFlippedVertically) != isTransposed }

    /// Converts a size between coded and displayed orientation.
    func applied(width: Int, height: Int) -> (width: Int, height: Int) {
        isTransposed ? (height, width) : (width, height)
    }

    /// Where in a coded picture the pixel (x, y) of the displayed one lies: at `base + x * stepX + y * stepY`.
    ///
    /// - Parameters:
    ///   - pixel: bytes from one coded pixel to the next in its row; `stride`: from row to row.
    ///   - width: of the displayed picture, as its height.
    private func walk(pixel: Int, stride: Int, width: Int, height: Int) -> (base: Int, stepX: Int, stepY: Int) {
        var (stepX, stepY) = isTransposed ? (stride, pixel) : (pixel, stride)
        var base = 0
        if isFlippedHorizontally {
            base += (width - 1) * stepX
            stepX = -stepX
        }
        if isFlippedVertically {
            base += (height - 1) * stepY
            stepY = -stepY
        }
        return (base, stepX, stepY)
    }

    /// Copies coded RGB rows into a displayed picture.
    ///
    /// - Parameters:
    ///   - source: coded picture, `width × height` before rotation, rows `stride` bytes apart.
    ///   - target: displayed picture, `[y, x, 3]`, without row padding.
    func lay(
        _ source: UnsafePointer<UInt8>, stride: Int, into target: UnsafeMutablePointer<UInt8>, width: Int, height: Int
    ) {
        let (base, stepX, stepY) = walk(pixel: 3, stride: stride, width: width, height: height)
        for y in 0..<height {
            let row = source + base + y * stepY
            let out = target + y * width * 3
            if stepX == 3 {
                out.update(from: row, count: width * 3)
                continue
            }
            for x in 0..<width {
                let pixel = row + x * stepX
                out[3 * x] = pixel[0]
                out[3 * x + 1] = pixel[1]
                out[3 * x + 2] = pixel[2]
            }
        }
    }

    /// The same for a picture in planes, each as large as the coded picture.
    func lay(_ source: RGBPlanes, into target: UnsafeMutablePointer<UInt8>, width: Int, height: Int) {
        let (base, stepX, stepY) = walk(pixel: 1, stride: source.stride, width: width, height: height)
        for y in 0..<height {
            let start = base + y * stepY
            let out = target + y * width * 3
            if stepX == 1 {
                ckernels_interleave_rgb(
                    source.red + start, source.green + start, source.blue + start, Int32(width), out)
                continue
            }
            for x in 0..<width {
                let place = start + x * stepX
                out[3 * x] = source.red[place]
                out[3 * x + 1] = source.green[place]
                out[3 * x + 2] = source.blue[place]
            }
        }
    }
}

/// Three planes whose rows are `stride` bytes apart.
struct RGBPlanes {
    let red: UnsafePointer<UInt8>
    let green: UnsafePointer<UInt8>
    let blue: UnsafePointer<UInt8>
    let stride: Int
}
