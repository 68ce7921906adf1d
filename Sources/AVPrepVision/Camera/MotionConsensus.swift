import CKernels
import COpenCV
import Foundation

/// Pairs of points, in the key picture and in another, sorted into groups that move alike, each with its homography:
/// the background is one of them, and each large thing in front of it another.
///
/// Each group is begun by RANSAC over similarities, which two pairs define: against a good guess a camera's motion from
/// one frame to another is nearly one. The homography is then fitted to all pairs near it and to those near what comes
/// of that (locally optimised RANSAC; Chum, Matas and Kittler, DAGM 2003).
struct MotionConsensus {
    /// One group.
    struct Group {
        /// Takes points of the other picture to the key picture.
        let toKey: Homography
        /// And back.
        let toOther: Homography
        /// How many pairs agree.
        let count: Int
        /// Mean squared distance of their points from where the homography puts them, in pixels² of the key picture.
        let error: Double
    }

    /// Groups looked for, at most.
    private static let mostGroups = 4
    /// Pairs of pairs that are tried for each, at most: 99.5 % find a group of one pair in seven.
    private static let mostDraws: Int32 = 260
    /// How far a pair may lie from a similarity, against the threshold. Not much further: two motions that differ little
    /// would be taken for one between them.
    private static let startWidth = 1.5
    /// Change of scale (a logarithm) or turn (in radians) that doubles the threshold.
    private static let largeChange = 0.08

    private var key: [copencv_point] = []
    private var other: [copencv_point] = []
    private let size: Point
    private let threshold: Double

    /// - Parameters:
    ///   - threshold: how far a pair may lie from the homography, in pixels of the key picture.
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
    /// - Parameter guessBack: about where points of the other picture lie in the key picture.
    mutating func groups(of least: Int, guessBack: Homography) throws(VisionError) -> [Group] {
        var groups: [Group] = []
        while groups.count < Self.mostGroups, key.count >= max(least, 4) {
            guard let start = start(guessBack) else { break }
            var toKey = start * guessBack
            // What was fitted to two pairs is rough; each fit is nearer to more of the group.
            for width in [Self.startWidth, 1, 1] {
                let members = near(toKey, within: width * threshold)
                guard members.count >= least, let fit = try fit(members) else { return groups }
                toKey = fit
            }
            // Patches are not grown or turned with the picture, and are found less exactly where it did.
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

    /// The similarity that most pairs share once the other picture has been moved by the guess.
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

    /// How far a pair misses, squared.
    private func miss(_ index: Int, _ toKey: Homography) -> Double {
        let miss =
            toKey.apply(Point(Double(other[index].x), Double(other[index].y)))
            - Point(Double(key[index].x), Double(key[index].y))
        return (miss * miss).sum()
    }
}
