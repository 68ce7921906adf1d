/// Something that was measured on a segment: what a flag was decided by, so that another threshold can be tried on what
/// is stored. Prepared files and shards keep one number a measure and segment; new measures are added at the end.
package enum SegmentMeasure: String, Sendable, Codable, CaseIterable {
    /// Share of the frames that show what the frame before showed.
    case stillShare = "still_share"
    /// The longest stretch of such frames.
    case longestStill = "longest_still_seconds"
    /// Mean change from frame to frame, in grey levels.
    case meanChange = "mean_change"
    /// Length of the fade at the segment's start; 0 for none.
    case fadeIn = "fade_in_seconds"
    /// Length of the fade at the segment's end; 0 for none.
    case fadeOut = "fade_out_seconds"
    /// Length of the dissolve into the shot, as far as the segment holds it; 0 for none.
    case dissolveIn = "dissolve_in_seconds"
    /// Length of the dissolve into the next shot, as far as the segment holds it; 0 for none.
    case dissolveOut = "dissolve_out_seconds"
    /// Level of the border that was cut off, 0...255.
    case borderLevel = "border_level"
    /// Share of the border's length along which its edge was seen, of the side where it was seen least.
    case borderConfidence = "border_confidence"
    /// The deepest bar that the stored frames still show, in source pixels; 0 for none.
    case borderMissed = "border_missed_pixels"
    /// The deepest filler bar, in source pixels; 0 for none.
    case fillerBorder = "filler_border_pixels"
    /// Samples of the sound that are no numbers, or beyond anything that is sound: levels and spectrograms take them
    /// for silence.
    case brokenSamples = "broken_samples"

    /// Its unit; empty for shares and other bare numbers.
    package var unit: String {
        switch self {
        case .stillShare, .borderConfidence: ""
        case .longestStill, .fadeIn, .fadeOut, .dissolveIn, .dissolveOut: "s"
        case .meanChange, .borderLevel: "level"
        case .borderMissed, .fillerBorder: "pixel"
        case .brokenSamples: "sample"
        }
    }
}

extension SegmentMeasure: CodingKeyRepresentable {}
