import CKernels
import COpenCV
import Foundation

/// Pairs of matching points in two pictures, divided into groups with a common motion, each with its homography: the
/// background is one of them, and each large object in front of it another.
///
/// Each group starts with RANSAC over similarities, which two pairs define: relative to a good guess, a camera's motion
/// between two frames is nearly a similarity. The homography is then fitted to all pairs near it, and again to those
/// near the result (locally optimised RANSAC; Chum, Matas and Kittler, DAGM 2003).
struct MotionConsensus {
    /// One group.
    struct Group {
        /// Maps points of the other picture to the key picture.
        let toKey: Homography
        /// Its inverse.
        let toOther: Homography
        /// Number of inliers.
        let count: Int
        /// Mean squared reprojection error of their points, in pixels² of the key picture.
        let error: Double
    }

    /// Maximum number of groups.
    private static let mostGroups = 4
    /// Maximum number of samples tried per group: 99.5 % find a group of one pair in seven.
    private static let mostDraws: Int32 = 260
    /// Maximum distance of a pair from a similarity, relative to the threshold. Not much larger than 1: two similar
    /// motions would merge into one between them.
    private static let startWidth = 1.5
    /// Change of scale (a logarithm) or rotation (in radians) that doubles the threshold.
    private static let largeChange = 0.08

    private var key: [copencv_point] = []
    private var other: [copencv_point] = []
    private let size: Point
    private let threshold: Double

    /// - Parameters:
    ///   - threshold: maximum distance of a pair from the homography, in pixels of the key picture.
    ///   - size: of the pictures.
    init(threshold: Double, size: Point) {
        self.threshold = threshold
        self.size = size
    }

    mutating func add(key: copencv_point, other: copencv_point) {
        self.key.append(key)
        self.other.append(other)
    }

    /// The groups of at least `least` pairs, the largest first.
    ///
    /// - Parameter guessBack: approximate map of points of the other picture to the key picture.
    mutating func groups(of least: Int, guessBack: Homography) throws(VisionError) -> [Group] {
        var groups: [Group] = []
        while groups.count < Self.mostGroups, key.count >= max(least, 4) {
            guard let start = start(guessBack) else { break }
            var toKey = start * guessBack
            // The fit to two pairs is rough; each further fit includes more of the group.
            for width in [Self.startWidth, 1, 1] {
                let members = near(toKey, within: width * threshold)
                guard members.count >= least, let fit = try fit(members) else { return groups }
                toKey = fit
            }
            // Patches are not scaled or rotated with the picture, and are located less exactly where it is.
            let motion = toKey.localMotion(at: size / 2)
            let change = max(abs(log(motion.scale)), abs(motion.rotation)) / Self.largeChange
            let within = threshold * (1 + min(1, change))
            if change > 0.5, let fit = try fit(near(toKey, within: within)) { toKey = fit }
            let members = near(toKey, within: within)
            guard members.count >= least, let toOther = toKey.inverse else { break }
            groups.append(
                Group(
                    toKey: toKey, toOther: toOther, count: members.count,
                    error: members.reduce(0) { $0 + miss($1, toKey) } / Double(members.count)))
            for index in near(toKey, within: 2 * threshold).reversed() {
                key.remove(at: index)
                other.remove(at: index)
            }
        }
        return groups
    }

    /// The similarity shared by most pairs after the other picture has been moved by the guess.
    private func start(_ guessBack: Homography) -> Homography? {
        let from = other.flatMap { point in
            let moved = guessBack.apply(Point(Double(point.x), Double(point.y)))
            return [Float(moved.x), Float(moved.y)]
        }
        let to = key.flatMap { [$0.x, $0.y] }
        var map = Array(repeating: Float(0), count: 4)
        let agreed = ckernels_motion_consensus(
            from, to, Int32(key.count), Float(Self.startWidth * threshold), Self.mostDraws, &map)
        guard agreed >= 4 else { return nil }
        let (re, im) = (Double(map[0]), Double(map[1]))
        return Homography(SIMD3(re, -im, Double(map[2])), SIMD3(im, re, Double(map[3])), SIMD3(0, 0, 1))
    }

    private func fit(_ indices: [Int]) throws(VisionError) -> Homography? {
        var elements = Array(repeating: 0.0, count: 9)
        try VisionError.check(
            copencv_homography(
                indices.map { other[$0] }, indices.map { key[$0] }, Int32(indices.count), &elements),
            "fit a homography")
        let fit = Homography(elements: elements)
        return fit.isPlausible(width: size.x, height: size.y) ? fit : nil
    }

    private func near(_ toKey: Homography, within distance: Double) -> [Int] {
        key.indices.filter { miss($0, toKey) <= distance * distance }
    }

    /// Squared distance of a pair from the homography.
    private func miss(_ index: Int, _ toKey: Homography) -> Double {
        let miss =
            toKey.apply(Point(Double(other[index].x), Double(other[index].y)))
            - Point(Double(key[index].x), Double(key[index].y))
        return (miss * miss).sum()
    }
}
