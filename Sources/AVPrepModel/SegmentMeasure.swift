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
    /// Share of the sound's power in a few steady narrow bands.
    case toneShare = "tone_share"
    /// The strongest of those bands.
    case toneFrequency = "tone_hz"
    /// Share of the samples at full scale, of the channel that has more.
    case clippedShare = "clipped_share"
    /// Mean of the samples, 1 being full scale, of the channel where it is larger.
    case dcOffset = "dc_offset"
    /// How much louder one of two channels is than the other.
    case channelDifference = "channel_difference_db"
    /// After how long the sound repeats itself, where anything says so.
    case period = "period_seconds"
    /// How alike the sound's beginnings are one and two periods later, 0...1.
    case periodConfidence = "period_confidence"
    /// How much later the file's sound begins than its picture.
    case startSkew = "start_skew_seconds"
    /// How much later what is heard comes than what is seen, by their sudden moments.
    case skewEstimate = "skew_estimate_seconds"
    /// Share of the arrangements by chance that fit picture and sound less well, 0...1.
    case skewConfidence = "skew_confidence"
    /// Level of the sound, a full-scale square wave being 0.
    case soundLevel = "sound_level_db"
    /// The deepest black bar that was found, cut off or not, in source pixels.
    case borderDepth = "border_pixels"
    /// How much the depth of a bar changes during the video, on the side where it changes most, in source pixels.
    case borderChange = "border_change_pixels"
    /// Greatest speed of the camera's turn to a side, averaged over a second.
    case panSpeed = "pan_speed"
    /// The same upwards or downwards.
    case tiltSpeed = "tilt_speed"
    /// Greatest speed of growing or shrinking, averaged over a second.
    case zoomSpeed = "zoom_speed"
    /// Greatest speed of the camera's roll, averaged over a second.
    case rollSpeed = "roll_speed"
    /// How far the velocity is from that average, half of the time.
    case shakeAmount = "tremble"
    /// How far the picture leaves its place, but for a tenth of the frames.
    case cameraDrift = "camera_drift"
    /// Share of the frames looked at whose homography was found.
    case motionKnownShare = "motion_known_share"
    /// Corners that agree with a homography, in half of the frames.
    case motionInliers = "motion_inliers"
    /// Shorter side of what all frames show when the camera's motion is taken out, as a share of the frames'; 0 where too
    /// little is known of that motion.
    case stabilisedShare = "stabilised_share"

    /// Its unit; empty for shares and other bare numbers.
    package var unit: String {
        switch self {
        case .stillShare, .borderConfidence, .toneShare, .clippedShare, .dcOffset, .periodConfidence,
            .skewConfidence, .motionKnownShare, .stabilisedShare:
            ""
        case .longestStill, .fadeIn, .fadeOut, .dissolveIn, .dissolveOut, .period, .startSkew, .skewEstimate: "s"
        case .toneFrequency: "Hz"
        case .channelDifference, .soundLevel: "dB"
        case .meanChange, .borderLevel: "level"
        case .borderMissed, .fillerBorder, .borderDepth, .borderChange: "pixel"
        case .brokenSamples: "sample"
        case .panSpeed, .tiltSpeed, .shakeAmount: "width/s"
        case .zoomSpeed: "ln(scale)/s"
        case .rollSpeed: "degree/s"
        case .cameraDrift: "width"
        case .motionInliers: "corner"
        }
    }
}

extension SegmentMeasure: CodingKeyRepresentable {}
