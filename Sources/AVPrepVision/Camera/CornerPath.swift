import AVPrepModel

/// Positions of each frame's corners in the segment's central frame: homographies as points, which can be averaged and
/// interpolated.
struct CornerPath {
    /// Four corners per frame, clockwise from the top left; nil where unknown.
    private(set) var corners: [[Point]?]
    private let rectangle: [Point]

    init(_ motions: [FrameMotion], width: Int, height: Int) {
        let rectangle = [
            Point(0, 0), Point(Double(width - 1), 0), Point(Double(width - 1), Double(height - 1)),
            Point(0, Double(height - 1)),
        ]
        self.rectangle = rectangle
        corners = motions.map { motion in
            guard motion.isKnown else { return nil }
            let homography = Homography(elements: motion.homography.map(Double.init))
            guard homography.isPlausible(width: Double(width), height: Double(height)) else { return nil }
            return rectangle.map(homography.apply)
        }
    }

    /// The homography from a frame to the central one.
    func homography(at index: Int) -> Homography? {
        corners[index].flatMap { Homography(from: rectangle, to: $0) }
    }

    /// Rejects frames whose corners deviate from the line between their neighbours by more than `least` pixels and by
    /// more than six times the median deviation; these are outliers, whereas a shaking camera deviates all the time.
    ///
    /// - Returns: the number of rejected frames.
    mutating func rejectOutliers(least: Double) -> Int {
        var rejected = 0
        // The worst outlier bends the lines of its neighbours too: one at a time, and at most a quarter of the frames.
        while 4 * rejected < corners.count {
            let deviations = corners.indices.map { ($0, deviation(at: $0)) }.filter { $0.1 >= 0 }
            guard let worst = deviations.max(by: { $0.1 < $1.1 }) else { break }
            let limit = max(least, 6 * deviations.map(\.1).median)
            guard worst.1 > limit, worst.0 != corners.count / 2 else { break }
            corners[worst.0] = nil
            rejected += 1
        }
        return rejected
    }

    /// Distance of a frame's corners from the line between the known frames before and after, in pixels; -1 where that
    /// cannot be computed.
    private func deviation(at index: Int) -> Double {
        guard let here = corners[index],
            let before = corners[..<index].lastIndex(where: { $0 != nil }),
            let after = corners[(index + 1)...].firstIndex(where: { $0 != nil }),
            let line = interpolated(at: index, between: before, and: after)
        else { return -1 }
        return Self.distance(here, line)
    }

    /// Interpolates unknown frames from those before and after.
    ///
    /// - Returns: the longest run of unknown frames; runs at the ends of the segment are not filled.
    mutating func fillGaps() -> Int {
        let known = corners.indices.filter { corners[$0] != nil }
        guard let first = known.first, let last = known.last else { return corners.count }
        var longest = max(first, corners.count - 1 - last)
        for (before, after) in zip(known, known.dropFirst()) where after - before > 1 {
            longest = max(longest, after - before - 1)
            for index in before + 1..<after { corners[index] = interpolated(at: index, between: before, and: after) }
        }
        for index in 0..<first { corners[index] = corners[first] }
        for index in (last + 1)..<max(last + 1, corners.count) { corners[index] = corners[last] }
        return longest
    }

    /// Moves each frame to the parabola fitted to it and two frames on each side (Savitzky and Golay 1964), where that
    /// moves it by no more than `noise` pixels.
    mutating func smooth(noise: Double) {
        let raw = corners
        for index in raw.indices.dropFirst(2).dropLast(2) {
            guard let here = raw[index], let before2 = raw[index - 2], let before = raw[index - 1],
                let after = raw[index + 1], let after2 = raw[index + 2]
            else { continue }
            let smoothed = here.indices.map { corner in
                let near = 12 * (before[corner] + after[corner])
                let far = 3 * (before2[corner] + after2[corner])
                return (17 * here[corner] + near - far) / 35
            }
            if Self.distance(here, smoothed) <= noise { corners[index] = smoothed }
        }
    }

    private func interpolated(at index: Int, between before: Int, and after: Int) -> [Point]? {
        guard let first = corners[before], let last = corners[after] else { return nil }
        let share = Double(index - before) / Double(after - before)
        return zip(first, last).map { $0 + ($1 - $0) * share }
    }

    private static func distance(_ first: [Point], _ second: [Point]) -> Double {
        zip(first, second).reduce(0) {
            let miss = $1.0 - $1.1
            return max($0, (miss * miss).sum().squareRoot())
        }
    }
}

extension Homography {
    /// The homography that maps the corners of an upright rectangle (clockwise from the top left, the first at the
    /// origin) to four points: Heckbert's closed form (Fundamentals of Texture Mapping, 1989, § 2.2.3). Nil where three
    /// of them are collinear.
    init?(from rectangle: [Point], to points: [Point]) {
        let size = rectangle[2]
        let (p0, p1, p2, p3) = (points[0], points[1], points[2], points[3])
        let sum = p0 - p1 + p2 - p3
        let (d1, d2) = (p1 - p2, p3 - p2)
        let determinant = d1.x * d2.y - d2.x * d1.y
        guard abs(determinant) > 1e-9, size.x > 0, size.y > 0 else { return nil }
        let g = (sum.x * d2.y - d2.x * sum.y) / determinant
        let h = (d1.x * sum.y - sum.x * d1.y) / determinant
        let (right, down) = (p1 - p0 + g * p1, p3 - p0 + h * p3)
        self.init(
            SIMD3(right.x / size.x, down.x / size.y, p0.x), SIMD3(right.y / size.x, down.y / size.y, p0.y),
            SIMD3(g / size.x, h / size.y, 1))
    }
}
