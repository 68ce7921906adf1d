package import AVPrepModel
import AVPrepVision

extension IngestSettings {
    /// The flags that stabilisation fixes.
    package static let steadiedFlags: SegmentFlags = [.pan, .tilt, .zoom, .roll, .shake]

    /// Whether segments with these flags are stabilised.
    package func stabilises(_ flags: SegmentFlags) -> Bool {
        let fixed = policy.fixed.intersection(Self.steadiedFlags)
        return cameraMotion.enabled && (stabilise.enabled || !flags.isDisjoint(with: fixed))
    }

    /// Whether these settings stabilise any segments.
    package var mayStabilise: Bool { stabilises(Self.steadiedFlags) }
}
