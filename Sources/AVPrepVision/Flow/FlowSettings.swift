import AVPrepCore

/// How optical flow is computed and stored.
package struct FlowSettings: Sendable, Equatable, StoredSettings {
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

    /// How a flow picture is stored.
    package enum Codec: String, Sendable, Codable, CaseIterable {
        /// 8 bits by ``FlowQuantiser``'s rule, as grey JPEG (default).
        case jpeg
        /// The same 8 bits as PNG: every level comes back.
        case png
        /// The same 8 bits as they are.
        case raw
        /// Displacements as 16-bit floats.
        case float16
    }

    package var method = Method.dis
    package var preset = Preset.medium
    package var tvl1 = TVL1Settings()
    package var direction = Direction.forward
    /// Frames from one picture of a pair to the other. A segment of n frames has n − `step` flow pictures.
    package var step = 1
    /// Shorter side, in pixels, of the pictures that flow is computed between and stored at; 0: the frames' own size.
    package var shortSide = 0
    package var codec = Codec.jpeg
    /// JPEG quality, of 100.
    package var quality = 90
    /// Displacements are clipped to ± this many pixels before they are quantised to 8 bits.
    package var bound = 20.0

    package init() {}
}
