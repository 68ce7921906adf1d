package import AVPrepModel

extension Stabiliser {
    /// The measured motion that remains in a segment's stabilised frames: what ``StabiliserSettings/noise`` treated as
    /// measurement error, and outliers. Also holds where each frame's pixels come from.
    ///
    /// - Parameters:
    ///   - motions: one value per frame, those the plan was made for.
    ///   - plan: for these frames.
    package func motion(left motions: [FrameMotion], by plan: Plan) -> [FrameMotion] {
        let centre = motions.count / 2
        let toStored = plan.source(at: centre).inverse
        var left = motions
        for index in left.indices {
            let source = plan.source(at: index)
            left[index].source = source.elements.map { Float($0) }
            guard motions[index].isKnown, let toStored else { continue }
            let toCentre = Homography(elements: motions[index].homography.map(Double.init))
            left[index].homography = (toStored * toCentre * source).elements.map { Float($0) }
        }
        left.fillRates(fps: fps, width: plan.width, height: plan.height)
        return left
    }
}
