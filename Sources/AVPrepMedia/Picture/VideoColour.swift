/// How a video's pixels are coded and interpreted, from its first picture.
package struct VideoColour: Sendable, Equatable, Codable {
    /// Standard dynamic range, or one of the two transfer functions of ITU-R BT.2100.
    package enum DynamicRange: String, Sendable, Codable { case standard, pq, hlg }

    /// The five properties needed to interpret colours, by FFmpeg's names; `unknown` or `unspecified` where a file
    /// states none.
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
    /// Whether pixels can be transparent. They are composited over black.
    package var hasAlpha: Bool
    /// Stated by codec and container.
    package var stated: Names
    /// The values actually used.
    package var used: Names
    /// Decides whether pictures are tone-mapped.
    package var dynamicRange: DynamicRange
    /// Peak brightness in cd/m² that the tone curve was made for; nil for standard dynamic range.
    package var peakNits: Double?
    /// Whether the first picture is interlaced; the fraction of interlaced pictures is known after decoding.
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
