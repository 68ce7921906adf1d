/// How optical flow is computed and stored.
package struct FlowSettings: Sendable, Equatable, Codable {
    package enum Method: String, Sendable, Codable, CaseIterable {
        /// No flow is computed.
        case off
        /// Dense inverse search (Kroeger et al., ECCV 2016, arXiv 1603.03590), of our own.
        case dis
        /// TV-L1 (Zach, Pock, Bischof, DAGM 2007), of our own: slower and smoother, the papers' choice.
        case tvl1
        /// OpenCV's dense inverse search.
        case openCVDIS = "opencv-dis"
        /// Farnebäck's polynomial expansion (SCIA 2003), OpenCV's.
        case farneback

        /// Whether the preset makes a difference.
        package var hasPresets: Bool { self == .dis || self == .openCVDIS }
    }

    /// Presets of dense inverse search, fast to careful, named like OpenCV's.
    package enum Preset: String, Sendable, Codable, CaseIterable {
        case ultrafast, fast, medium
    }

    package enum Direction: String, Sendable, Codable, CaseIterable {
        case forward, backward, both
    }

    package var method = Method.dis
    package var preset = Preset.medium
    package var tvl1 = TVL1Settings()
    package var direction = Direction.forward
    /// Displacements are clipped to ± this many pixels before they are quantised to 8 bits.
    package var bound = 20.0

    package init() {}
}
