import AVPrepModel
import CFFmpeg

/// Coded and display sizes of a video's pictures.
struct PictureGeometry: Equatable {
    /// Display size: rotated, with square pixels.
    let displayWidth: Int
    let displayHeight: Int
    /// Pixel aspect ratio of the coded picture, as numerator and denominator; 1:1 when unknown or absurd.
    let sampleAspectRatio: [Int]
    let orientation: Orientation

    /// A pixel aspect ratio beyond this is damage: no display format comes near it.
    private static let greatestAspect = 10.0

    init(codedWidth: Int, codedHeight: Int, sampleAspectRatio: [Int], orientation: Orientation) {
        precondition(sampleAspectRatio.count == 2, "a ratio has two numbers")
        let stated = Double(sampleAspectRatio[0]) / Double(sampleAspectRatio[1])
        let isPlausible = stated >= 1 / Self.greatestAspect && stated <= Self.greatestAspect
        let pixelAspect = isPlausible ? stated : 1
        self.sampleAspectRatio = isPlausible ? sampleAspectRatio : [1, 1]
        // Pixels are made square by stretching, never by dropping lines or columns.
        let width = pixelAspect > 1 ? Double(codedWidth) * pixelAspect : Double(codedWidth)
        let height = pixelAspect < 1 ? Double(codedHeight) / pixelAspect : Double(codedHeight)
        let shown = orientation.applied(width: max(1, Int(width.rounded())), height: max(1, Int(height.rounded())))
        displayWidth = shown.width
        displayHeight = shown.height
        self.orientation = orientation
    }

    /// Size of the pictures after cropping and scaling; both sides even, the aspect ratio kept as closely as that
    /// allows.
    func outputSize(crop: CropMargins, shortSide: Int?) -> (width: Int, height: Int) {
        Self.outputSize(displayWidth: displayWidth, displayHeight: displayHeight, crop: crop, shortSide: shortSide)
    }

    /// The same from the display size alone, for callers that have only the ``MediaInfo``.
    static func outputSize(
        displayWidth: Int, displayHeight: Int, crop: CropMargins, shortSide: Int?
    ) -> (width: Int, height: Int) {
        let width = displayWidth - crop.left - crop.right
        let height = displayHeight - crop.top - crop.bottom
        precondition(
            width > 0 && height > 0 && [crop.left, crop.right, crop.top, crop.bottom].allSatisfy { $0 >= 0 },
            "margins \(crop) leave nothing of \(displayWidth) × \(displayHeight)")
        let factor = shortSide.map { Double($0) / Double(min(width, height)) } ?? 1
        func even(_ side: Int) -> Int { max(2, 2 * Int((Double(side) * factor / 2).rounded())) }
        return (even(width), even(height))
    }

    /// The margins, in coded pixels, that correspond to `crop` in a coded picture of the given size.
    ///
    /// - Parameter orientation: of this picture, which may differ from the first one's.
    func codedMargins(of crop: CropMargins, codedWidth: Int, codedHeight: Int, orientation: Orientation)
        -> CropMargins
    {
        var left = Double(orientation.isFlippedHorizontally ? crop.right : crop.left) / Double(displayWidth)
        var right = Double(orientation.isFlippedHorizontally ? crop.left : crop.right) / Double(displayWidth)
        var top = Double(orientation.isFlippedVertically ? crop.bottom : crop.top) / Double(displayHeight)
        var bottom = Double(orientation.isFlippedVertically ? crop.top : crop.bottom) / Double(displayHeight)
        if orientation.isTransposed { (left, top, right, bottom) = (top, left, bottom, right) }
        func pixels(_ share: Double, _ side: Int) -> Int { Int((share * Double(side)).rounded()) }
        return CropMargins(
            top: pixels(top, codedHeight), bottom: pixels(bottom, codedHeight), left: pixels(left, codedWidth),
            right: pixels(right, codedWidth))
    }
}

extension PictureGeometry {
    /// - Parameter first: the first picture; without one the container's values are used.
    init(of stream: UnsafeMutablePointer<AVStream>, in demuxer: Demuxer, first: UnsafePointer<AVFrame>?) {
        let parameters = stream.pointee.codecpar.pointee
        let aspect = av_guess_sample_aspect_ratio(
            demuxer.format, stream, first.map { UnsafeMutablePointer(mutating: $0) })
        // A field has half the lines of its frame, which the ratio refers to.
        let linesPerRow = first.map { StreamPictures.isSingleField($0.pointee, of: stream) } == true ? 2 : 1
        self.init(
            codedWidth: Int(first?.pointee.width ?? parameters.width),
            codedHeight: Int(first?.pointee.height ?? parameters.height),
            sampleAspectRatio: aspect.num > 0 ? [Int(aspect.num), linesPerRow * Int(aspect.den)] : [1, linesPerRow],
            orientation: first.flatMap { Orientation(of: $0) } ?? Orientation(of: stream))
    }
}
