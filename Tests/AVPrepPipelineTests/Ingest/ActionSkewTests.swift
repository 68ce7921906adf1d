import AVPrepAudio
import AVPrepCases
import AVPrepModel
import AVPrepSettings
import AVPrepVision
import TestSupport
import Testing

/// Recordings in sync whose sound is not where the picture changes most, and the same with planted offsets.
@Suite struct ActionSkewTests {
    private func estimate(_ kind: ActionKind, _ number: Int, skew: Double) throws -> OnsetSkew? {
        let film = ActionCase(kind, number: number, skew: skew)
        let onsets = try OnsetEnvelope(sampleRate: ActionCase.sampleRate).envelope(of: film.samples)
        return OnsetSkew(
            events: try MotionEventDetector.events(in: film.frames, fps: 25), onsets: onsets,
            onsetRate: Double(OnsetEnvelope.rate), searchSeconds: 1)
    }

    private func isFlagged(_ skew: OnsetSkew?) -> Bool {
        let settings = SkewSettings()
        return skew.map { $0.confidence >= settings.minConfidence && abs($0.seconds) > settings.maxSeconds } ?? false
    }

    @Test(arguments: ActionKind.allCases)
    func anActionInSyncIsNotFlagged(kind: ActionKind) throws {
        for number in 0..<5 {
            let skew = try estimate(kind, number, skew: 0)
            #expect(!isFlagged(skew), "\(kind.rawValue) \(number): \(String(describing: skew))")
        }
    }

    @Test(arguments: [
        (ActionKind.hammer, -0.8), (.hammer, -0.4), (.recoil, -0.8), (.recoil, -0.4), (.drum, -0.3),
    ])
    func earlySoundOfBlowsIsFlagged(kind: ActionKind, skew: Double) throws {
        var flagged = 0
        for number in 0..<8 {
            let found = try estimate(kind, number, skew: skew)
            guard isFlagged(found), let found else { continue }
            flagged += 1
            #expect(abs(found.seconds - skew) < 0.15, "\(kind.rawValue) \(number): \(found)")
        }
        #expect(flagged >= 2)
    }
}
