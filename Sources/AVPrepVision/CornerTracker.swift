import AVPrepCore
import COpenCV

/// A grey picture made ready for tracking: pyramid at once, corners when they are asked for. Filled again and again.
final class TrackedPicture {
    fileprivate let pyramid: OpaquePointer
    /// The picture at tracking size, or nil where pictures are tracked at their own size.
    private let small: Image8?
    fileprivate private(set) var grey: Image8?
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
/// code, with three differences. Corners are Shi and Tomasi's instead of Harris's: their strength goes with contrast
/// squared, not with its fourth power. Every sixteenth of the picture has its own, so a white car does not drive out the
/// corners of the grey road it passes. And the search starts from a guess, so that a picture far away can be matched
/// directly.
final class CornerTracker {
    /// Side of the tracked patches, in pixels.
    static let window: Int32 = 13
    /// How often the picture is halved.
    static let levels: Int32 = 3
    /// Corners are found in this number of parts each way.
    static let tiles: Int32 = 4
    /// Fewest matches a homography is fitted to, and fewest inliers it must keep.
    static let fewestMatches = 6
    /// Share of the matches that must agree with the homography.
    static let smallestInlierShare = 0.3
    /// Share of the key picture's corners that must.
    static let smallestCornerShare = 0.06
    /// Side in pixels, and least correlation, of the patches around inliers that look alike. Patches of unrelated
    /// pictures can be tracked forward and backward; looking alike they are not.
    static let patchSize: Int32 = 11
    static let smallestSimilarity: Float = 0.8
    /// How widely the inliers lie, against points all over the part of the picture that both frames show: a homography
    /// held up by one thing says nothing about the rest of the picture. A thing that fills 40 % of the picture reaches
    /// 0.45; the ground, without the upper half of the picture, 0.5; what surrounds a thing in the middle, more than 1.
    static let smallestReach = 0.45
    /// Share of the key picture's corners, of those that the other picture shows too, that must agree. Corners are
    /// looked for in all parts of the picture, so it is about the share of the picture.
    static let smallestSharedShare = 0.25
    /// Cells each way in which that part is counted.
    private static let cells = 8

    /// Share of the spread of all corners that inliers reach which need no rivals.
    static let wideSpread = 0.7
    /// Share of the key picture's corners with which a match is convincing, when its inliers lie that widely.
    static let convincingShare = 0.3
    /// How often the picture is halved before its shift is sought as a whole, and how many shifts are tried.
    static let shiftLevel: Int32 = 2
    static let mostShifts = 4

    private let width: Int
    private let height: Int
    private let maxTrackingError: Float
    private let ransacThreshold: Double
    private let cornerParameters: copencv_corner_parameters

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
        /// Corners of the key picture that agree.
        fileprivate let inliers: [copencv_point]
        var inlierCount: Int { inliers.count }
        /// Mean squared distance of the inliers from where the homography puts them, in pixels² of the key picture.
        let error: Double
        /// How many of the 8 × 8 cells of the key picture hold an inlier.
        let coverage: Int
        /// ``spread``, as a part of what it would be for points all over what both pictures show.
        let reach: Double
        /// How widely the inliers lie: the product of their standard deviations each way, in pixels².
        let spread: Double
        /// Whether many corners all over the picture agree. Else it may be a near object that was found, and the
        /// background not.
        fileprivate(set) var isConvincing = false
        /// What is held against rivals: the part of the picture that agrees, and how far it reaches. The background
        /// surrounds what moves in front of it, so it reaches further even where it shows less.
        var weight: Double { Double(coverage) * spread }
    }

    /// `width` and `height`: the size at which tracking runs.
    init(settings: CameraMotionSettings, width: Int, height: Int) {
        self.width = width
        self.height = height
        maxTrackingError = Float(settings.maxTrackingError)
        ransacThreshold = settings.ransacThreshold
        let areaOfOne = Double(width * height) / Double(max(1, settings.maxCorners))
        cornerParameters = copencv_corner_parameters(
            max_corners: Int32(max(Int(Self.tiles * Self.tiles), settings.maxCorners)), quality: 0.01,
            min_distance: max(5, 0.5 * areaOfOne.squareRoot()), block_size: 11, tiles: Self.tiles)
    }

    /// How many corners the picture has.
    func cornerCount(of picture: TrackedPicture) throws(VisionError) -> Int {
        try picture.corners(cornerParameters).count
    }

    /// Matches `other` to `key`.
    ///
    /// Points are first looked for close to where they are expected, without the pyramid. That finds weak corners beside
    /// a strong moving edge, which the pyramid's coarse levels would drag along with it. Unless half of the corners, all
    /// over the picture, agree then, they are looked for at a distance too, from there and from where most of the
    /// picture seems shifted, and the homography with most of the picture behind it wins.
    ///
    /// - Parameter guesses: where points of the key picture are expected in the other; the likeliest first.
    /// - Returns: nil when the pictures cannot be matched reliably.
    func match(key: TrackedPicture, other: TrackedPicture, guesses: [Homography]) throws(VisionError) -> Match? {
        let corners = try key.corners(cornerParameters)
        guard corners.count >= Self.fewestMatches else { return nil }
        let spread = spread(of: corners)
        var rivals: [Match] = []
        /// Whether the match found from a guess needs no rivals.
        func settles(_ guess: Homography, levels: Int32) throws(VisionError) -> Bool {
            guard let back = guess.inverse,
                var match = try match(key, other, corners, guess, back, levels: levels)
            else { return false }
            let isWide = match.spread >= Self.wideSpread * spread
            match.isConvincing = isWide && Double(match.inlierCount) >= Self.convincingShare * Double(corners.count)
            rivals.append(match)
            return isWide && 2 * match.inlierCount >= corners.count
        }
        for guess in guesses where try settles(guess, levels: 0) { return rivals.last }
        for guess in guesses where try settles(guess, levels: Self.levels) { return rivals.last }
        for shift in try shifts(from: key, to: other) {
            let shifted = Homography(SIMD3(1, 0, Double(shift.x)), SIMD3(0, 1, Double(shift.y)), SIMD3(0, 0, 1))
            // The shift is right to two pixels; coarser levels would mix things of different shifts again.
            if try settles(shifted, levels: 1) { return rivals.last }
        }
        for rival in rivals.sorted(by: { $0.weight > $1.weight }) where try isAlike(key, other, rival) { return rival }
        return nil
    }

    /// By how much parts of the picture are shifted as a whole, the largest part first: a near object has its own shift
    /// beside the background's.
    private func shifts(from key: TrackedPicture, to other: TrackedPicture) throws(VisionError) -> [copencv_point] {
        var shifts = Array(repeating: copencv_point(), count: Self.mostShifts)
        var count: Int32 = 0
        try VisionError.check(
            copencv_shifts(
                key.pyramid, other.pyramid, Self.shiftLevel, Int32(Self.mostShifts), &shifts, &count),
            "find the shifts of a picture")
        return Array(shifts.prefix(Int(count)))
    }

    /// Whether half of the inliers of a match, and as many as a match needs, look alike in the two pictures.
    private func isAlike(_ key: TrackedPicture, _ other: TrackedPicture, _ match: Match) throws(VisionError) -> Bool {
        guard let keyGrey = key.grey, let otherGrey = other.grey else { return false }
        let corners = try key.corners(cornerParameters)
        guard let toOther = match.toKey.inverse else { return false }
        var similarity = Array(repeating: Float(0), count: match.inliers.count)
        try VisionError.check(
            copencv_similarity(
                keyGrey.openCV, otherGrey.openCV, match.inliers, match.inliers.map { Self.move($0, by: toOther) },
                Int32(match.inliers.count), Self.patchSize, &similarity),
            "compare patches")
        let alike = similarity.count { $0 >= Self.smallestSimilarity }
        return 2 * alike >= match.inlierCount
            && Double(alike) >= max(Double(Self.fewestMatches), Double(corners.count) * Self.smallestCornerShare)
    }

    private func match(
        _ key: TrackedPicture, _ other: TrackedPicture, _ corners: [copencv_point], _ guess: Homography,
        _ guessBack: Homography, levels: Int32
    ) throws(VisionError) -> Match? {
        forward = corners.map { Self.move($0, by: guess) }
        try track(from: key, to: other, corners, into: &forward, &foundForward, levels: levels)
        backward = forward.map { Self.move($0, by: guessBack) }
        try track(from: other, to: key, forward, into: &backward, &foundBackward, levels: levels)

        matchedKey.removeAll(keepingCapacity: true)
        matchedOther.removeAll(keepingCapacity: true)
        for index in corners.indices where foundForward[index] != 0 && foundBackward[index] != 0 {
            let (corner, there, back) = (corners[index], forward[index], backward[index])
            guard abs(corner.x - back.x) + abs(corner.y - back.y) <= maxTrackingError, isInside(there) else { continue }
            matchedKey.append(corner)
            matchedOther.append(there)
        }
        return try fit(corners)
    }

    private func track(
        from: TrackedPicture, to: TrackedPicture, _ points: [copencv_point], into tracked: inout [copencv_point],
        _ found: inout [UInt8], levels: Int32
    ) throws(VisionError) {
        found = Array(repeating: 0, count: points.count)
        // OpenCV's default of the least texture: with the paper's ten times larger one, grey asphalt has no corners.
        let parameters = copencv_track_parameters(
            levels: levels, iterations: 20, epsilon: 0.03, min_eigenvalue: 0.0001)
        try VisionError.check(
            copencv_track(from.pyramid, to.pyramid, points, Int32(points.count), parameters, &tracked, &found),
            "track corners")
    }

    /// Fits a homography to the matches. Where fewer than half agree with it, it has rivals: one fitted with twice the
    /// threshold, since patches are found less exactly in a picture that grew or turned, and one fitted to the matches
    /// that it leaves. The one with the larger part of the picture behind it wins: a near object may have more corners
    /// than the background, and more exact ones.
    private func fit(_ corners: [copencv_point]) throws(VisionError) -> Match? {
        guard matchedKey.count >= Self.fewestMatches else { return nil }
        let least = max(
            Double(Self.fewestMatches), Double(matchedKey.count) * Self.smallestInlierShare,
            Double(corners.count) * Self.smallestCornerShare)
        var best = try fit(corners, threshold: ransacThreshold, leastInliers: least)
        if let best, 2 * best.inlierCount >= matchedKey.count,
            best.spread >= Self.wideSpread * spread(of: matchedKey)
        {
            return best
        }
        let agreed = inliers
        func compete(_ rival: Match?) {
            guard let rival, rival.weight > (best?.weight ?? 0) else { return }
            best = rival
        }
        compete(try fit(corners, threshold: 2 * ransacThreshold, leastInliers: least))
        for index in agreed.indices.reversed() where agreed[index] != 0 {
            matchedKey.remove(at: index)
            matchedOther.remove(at: index)
        }
        compete(try fit(corners, threshold: 2 * ransacThreshold, leastInliers: least))
        return best
    }

    private func fit(_ corners: [copencv_point], threshold: Double, leastInliers: Double) throws(VisionError) -> Match?
    {
        let count = matchedKey.count
        inliers = Array(repeating: 0, count: count)
        guard Double(count) >= leastInliers else { return nil }
        var elements = Array(repeating: 0.0, count: 9)
        try VisionError.check(
            copencv_homography(matchedOther, matchedKey, Int32(count), threshold, &elements, &inliers),
            "fit a homography")
        let toKey = Homography(elements: elements)
        guard toKey.isPlausible(width: Double(width), height: Double(height)) else { return nil }

        var agreed: [copencv_point] = []
        var squaredError = 0.0
        var cells: UInt64 = 0
        for index in 0..<count where inliers[index] != 0 {
            let key = Point(Double(matchedKey[index].x), Double(matchedKey[index].y))
            let other = Point(Double(matchedOther[index].x), Double(matchedOther[index].y))
            let miss = toKey.apply(other) - key
            squaredError += (miss * miss).sum()
            agreed.append(matchedKey[index])
            // Corners lie inside the picture, so both coordinates of the cell are 0...7.
            let (column, row) = (Int(key.x) * Self.cells / width, Int(key.y) * Self.cells / height)
            cells |= 1 << UInt64(row * Self.cells + column)
        }
        let inlierCount = Double(agreed.count)
        guard inlierCount >= leastInliers, let toOther = toKey.inverse else { return nil }
        let spread = spread(of: agreed)
        let reach = spread / max(1, self.spread(of: sharedCells(toOther)))
        let shared = corners.count { isInside(Self.move($0, by: toOther)) }
        guard reach >= Self.smallestReach, inlierCount >= Self.smallestSharedShare * Double(shared) else { return nil }
        return Match(
            toKey: toKey, inliers: agreed, error: squaredError / inlierCount, coverage: cells.nonzeroBitCount,
            reach: reach, spread: spread)
    }

    /// The middles of the key picture's cells that the other picture shows too.
    private func sharedCells(_ toOther: Homography) -> [copencv_point] {
        let size = Point(Double(width), Double(height)) / Double(Self.cells)
        return (0..<Self.cells * Self.cells).map { cell in
            let middle = (Point(Double(cell % Self.cells), Double(cell / Self.cells)) + 0.5) * size
            return copencv_point(x: Float(middle.x), y: Float(middle.y))
        }.filter { isInside(Self.move($0, by: toOther)) }
    }

    /// How widely points lie: the product of their standard deviations each way, in pixels².
    private func spread(of points: [copencv_point]) -> Double {
        guard !points.isEmpty else { return 0 }
        var sum = Point()
        var sumOfSquares = Point()
        for point in points {
            let place = Point(Double(point.x), Double(point.y))
            sum += place
            sumOfSquares += place * place
        }
        let mean = sum / Double(points.count)
        let variance = sumOfSquares / Double(points.count) - mean * mean
        return (max(0, variance.x) * max(0, variance.y)).squareRoot()
    }

    private func isInside(_ point: copencv_point) -> Bool {
        point.x >= 0 && point.y >= 0 && point.x <= Float(width - 1) && point.y <= Float(height - 1)
    }

    private static func move(_ point: copencv_point, by homography: Homography) -> copencv_point {
        let moved = homography.apply(Point(Double(point.x), Double(point.y)))
        return copencv_point(x: Float(moved.x), y: Float(moved.y))
    }
}
