/// What `border` sees: strips along the four edges, their outermost line, and the four corners.
enum BorderFeatures {
    /// Changes of a strip below this are no cue, in grey levels: what JPEG makes of a still strip.
    private static let floor: Float = 0.75

    static func features(_ frame: PictureMeasures.Frame, backwards: Bool) -> [Float] {
        func series(_ values: [Float]) -> Series { Series(backwards ? values.reversed() : values, floor: floor) }
        var features: [Float] = []
        for (edge, rim) in zip(frame.edges, frame.rims) {
            let level = series(edge.level)
            features += [
                level.mean, series(edge.spread).mean, level.deviation, level.growth, level.suddenness,
                series(edge.spread).growth, series(rim.level).mean - level.mean, series(rim.spread).mean,
            ]
        }
        for corner in frame.corners {
            let level = series(corner.level)
            features += [level.mean, series(corner.spread).mean, level.deviation, level.growth]
        }
        return features
    }

    /// What the border is held against: the same of a window in the middle of the picture, and how all of it changes, since light
    /// that spreads over the picture may show more clearly at the edges, where nothing moves.
    static func control(_ inner: PictureMeasures.Frame, backwards: Bool) -> [Float] {
        let level = Series(backwards ? inner.whole.level.reversed() : inner.whole.level, floor: floor)
        return features(inner, backwards: backwards) + [level.mean, level.deviation, level.growth, level.suddenness]
    }
}
