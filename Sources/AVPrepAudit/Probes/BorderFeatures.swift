/// What `border` sees: strips along the four edges, their outermost line, and the four corners.
enum BorderFeatures {
    /// Changes of a strip below this are no cue, in grey levels: what JPEG makes of a still strip.
    private static let floor: Float = 0.75

    static func features(_ measures: PictureMeasures, backwards: Bool) -> [Float] {
        func series(_ values: [Float]) -> Series { Series(backwards ? values.reversed() : values, floor: floor) }
        var features: [Float] = []
        for (edge, rim) in zip(measures.edges, measures.rims) {
            let level = series(edge.level)
            features += [
                level.mean, series(edge.spread).mean, level.deviation, level.growth, level.suddenness,
                series(edge.spread).growth, series(rim.level).mean - level.mean, series(rim.spread).mean,
            ]
        }
        for corner in measures.corners {
            let level = series(corner.level)
            features += [level.mean, series(corner.spread).mean, level.deviation, level.growth]
        }
        return features
    }
}
