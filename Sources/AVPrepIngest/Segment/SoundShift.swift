package import AVPrepAudio
package import AVPrepModel
import AVPrepSettings

/// What was found on the sound of a segment.
package struct MeasuredSound {
    package var flags: SegmentFlags
    package var measures: [SegmentMeasure: Float]
    package var skew: OnsetSkew?
}

/// How early sound is mended: a segment's frames get the sound of the file from earlier, so that it is heard later.
///
/// A segment that goes on in a shot gets real samples from before its start. At the start of a shot there are none that
/// belong to it: in an edited film another scene is heard before the cut, and before the film nothing. There the first
/// frames are left out instead, and no silence is invented.
struct SoundShift {
    /// How much later the sound is than in the file: the estimate, as it is stored.
    let seconds: Double
    /// Number of frames left out at the segment's start.
    let lostFrames: Int
    let estimate: OnsetSkew

    /// - Parameters:
    ///   - from: the segment's start in seconds of the pass.
    ///   - soundStart: where the sound that may be used starts.
    ///   - count: the segment's frames.
    ///   - minimumFrames: fewer are no segment.
    /// - Returns: nil where the sound is not flagged as early, or too little would be left.
    init?(
        _ sound: MeasuredSound, from: Double, soundStart: Double, count: Int, minimumFrames: Int, fps: Double
    ) {
        // Low thresholds flag late sound too, which may have come from afar.
        guard sound.flags.contains(.skewed), let skew = sound.skew, skew.seconds < 0 else { return nil }
        estimate = skew
        seconds = -Double(Float(skew.seconds))
        lostFrames = max(0, Int(((soundStart - from + seconds) * fps).rounded(.up)))
        guard count - lostFrames >= minimumFrames else { return nil }
    }

    /// Marks a segment as shifted.
    func mark(_ segment: inout Segment) {
        segment.measures[.soundShift] = Float(seconds)
        segment.decision.fixed.insert(.skewed)
    }
}

extension IngestSettings {
    /// Whether early sound is moved.
    package var mayShiftSound: Bool { policy[flag: .skewed] == .fix && skew.searchSeconds > 0 }

    /// How much sound before a segment may be used for it, in seconds: an estimate may exceed the search by a frame.
    var heldSoundSeconds: Double { mayShiftSound ? skew.searchSeconds + 1 / video.fps : 0 }
}
