/// What `picture` sees: whole pictures, in a few numbers that do not know the direction of time.
enum PictureFeatures {
    static func features(_ measures: PictureMeasures) -> [Float] {
        let level = Series(measures.whole.level, floor: 0)
        let change = Series(measures.change, floor: 0)
        return [
            level.mean, level.deviation, Series(measures.whole.spread, floor: 0).mean,
            measures.colour.x - level.mean, measures.colour.y - level.mean, measures.colour.z - level.mean,
            change.mean, change.deviation, change.values.max() ?? 0, Series(measures.sharpness, floor: 0).mean,
        ]
    }
}
