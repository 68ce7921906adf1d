import Foundation

/// A point in pixels; (0, 0) is the centre of the first pixel, x to the right, y down.
typealias Point = SIMD2<Double>

/// A projective map of the picture plane: a 3 × 3 matrix, row-major.
package struct Homography: Equatable, Sendable {
    /// Rows of the matrix.
    package var rows: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)

    package static let identity = Homography(SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1))

    package init(_ first: SIMD3<Double>, _ second: SIMD3<Double>, _ third: SIMD3<Double>) {
        rows = (first, second, third)
    }

    /// - Parameter elements: nine numbers, row-major.
    package init(elements: [Double]) {
        precondition(elements.count == 9, "a homography has nine numbers")
        self.init(
            SIMD3(elements[0], elements[1], elements[2]), SIMD3(elements[3], elements[4], elements[5]),
            SIMD3(elements[6], elements[7], elements[8]))
    }

    package static func == (first: Homography, second: Homography) -> Bool { first.rows == second.rows }

    /// The nine numbers, row-major, scaled so that the last is 1 where it is not 0.
    package var elements: [Double] {
        let scale = rows.2.z == 0 ? 1 : 1 / rows.2.z
        return [rows.0, rows.1, rows.2].flatMap { [$0.x * scale, $0.y * scale, $0.z * scale] }
    }

    /// The homogeneous weight of a point's image: positive on the near side of the horizon.
    func weight(at point: Point) -> Double { rows.2.x * point.x + rows.2.y * point.y + rows.2.z }

    /// The image of a point.
    package func apply(_ point: SIMD2<Double>) -> SIMD2<Double> {
        Point(
            rows.0.x * point.x + rows.0.y * point.y + rows.0.z, rows.1.x * point.x + rows.1.y * point.y + rows.1.z)
            / weight(at: point)
    }

    /// The composition: `second` first, then `first`.
    package static func * (first: Homography, second: Homography) -> Homography {
        func combine(_ row: SIMD3<Double>) -> SIMD3<Double> {
            row.x * second.rows.0 + row.y * second.rows.1 + row.z * second.rows.2
        }
        return Homography(combine(first.rows.0), combine(first.rows.1), combine(first.rows.2))
    }

    /// The inverse map, or nil where the map is singular.
    package var inverse: Homography? {
        func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
            SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
        }
        // The columns of the adjugate are the cross products of the rows.
        let (a, b, c) = (cross(rows.1, rows.2), cross(rows.2, rows.0), cross(rows.0, rows.1))
        let determinant = (rows.0 * a).sum()
        guard determinant.isFinite, abs(determinant) > 1e-12 else { return nil }
        return Homography(
            SIMD3(a.x, b.x, c.x) / determinant, SIMD3(a.y, b.y, c.y) / determinant,
            SIMD3(a.z, b.z, c.z) / determinant)
    }

    /// The map's effect near a point.
    struct LocalMotion {
        /// Displacement of the point itself, in pixels.
        var shift: Point
        /// Scale factor of lengths: the square root of that of areas.
        var scale: Double
        /// Clockwise rotation (y points down), in radians.
        var rotation: Double
    }

    /// The map's motion at `point`: its displacement and the similarity nearest to its derivative there.
    func localMotion(at point: Point) -> LocalMotion {
        let image = apply(point)
        let weight = weight(at: point)
        let dx = Point(rows.0.x - image.x * rows.2.x, rows.1.x - image.y * rows.2.x) / weight
        let dy = Point(rows.0.y - image.x * rows.2.y, rows.1.y - image.y * rows.2.y) / weight
        return LocalMotion(
            shift: image - point, scale: abs(dx.x * dy.y - dx.y * dy.x).squareRoot(),
            rotation: atan2(dx.y - dy.x, dx.x + dy.y))
    }

    /// Whether this can be the motion of a camera between two pictures of this size: all corners stay on the near side
    /// of the horizon, the orientation is kept, and the scale changes at most eightfold.
    func isPlausible(width: Double, height: Double) -> Bool {
        let corners = [Point(0, 0), Point(width, 0), Point(width, height), Point(0, height)]
        guard elements.allSatisfy(\.isFinite), corners.allSatisfy({ weight(at: $0) > 0.1 }) else { return false }
        let images = corners.map(apply)
        var area = 0.0
        for (a, b) in zip(images, images.dropFirst() + images.prefix(1)) { area += (a.x * b.y - a.y * b.x) / 2 }
        return area > width * height / 8 && area < width * height * 8
    }
}
