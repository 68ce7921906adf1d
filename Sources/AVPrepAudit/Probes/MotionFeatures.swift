/// What `global-motion` sees: how the camera moves through the clip.
enum MotionFeatures {
    /// Slower movements are no cue: in shorter sides, ln(scale) and radians a second.
    private static let floor: Float = 0.004

    static func features(_ measures: PictureMeasures, backwards: Bool) -> [Float] {
        let motion = backwards ? measures.backwardMotion : measures.motion
        var features: [Float] = []
        for path: KeyPath<GlobalMotion, Float> in [\.pan, \.tilt, \.zoom, \.roll] {
            let values = motion.map { Series.beyond(floor, $0[keyPath: path]) }
            let speed = Series(values.map(abs), floor: floor)
            features += [
                Series(values, floor: floor).mean, speed.mean, speed.deviation, speed.growth, speed.suddenness,
            ]
        }
        features.append(Series(motion.map(\.agreement), floor: 0).mean)
        return features
    }
}
