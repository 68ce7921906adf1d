import AVPrepModel
import CKernels
import COpenCV

/// A grey picture prepared for tracking: its pyramid is built at once, corners and texture on demand. Reusable.
final class TrackedPicture {
    /// Side of the tracked patches, in pixels.
    static let window: Int32 = 13
    /// Number of times the picture is halved.
    static let levels: Int32 = 3

    let pyramid: OpaquePointer
    /// The picture at tracking size, or nil where pictures are tracked at their own size.
    private let small: PixelBuffer?
    private var grey: PixelBuffer?
    private var corners: [copencv_point] = []
    private var areCornersKnown = false
    private var textures: [Int32: PictureTexture] = [:]

    /// - Parameters:
    ///   - width: pixels per row at which tracking runs.
    ///   - height: rows at which tracking runs.
    ///   - isScaled: whether pictures are larger than that and must be scaled.
    init(width: Int, height: Int, isScaled: Bool) throws(VisionError) {
        var handle: OpaquePointer?
        try VisionError.check(copencv_pyramid_create(&handle, Self.window, Self.levels), "prepare tracking")
        guard let handle else { preconditionFailure("copencv_pyramid_create succeeded without a handle") }
        pyramid = handle
        small = isScaled ? PixelBuffer(width: width, height: height, channels: 1) : nil
    }

    deinit { copencv_pyramid_destroy(pyramid) }

    /// Loads a picture; `image` must stay unchanged while this one is in use.
    func load(_ image: PixelBuffer) throws(VisionError) {
        if let small { try Grey.scale(image, into: small) }
        let grey = small ?? image
        try VisionError.check(copencv_pyramid_build(pyramid, grey.openCV), "build a tracking pyramid")
        self.grey = grey
        areCornersKnown = false
        textures.removeAll(keepingCapacity: true)
    }

    /// The corners of the loaded picture, strongest first in each part.
    func corners(_ parameters: copencv_corner_parameters) throws(VisionError) -> [copencv_point] {
        guard !areCornersKnown, let grey else { return corners }
        var found = Array(repeating: copencv_point(), count: Int(parameters.max_corners))
        var count: Int32 = 0
        try VisionError.check(copencv_corners(grey.openCV, parameters, &found, &count), "find corners")
        corners = Array(found.prefix(Int(count)))
        areCornersKnown = true
        return corners
    }

    /// One level of the pyramid; empty where the picture is too small for it.
    func level(_ level: Int32) -> ckernels_grey {
        var picture = ckernels_grey()
        copencv_pyramid_level(
            pyramid, level, &picture.pixels, &picture.row_bytes, &picture.width, &picture.height)
        return picture
    }

    /// The texture of each cell of one level of the pyramid.
    func texture(_ level: Int32) -> PictureTexture {
        if let known = textures[level] { return known }
        let texture = PictureTexture(self.level(level))
        textures[level] = texture
        return texture
    }
}
