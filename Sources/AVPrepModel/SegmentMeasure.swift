/// A quantity measured on a segment. Flags are decided by these, so another threshold can be applied to what is stored.
/// Prepared files and shards store one number per measure and segment; new measures are appended.
package enum SegmentMeasure: String, Sendable, Codable, CaseIterable {
    /// Fraction of frames identical to the previous frame.
    case stillShare = "still_share"
    /// Longest run of such frames.
    case longestStill = "longest_still_seconds"
    /// Mean absolute change between frames, in grey levels.
    case meanChange = "mean_change"
    /// Length of the fade at the segment's start; 0 for none.
    case fadeIn = "fade_in_seconds"
    /// Length of the fade at the segment's end; 0 for none.
    case fadeOut = "fade_out_seconds"
    /// Length of the dissolve into the shot within the segment; 0 for none.
    case dissolveIn = "dissolve_in_seconds"
    /// Length of the dissolve into the next shot within the segment; 0 for none.
    case dissolveOut = "dissolve_out_seconds"
    /// Grey level of the border that was cropped, 0...255.
    case borderLevel = "border_level"
    /// Fraction of the border's length along which its edge was found, for the side where it is smallest.
    case borderConfidence = "border_confidence"
    /// Depth of the deepest bar that the stored frames still show, in source pixels; 0 for none.
    case borderMissed = "border_missed_pixels"
    /// Depth of the deepest filler bar, in source pixels; 0 for none.
    case fillerBorder = "filler_border_pixels"
    /// Audio samples that are not numbers or far out of range: levels and spectrograms treat them as silence.
    case brokenSamples = "broken_samples"
    /// Fraction of the audio's power in a few steady narrow bands.
    case toneShare = "tone_share"
    /// Frequency of the strongest of those bands.
    case toneFrequency = "tone_hz"
    /// Fraction of samples at full scale, in the channel that has more.
    case clippedShare = "clipped_share"
    /// Mean of the samples, relative to full scale, in the channel where it is larger.
    case dcOffset = "dc_offset"
    /// Level difference between two channels.
    case channelDifference = "channel_difference_db"
    /// The period after which the audio repeats itself, where one was found.
    case period = "period_seconds"
    /// Similarity of the audio's onsets one and two periods later, 0...1.
    case periodConfidence = "period_confidence"
    /// How much later the file's audio starts than its video.
    case startSkew = "start_skew_seconds"
    /// Estimated delay of the audio relative to the video, from the onsets in both.
    case skewEstimate = "skew_estimate_seconds"
    /// Confidence that the estimated delay is neither chance nor part of an action, 0...1; 0 where that cannot be told,
    /// as of late audio, which may have come from afar.
    case skewConfidence = "skew_confidence"
    /// Level of the audio; a full-scale square wave is 0.
    case soundLevel = "sound_level_db"
    /// Depth of the deepest black bar found, cropped or not, in source pixels.
    case borderDepth = "border_pixels"
    /// Largest change of a bar's depth during the video, over the four sides, in source pixels.
    case borderChange = "border_change_pixels"
    /// Maximum speed of horizontal camera motion, averaged over a second.
    case panSpeed = "pan_speed"
    /// Maximum speed of vertical camera motion, averaged over a second.
    case tiltSpeed = "tilt_speed"
    /// Maximum rate of change of scale, averaged over a second.
    case zoomSpeed = "zoom_speed"
    /// Maximum speed of the camera's roll, averaged over a second.
    case rollSpeed = "roll_speed"
    /// Median deviation of the camera's velocity from that average.
    case shakeAmount = "tremble"
    /// 90th percentile of the picture's displacement.
    case cameraDrift = "camera_drift"
    /// Fraction of examined frames whose homography was estimated.
    case motionKnownShare = "motion_known_share"
    /// Median number of corners consistent with a homography.
    case motionInliers = "motion_inliers"
    /// Shorter side of the region visible in all frames when the camera's motion is removed, as a fraction of the
    /// frames'; 0 where too little of that motion is known.
    case stabilisedShare = "stabilised_share"
    /// Fraction of the file's bytes or seconds that could not be read or decoded; 0 for none.
    case lostShare = "lost_share"
    /// Fraction of the segment's audio that is silence filled in for missing samples, or was cut; 0 for none.
    case patchedShare = "patched_share"
    /// How much faster the file's timestamps advance than its audio samples, in parts per million: the audio was stretched
    /// by as much.
    case clockDrift = "clock_drift_ppm"
    /// How much later the stored audio is than the file's, where the policy fixes early audio; absent where it was not moved.
    case soundShift = "sound_shift_seconds"

    /// The unit; empty for fractions and other dimensionless numbers.
    package var unit: String {
        switch self {
        case .stillShare, .borderConfidence, .toneShare, .clippedShare, .dcOffset, .periodConfidence,
            .skewConfidence, .motionKnownShare, .stabilisedShare, .lostShare, .patchedShare:
            ""
        case .longestStill, .fadeIn, .fadeOut, .dissolveIn, .dissolveOut, .period, .startSkew, .skewEstimate,
            .soundShift:
            "s"
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
        case .clockDrift: "ppm"
        }
    }
}

extension SegmentMeasure: CodingKeyRepresentable {}
