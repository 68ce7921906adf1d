package import AVPrepModel
import AVPrepPolicy
package import AVPrepSettings

extension Segment {
    /// Marks a segment of a file of which some is lost, and decides anew.
    ///
    /// What could be decoded is right, but it is the rest of something: how much is missing concerns all of its segments.
    package mutating func mark(lostShare: Double?, settings: IngestSettings) {
        let share = lostShare ?? 0
        measures[.lostShare] = Float(share)
        guard share >= IngestSettings.smallestLostShare else { return }
        flags.insert(.damaged)
        decide(by: settings.policy)
    }
}
