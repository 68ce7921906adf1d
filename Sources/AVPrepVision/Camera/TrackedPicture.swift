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
    /// The picture at tracking size.
    private let grey: PixelBuffer
    private var corners: [copencv_point] = []
    private var areCornersKnown = false
    private var textures: [Int32: PictureTexture] = [:]

    /// - Parameters:
    ///   - width: pixels per row at which tracking runs.
    ///   - height: rows at which tracking runs.
    init(width: Int, height: Int) throws(VisionError) {
        var handle: OpaquePointer?
        try VisionError.check(copencv_pyramid_create(&handle, Self.window, Self.levels), "prepare tracking")
        guard let handle else { preconditionFailure("copencv_pyramid_create succeeded without a handle") }
        pyramid = handle
        grey = PixelBuffer(width: width, height: height, channels: 1)
    }

    deinit { copencv_pyramid_destroy(pyramid) }

    /// Loads a picture.
    ///
    /// - Parameter fill: fills the picture at tracking size.
    func load(_ fill: (PixelBuffer) throws -> Void) throws {
        try fill(grey)
        try VisionError.check(copencv_pyramid_build(pyramid, grey.openCV), "build a tracking pyramid")
        areCornersKnown = false
        textures.removeAll(keepingCapacity: true)
    }

    /// The corners of the loaded picture, strongest first in each part.
    func corners(_ parameters: copencv_corner_parameters) throws(VisionError) -> [copencv_point] {
        guard !areCornersKnown else { return corners }
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
