/// How a video's pixels are coded and read: by its first picture.
package struct VideoColour: Sendable, Equatable, Codable {
    /// Standard dynamic range, or one of the two transfer functions of ITU-R BT.2100.
    package enum DynamicRange: String, Sendable, Codable { case standard, pq, hlg }

    /// The five things one has to know to read colours, by FFmpeg's names; `unknown` or `unspecified` where a file is
    /// silent.
    package struct Names: Sendable, Equatable, Codable {
        /// `tv` (16…235) or `pc` (0…255).
        package var range: String
        package var matrix: String
        package var primaries: String
        package var transfer: String
        package var chromaLocation: String
    }

    /// Bits of the deepest component.
    package var bitsPerComponent: Int
    /// `4:2:0`, `4:2:2`, `4:4:4`, `4:1:1`, `4:1:0`, `4:4:0`, `grey`, `rgb` or `palette`.
    package var sampling: String
    /// Whether pixels can be transparent. They are shown over black.
    package var hasAlpha: Bool
    /// What codec and container say.
    package var stated: Names
    /// What the pixels were read as.
    package var used: Names
    /// What decides whether pictures are tone-mapped.
    package var dynamicRange: DynamicRange
    /// Brightest light of the pictures in cd/m² that the tone curve was made for; nil for standard dynamic range.
    package var peakNits: Double?
    /// Whether the first picture is interlaced; the share of interlaced pictures is known after decoding.
    package var isInterlaced: Bool

    package init(
        bitsPerComponent: Int, sampling: String, hasAlpha: Bool, stated: Names, used: Names,
        dynamicRange: DynamicRange, peakNits: Double?, isInterlaced: Bool
    ) {
        self.bitsPerComponent = bitsPerComponent
        self.sampling = sampling
        self.hasAlpha = hasAlpha
        self.stated = stated
        self.used = used
        self.dynamicRange = dynamicRange
        self.peakNits = peakNits
        self.isInterlaced = isInterlaced
    }
}
