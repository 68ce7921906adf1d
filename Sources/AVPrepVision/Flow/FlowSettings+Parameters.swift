package import AVPrepModel

extension FlowSettings {
    /// The numbers that flow of this method is computed with, in its papers' (and OpenCV's) words, for the attributes of
    /// stored flow: with them and the frames, it can be computed again elsewhere. Those of a preset are its own.
    package var parameters: [String: AttributeValue] {
        switch method {
        // The numbers of OpenCV's presets are OpenCV's.
        case .off, .openCVDIS: [:]
        case .dis: DISFlow.parameters(of: preset)
        case .tvl1: tvl1.parameters
        case .farneback: OpenCVFarnebackFlow.attributes
        }
    }
}

extension TVL1Settings {
    /// Every number, under its key in the pipeline file.
    fileprivate var parameters: [String: AttributeValue] {
        [
            "tau": .double(tau), "lambda": .double(lambda), "theta": .double(theta), "scales": .int(scales),
            "scale_step": .double(scaleStep), "warps": .int(warps), "outer_iterations": .int(outerIterations),
            "inner_iterations": .int(innerIterations), "epsilon": .double(epsilon),
            "median": .string(median.rawValue), "presmoothing": .double(presmoothing),
            "illumination": .bool(illumination),
        ]
    }
}
