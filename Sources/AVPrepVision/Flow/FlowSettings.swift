import AVPrepCore

/// Settings of optical flow and its storage.
package struct FlowSettings: Sendable, Equatable, StoredSettings {
    package enum Method: String, Sendable, Codable, CaseIterable {
        /// No flow is computed.
        case off
        /// Dense inverse search (Kroeger et al., ECCV 2016, arXiv 1603.03590), own implementation.
        case dis
        /// TV-L1 (Zach, Pock, Bischof, DAGM 2007), own implementation: slower and smoother; used in the papers.
        case tvl1
        /// OpenCV's dense inverse search.
        case openCVDIS = "opencv-dis"
        /// Farnebäck's polynomial expansion (SCIA 2003), OpenCV's.
        case farneback

        /// Whether the preset has an effect.
        package var hasPresets: Bool { self == .dis || self == .openCVDIS }
    }

    /// Presets of dense inverse search, from fast to accurate, named like OpenCV's.
    package enum Preset: String, Sendable, Codable, CaseIterable {
        case ultrafast, fast, medium
    }

    package enum Direction: String, Sendable, Codable, CaseIterable {
        case forward, backward, both
    }

    /// The storage format of flow pictures.
    package enum Codec: String, Sendable, Codable, CaseIterable {
        /// 8 bits by ``FlowQuantiser``'s rule, as grey JPEG (default).
        case jpeg
        /// The same 8 bits as PNG, lossless.
        case png
        /// The same 8 bits without compression.
        case raw
        /// Displacements as 16-bit floats.
        case float16
    }

    package var method = Method.dis
    package var preset = Preset.medium
    package var tvl1 = TVL1Settings()
    package var direction = Direction.forward
    /// Distance in frames between the pictures of a pair. A segment of n frames has n − `step` flow pictures.
    package var step = 1
    /// Shorter side, in pixels, of the pictures that flow is computed and stored at; 0 for the frames' own size.
    package var shortSide = 0
    package var codec = Codec.jpeg
    /// JPEG quality, of 100.
    package var quality = 90
    /// Displacements are clipped to ± this many pixels before they are quantised to 8 bits.
    package var bound = 20.0

    package init() {}
}
