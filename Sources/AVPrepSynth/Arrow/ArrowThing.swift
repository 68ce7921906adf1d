/// What can happen to a thing that cannot happen backwards: each is a kind of motion whose reversal is never seen.
package enum ArrowKind: String, Sendable, Codable, CaseIterable {
    /// Falls through the picture, ever faster.
    case fall
    /// Is dropped and bounces, each time less high, until it lies.
    case bounce
    /// Slides over the floor, ever slower, until it stands.
    case slide
    /// Is dropped and breaks into pieces, which fly apart and come to rest.
    case shatter
    /// A heap of specks that spread from one place, ever slower.
    case diffuse
}

extension SynthPlan {
    /// A silent thing of an `arrow` corpus.
    package struct Thing: Sendable, Equatable, Codable {
        package var kind: ArrowKind
        package var shape: Shape
        package var colour: SIMD3<Float>
        package var radius: Double
        /// In order of time; between them it is not there.
        package var episodes: [Episode]
    }

    /// One time that a thing appears, moves and vanishes.
    package struct Episode: Sendable, Equatable, Codable {
        package var startSeconds: Double
        package var endSeconds: Double
        /// Where its centre is at the start, and its velocity then, in pixels and pixels a second.
        package var place: SIMD2<Double>
        package var velocity: SIMD2<Double>
        /// Acceleration downwards, in pixels per second squared.
        package var gravity: Double
        /// Deceleration on the floor, likewise.
        package var friction: Double
        /// Row on which things lie.
        package var floor: Double
        /// Share of the speed that a bounce leaves.
        package var restitution: Double
        /// Of pieces and specks.
        package var seed: Int
    }

    /// A rectangle in pixels of the stored picture.
    package struct Box: Sendable, Equatable {
        package var left: Double
        package var top: Double
        package var right: Double
        package var bottom: Double

        var corners: SIMD4<Double> { SIMD4(left, top, right, bottom) }
    }
}
