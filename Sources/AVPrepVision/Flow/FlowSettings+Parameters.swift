package import AVPrepModel

extension FlowSettings {
    /// The parameters of this flow method, by the names of its papers (and OpenCV's), for the attributes of stored
    /// flow: with them and the frames, it can be recomputed elsewhere. A preset's parameters are included.
    package var parameters: [String: AttributeValue] {
        switch method {
        // The parameters of OpenCV's presets are defined by OpenCV.
        case .off, .openCVDIS: [:]
        case .dis: DISFlow.parameters(of: preset)
        case .tvl1: tvl1.parameters
        case .farneback: OpenCVFarnebackFlow.attributes
        }
    }
}

extension TVL1Settings {
    /// Every parameter, under its key in the pipeline file.
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
