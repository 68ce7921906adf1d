import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import Foundation
import Testing

@Suite struct FlagRuleTests {
    /// Measures are single-precision numbers; a decision's evidence is read by people.
    @Test func evidencePrintsAsTheMeasureAndItsThresholdWereWritten() throws {
        var segment = Segment(
            segmentID: "a-0", videoID: "a", source: "a.mp4", startSeconds: 0, frameCount: 50, width: 32, height: 32)
        segment.flags = [.pan, .silent]
        segment.measures = [.panSpeed: -0.15, .soundLevel: -71.3]
        let decided = DecidedSegment(segment, number: 0, settings: IngestSettings())
        #expect(decided.flags.map(\.flag) == ["pan", "silent"])
        #expect(decided.flags.map(\.value) == [-0.15, -71.3])
        #expect(decided.flags.map(\.threshold) == [0.05, -60])
        let json = try CanonicalJSON.encode(decided)
        #expect(json.contains(#""value":-0.15,"#) && json.contains(#""value":-71.3,"#), "\(json)")
    }

    /// The exact value decides, not its text: `Float(0.8)` lies above 0.8, so that the share of known motion has not raised
    /// the flag.
    @Test func theFirstMeasureThatRaisesAFlagIsItsEvidence() throws {
        let rule = try #require(FlagRule.of(.motionUnreliable))
        let settings = IngestSettings()
        #expect(rule.evidence([.motionKnownShare: 0.8, .motionInliers: 1], settings)?.measure == .motionInliers)
        #expect(rule.evidence([.motionKnownShare: 0.7, .motionInliers: 1], settings)?.measure == .motionKnownShare)
        #expect(rule.evidence([.motionInliers: 1], settings)?.value == 1)
        #expect(rule.evidence([:], settings) == nil)
    }
}
