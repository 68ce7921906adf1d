package import AVPrepModel
import AVPrepVision

extension IngestSettings {
    /// What stabilising can take out of a segment.
    package static let steadiedFlags: SegmentFlags = [.pan, .tilt, .zoom, .roll, .shake]

    /// Whether segments with these flags are stabilised.
    package func stabilises(_ flags: SegmentFlags) -> Bool {
        let fixed = policy.fixed.intersection(Self.steadiedFlags)
        return cameraMotion.enabled && (stabilise.enabled || !flags.isDisjoint(with: fixed))
    }

    /// Whether any segment may be.
    package var mayStabilise: Bool { stabilises(Self.steadiedFlags) }
}
