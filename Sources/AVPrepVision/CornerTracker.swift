import AVPrepCore
import COpenCV

/// A grey picture made ready for tracking: pyramid at once, corners when they are asked for. Filled again and again.
final class TrackedPicture {
    fileprivate let pyramid: OpaquePointer
    /// The picture at tracking size, or nil where pictures are tracked at their own size.
    private let small: Image8?
    private var grey: Image8?
    private var corners: [copencv_point] = []
    private var areCornersKnown = false

    /// - Parameters:
    ///   - width: pixels a row at which tracking runs.
    ///   - height: rows at which tracking runs.
    ///   - isScaled: whether pictures come larger than that.
    init(width: Int, height: Int, isScaled: Bool) throws(VisionError) {
        var handle: OpaquePointer?
        try VisionError.check(
            copencv_pyramid_create(&handle, CornerTracker.window, CornerTracker.levels), "prepare tracking")
        guard let handle else { preconditionFailure("copencv_pyramid_create succeeded without a handle") }
        pyramid = handle
        small = isScaled ? Image8(width: width, height: height, channels: 1) : nil
    }

    deinit { copencv_pyramid_destroy(pyramid) }

    /// Takes in a picture; `image` must stay unchanged while this one is in use.
    func load(_ image: Image8) throws(VisionError) {
        if let small { try Grey.scale(image, into: small) }
        let grey = small ?? image
        try VisionError.check(copencv_pyramid_build(pyramid, grey.openCV), "build a tracking pyramid")
        self.grey = grey
        areCornersKnown = false
    }

    /// The corners of the picture taken in last, strongest first.
    fileprivate func corners(_ parameters: copencv_corner_parameters) throws(VisionError) -> [copencv_point] {
        guard !areCornersKnown, let grey else { return corners }
        var found = Array(repeating: copencv_point(), count: Int(parameters.max_corners))
        var count: Int32 = 0
        try VisionError.check(copencv_corners(grey.openCV, parameters, &found, &count), "find corners")
        corners = Array(found.prefix(Int(count)))
        areCornersKnown = true
        return corners
    }
}

/// Follows the corners of one picture into another and fits a homography to them.
///
/// Lucas-Kanade in pyramids, forward and backward, then RANSAC: the procedure and the numbers of the Arrow of Time
/// code, with two differences. Corners are Shi and Tomasi's instead of Harris's: their strength goes with contrast
/// squared, not with its fourth power, so a hard-edged logo does not drive out the corners of a soft picture. And the
/// search starts from a guess, so that a picture far away can be matched directly.
final class CornerTracker {
    /// Side of the tracked patches, in pixels.
    static let window: Int32 = 19
    /// How often the picture is halved.
    static let levels: Int32 = 3
    /// Fewest matches a homography is fitted to, and fewest inliers it must keep.
    static let fewestMatches = 6
    /// Share of the matches that must agree with the homography.
    static let smallestInlierShare = 0.3
    /// Share of the key picture's corners that must: six chance matches fit some homography.
    static let smallestCornerShare = 0.08
    /// How many times more inliers a fit with twice the threshold must have to be preferred.
    static let looseGain = 1.2
    /// Spread of the inliers (standard deviation) each way, in picture sizes: a homography held up by one small
    /// object says nothing about the rest of the picture.
    static let smallestSpread = 0.05

    private let width: Int
    private let height: Int
    private let maxTrackingError: Float
    private let ransacThreshold: Double
    private let cornerParameters: copencv_corner_parameters
    private let trackParameters = copencv_track_parameters(iterations: 20, epsilon: 0.03, min_eigenvalue: 0.001)

    private var forward: [copencv_point] = []
    private var backward: [copencv_point] = []
    private var foundForward: [UInt8] = []
    private var foundBackward: [UInt8] = []
    private var matchedKey: [copencv_point] = []
    private var matchedOther: [copencv_point] = []
    private var inliers: [UInt8] = []

    /// How one picture lies in another.
    struct Match {
        /// Takes points of the other picture to the key picture.
        let toKey: Homography
        let inlierCount: Int
        /// Mean squared distance of the inliers from where the homography puts them, in pixels² of the key picture.
        let error: Double
    }

    /// `width` and `height`: the size at which tracking runs.
    init(settings: CameraMotionSettings, width: Int, height: Int) {
        self.width = width
        self.height = height
        maxTrackingError = Float(settings.maxTrackingError)
        ransacThreshold = settings.ransacThreshold
        let areaOfOne = Double(width * height) / Double(max(1, settings.maxCorners))
        cornerParameters = copencv_corner_parameters(
            max_corners: Int32(max(1, settings.maxCorners)), quality: 0.01,
            min_distance: max(5, 0.5 * areaOfOne.squareRoot()), block_size: 11)
    }

    /// How many corners the picture has.
    func cornerCount(of picture: TrackedPicture) throws(VisionError) -> Int {
        try picture.corners(cornerParameters).count
    }

    /// Matches `other` to `key`.
    ///
    /// - Parameter guess: where points of the key picture are expected in the other.
    /// - Returns: nil when the pictures cannot be matched reliably.
    func match(key: TrackedPicture, other: TrackedPicture, guess: Homography) throws(VisionError) -> Match? {
        let corners = try key.corners(cornerParameters)
        guard corners.count >= Self.fewestMatches, let guessBack = guess.inverse else { return nil }
        forward = corners.map { Self.move($0, by: guess) }
        try track(from: key, to: other, corners, into: &forward, &foundForward)
        backward = forward.map { Self.move($0, by: guessBack) }
        try track(from: other, to: key, forward, into: &backward, &foundBackward)

        matchedKey.removeAll(keepingCapacity: true)
        matchedOther.removeAll(keepingCapacity: true)
        for index in corners.indices where foundForward[index] != 0 && foundBackward[index] != 0 {
            let (corner, there, back) = (corners[index], forward[index], backward[index])
            guard abs(corner.x - back.x) + abs(corner.y - back.y) <= maxTrackingError, isInside(there) else { continue }
            matchedKey.append(corner)
            matchedOther.append(there)
        }
        return try fit(cornerCount: corners.count)
    }

    private func track(
        from: TrackedPicture, to: TrackedPicture, _ points: [copencv_point], into tracked: inout [copencv_point],
        _ found: inout [UInt8]
    ) throws(VisionError) {
        found = Array(repeating: 0, count: points.count)
        try VisionError.check(
            copencv_track(
                from.pyramid, to.pyramid, points, Int32(points.count), trackParameters, &tracked, &found),
            "track corners")
    }

    /// Fits a homography to the matches. Where fewer than half agree with it, it is fitted once more with twice the
    /// threshold: in a picture that grew or turned, patches are found less exactly, and the exact matches of a small
    /// object must not outvote them.
    private func fit(cornerCount: Int) throws(VisionError) -> Match? {
        guard matchedKey.count >= Self.fewestMatches else { return nil }
        let strict = try fit(threshold: ransacThreshold, cornerCount: cornerCount)
        if let strict, 2 * strict.inlierCount >= matchedKey.count { return strict }
        let loose = try fit(threshold: 2 * ransacThreshold, cornerCount: cornerCount)
        guard let strict else { return loose }
        guard let loose, Double(loose.inlierCount) >= Self.looseGain * Double(strict.inlierCount) else { return strict }
        return loose
    }

    private func fit(threshold: Double, cornerCount: Int) throws(VisionError) -> Match? {
        let count = matchedKey.count
        inliers = Array(repeating: 0, count: count)
        var elements = Array(repeating: 0.0, count: 9)
        try VisionError.check(
            copencv_homography(matchedOther, matchedKey, Int32(count), threshold, &elements, &inliers),
            "fit a homography")
        let toKey = Homography(elements: elements)
        guard toKey.isPlausible(width: Double(width), height: Double(height)) else { return nil }

        var inlierCount = 0
        var squaredError = 0.0
        var sum = Point()
        var sumOfSquares = Point()
        for index in 0..<count where inliers[index] != 0 {
            let key = Point(Double(matchedKey[index].x), Double(matchedKey[index].y))
            let other = Point(Double(matchedOther[index].x), Double(matchedOther[index].y))
            let miss = toKey.apply(other) - key
            squaredError += (miss * miss).sum()
            sum += key
            sumOfSquares += key * key
            inlierCount += 1
        }
        let least = max(
            Double(Self.fewestMatches), Double(count) * Self.smallestInlierShare,
            Double(cornerCount) * Self.smallestCornerShare)
        guard Double(inlierCount) >= least else { return nil }
        let mean = sum / Double(inlierCount)
        let variance = sumOfSquares / Double(inlierCount) - mean * mean
        let smallest = Point(Double(width), Double(height)) * Self.smallestSpread
        guard variance.x > smallest.x * smallest.x, variance.y > smallest.y * smallest.y else { return nil }
        return Match(toKey: toKey, inlierCount: inlierCount, error: squaredError / Double(inlierCount))
    }

    private func isInside(_ point: copencv_point) -> Bool {
        point.x >= 0 && point.y >= 0 && point.x <= Float(width - 1) && point.y <= Float(height - 1)
    }

    private static func move(_ point: copencv_point, by homography: Homography) -> copencv_point {
        let moved = homography.apply(Point(Double(point.x), Double(point.y)))
        return copencv_point(x: Float(moved.x), y: Float(moved.y))
    }
}
