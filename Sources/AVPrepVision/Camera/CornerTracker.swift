import CKernels
import COpenCV

/// Tracks the corners of one picture into another and finds the homography of the background.
///
/// Pyramidal Lucas-Kanade, forward and backward, then RANSAC: the procedure and the parameters of the Arrow of Time
/// code, with four differences. Corners are Shi and Tomasi's instead of Harris's: their strength grows with the square
/// of contrast, not with its fourth power. Each of sixteen parts of the picture has its own corners, so a white car
/// does not displace the corners of the grey road it passes. The search starts from a guess, so that a distant picture
/// can be matched directly. And of several groups of corners with a common motion, the whole picture decides which one
/// is the background.
final class CornerTracker {
    /// The picture is divided into this number of parts each way to find corners.
    static let tiles: Int32 = 4
    /// Minimum number of matches to fit a homography to, and of inliers.
    static let fewestMatches = 6
    /// Fraction of the key picture's corners that must be inliers.
    static let smallestCornerShare = 0.06
    /// Fraction of them that suffices when they are found close to where they were expected.
    static let ampleCornerShare = 0.3
    /// How often the picture is halved before its global shift is searched, how many shifts are found, and how many of
    /// those that explain most of the picture are tried.
    static let shiftLevel: Int32 = 2
    static let mostShifts = 6
    static let triedShifts = 2
    /// Approximate short side of the pictures on which motions are judged.
    private static let judgedSide = 72

    private let width: Int
    private let height: Int
    private let maxTrackingError: Float
    private let ransacThreshold: Double
    private let cornerParameters: copencv_corner_parameters

    private var forward: [copencv_point] = []
    private var backward: [copencv_point] = []
    private var foundForward: [UInt8] = []
    private var foundBackward: [UInt8] = []

    /// The relation of one picture to another.
    struct Match {
        /// Maps points of the other picture to the key picture.
        let toKey: Homography
        /// Inliers among the key picture's corners.
        let inlierCount: Int
        /// Mean squared reprojection error of the inliers, in pixels² of the key picture.
        let error: Double
        /// Agreement of the whole picture with the homography.
        fileprivate let agreement: PictureAgreement
        /// Whether much of the picture agrees. Otherwise the match may be that of a near object instead of the
        /// background.
        var isConvincing: Bool { agreement.isConvincing }
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

    /// Number of corners in the picture.
    func cornerCount(of picture: TrackedPicture) throws(VisionError) -> Int {
        try picture.corners(cornerParameters).count
    }

    /// Matches `other` to `key`.
    ///
    /// Points are first searched close to where they are expected, without the pyramid. That finds weak corners beside
    /// a strong moving edge, which the pyramid's coarse levels would drag along with it. Unless much of the picture
    /// agrees then, they are searched further away too, starting from there and from where parts of the picture seem
    /// shifted, and the homography that most of the picture agrees with is used.
    ///
    /// - Parameter guesses: predicted positions of the key picture's points in the other; the most likely first.
    /// - Returns: nil when the pictures cannot be matched reliably.
    func match(key: TrackedPicture, other: TrackedPicture, guesses: [Homography]) throws(VisionError) -> Match? {
        let level = judgedLevel(of: key)
        // A picture with little texture needs no search: its match could never be reliable.
        guard key.texture(level).share >= 0.8 * PictureAgreement.smallestSupport else { return nil }
        let corners = try key.corners(cornerParameters)
        guard corners.count >= Self.fewestMatches else { return nil }
        let judged = guesses.map { (guess: $0, agreement: PictureAgreement(key, other, toOther: $0, level: level)) }
        // Of equally good guesses the first.
        guard let first = judged.first else { return nil }
        let guess = judged.dropFirst().reduce(first) { $1.agreement.weight > $0.agreement.weight ? $1 : $0 }.guess
        var match: Match?
        for levels in [0, TrackedPicture.levels] {
            try improve(&match, key, other, corners, guess, levels: levels, judged: level)
            // Far from a rough guess, few points are found without the pyramid.
            let least = levels == 0 ? Self.ampleCornerShare * Double(corners.count) : 0
            if let match, match.isConvincing, Double(match.inlierCount) >= least { return match }
        }
        for shift in try shifts(from: key, to: other) {
            // The shift is accurate to two pixels; coarser levels would mix objects with different shifts again.
            try improve(&match, key, other, corners, shift, levels: 1, judged: level)
            if let match, match.isConvincing { return match }
        }
        return match
    }

    /// The pyramid level on which motions are judged: fine enough to distinguish motions, coarse enough that noise does
    /// not matter.
    private func judgedLevel(of picture: TrackedPicture) -> Int32 {
        var level: Int32 = 0
        while level < TrackedPicture.levels, min(width, height) >> Int(level + 1) >= 2 * Self.judgedSide / 3,
            picture.level(level + 1).width > 0
        {
            level += 1
        }
        return level
    }

    /// Global shifts of parts of the picture, those first that explain most of it: a near object has its own shift
    /// beside the background's.
    private func shifts(from key: TrackedPicture, to other: TrackedPicture) throws(VisionError) -> [Homography] {
        var shifts = Array(repeating: copencv_point(), count: Self.mostShifts)
        var count: Int32 = 0
        try VisionError.check(
            copencv_shifts(
                key.pyramid, other.pyramid, Self.shiftLevel, Int32(Self.mostShifts), &shifts, &count),
            "find the shifts of a picture")
        return shifts.prefix(Int(count)).map { shift in
            let map = Homography(SIMD3(1, 0, Double(shift.x)), SIMD3(0, 1, Double(shift.y)), SIMD3(0, 0, 1))
            return (map, PictureAgreement(key, other, toOther: map, level: Self.shiftLevel).weight)
        }
        .sorted { $0.1 > $1.1 }.prefix(Self.triedShifts).map(\.0)
    }

    /// Tracks the corners from a guess, and replaces the match if more of the picture agrees with one of their groups.
    private func improve(
        _ match: inout Match?, _ key: TrackedPicture, _ other: TrackedPicture, _ corners: [copencv_point],
        _ guess: Homography, levels: Int32, judged level: Int32
    ) throws(VisionError) {
        guard let guessBack = guess.inverse else { return }
        forward = corners.map { Self.move($0, by: guess) }
        try track(from: key, to: other, corners, into: &forward, &foundForward, levels: levels)
        backward = forward.map { Self.move($0, by: guessBack) }
        try track(from: other, to: key, forward, into: &backward, &foundBackward, levels: levels)

        var consensus = MotionConsensus(
            threshold: ransacThreshold, size: Point(Double(width), Double(height)))
        for index in corners.indices where foundForward[index] != 0 && foundBackward[index] != 0 {
            let (corner, there, back) = (corners[index], forward[index], backward[index])
            guard abs(corner.x - back.x) + abs(corner.y - back.y) <= maxTrackingError, isInside(there) else { continue }
            consensus.add(key: corner, other: there)
        }
        let least = max(Self.fewestMatches, Int((Double(corners.count) * Self.smallestCornerShare).rounded(.up)))
        for group in try consensus.groups(of: least, guessBack: guessBack) {
            let agreement = PictureAgreement(key, other, toOther: group.toOther, level: level)
            guard agreement.isPossible, agreement.weight > match?.agreement.weight ?? 0 else { continue }
            match = Match(
                toKey: group.toKey, inlierCount: group.count, error: group.error, agreement: agreement)
        }
    }

    private func track(
        from: TrackedPicture, to: TrackedPicture, _ points: [copencv_point], into tracked: inout [copencv_point],
        _ found: inout [UInt8], levels: Int32
    ) throws(VisionError) {
        found = Array(repeating: 0, count: points.count)
        // OpenCV's default minimum texture: with the paper's, ten times larger, grey asphalt has no corners.
        let parameters = copencv_track_parameters(
            levels: levels, iterations: 20, epsilon: 0.03, min_eigenvalue: 0.0001)
        try VisionError.check(
            copencv_track(from.pyramid, to.pyramid, points, Int32(points.count), parameters, &tracked, &found),
            "track corners")
    }

    private func isInside(_ point: copencv_point) -> Bool {
        point.x >= 0 && point.y >= 0 && point.x <= Float(width - 1) && point.y <= Float(height - 1)
    }

    private static func move(_ point: copencv_point, by homography: Homography) -> copencv_point {
        let moved = homography.apply(Point(Double(point.x), Double(point.y)))
        return copencv_point(x: Float(moved.x), y: Float(moved.y))
    }
}
