import AVPrepAudio
import AVPrepCore
package import AVPrepModel
import AVPrepVision

/// One flag as the policy knows it: what can be done about it, what is done if nothing is said, and what it is told by.
package struct FlagRule: Sendable {
    /// One measure that raises the flag.
    package struct Criterion: Sendable {
        let measure: SegmentMeasure
        /// Whether the flag is raised below the threshold instead of above it.
        package var isBelow = false
        /// What the measure's magnitude is held against under these settings.
        package let threshold: @Sendable (IngestSettings) -> Double

        /// Whether a value raises the flag.
        package func isMet(by value: Double, _ settings: IngestSettings) -> Bool {
            let threshold = threshold(settings)
            return isBelow ? value <= threshold : magnitude(value) >= threshold && value != 0
        }

        /// Levels in decibels are negative by nature; of other measures the size counts, either way.
        private func magnitude(_ value: Double) -> Double { measure.unit == "dB" ? value : abs(value) }
    }

    /// What a flag was decided by.
    package struct Evidence: Sendable, Equatable {
        package let measure: SegmentMeasure
        /// As the measure is written, e.g. 0.15.
        package let value: Double
        package let threshold: Double
    }

    package let flag: SegmentFlags
    let standard: PolicyAction
    /// What `fix` does, in a word or two; nil where nothing can be fixed.
    package var fix: String?
    /// Why the standard is what it is.
    package let reason: String
    package let criteria: [Criterion]

    /// The key in the pipeline file.
    package var key: String { flag.name.replacing("-", with: "_") }

    /// What the key takes.
    var actions: [PolicyAction] { fix == nil ? [.keep, .drop] : [.keep, .drop, .fix] }

    /// The comment on the key.
    package var summary: String {
        "\(actions.map(\.rawValue).joined(separator: ", "))\(fix.map { " (\($0))" } ?? ""); \(reason)"
    }

    /// The measure that raised the flag, or the first there is.
    package func evidence(_ measures: [SegmentMeasure: Float], _ settings: IngestSettings) -> Evidence? {
        let measured = criteria.compactMap { criterion in
            measures[criterion.measure].map { (criterion: criterion, value: $0) }
        }
        let deciding = measured.first { $0.criterion.isMet(by: Double($0.value), settings) } ?? measured.first
        return deciding.map {
            Evidence(
                measure: $0.criterion.measure, value: $0.value.asWritten,
                threshold: $0.criterion.threshold(settings))
        }
    }

    /// The rule of a flag.
    package static func of(_ flag: SegmentFlags) -> FlagRule? { all.first { $0.flag == flag } }

    /// The policy if the pipeline file says nothing.
    static let standardPolicy: SegmentPolicy = {
        var policy = SegmentPolicy()
        for rule in all { policy[flag: rule.flag] = rule.standard }
        return policy
    }()
}

extension FlagRule {
    /// Every flag, in the order in which the pipeline file shows them: picture, camera, shots, sound, both.
    package static let all = framing + camera + shots + sound

    private static func above(
        _ measure: SegmentMeasure, _ threshold: @escaping @Sendable (IngestSettings) -> Double
    ) -> Criterion {
        Criterion(measure: measure, threshold: threshold)
    }

    private static func below(
        _ measure: SegmentMeasure, _ threshold: @escaping @Sendable (IngestSettings) -> Double
    ) -> Criterion {
        Criterion(measure: measure, isBelow: true, threshold: threshold)
    }

    /// Flags that any value but 0 raises.
    private static func any(_ measures: SegmentMeasure...) -> [Criterion] {
        measures.map { above($0) { _ in 0 } }
    }

    private static let framing = [
        FlagRule(
            flag: .blackBorder, standard: .fix, fix: "cropped", reason: "bars tell one video from another",
            criteria: any(.borderDepth)),
        FlagRule(
            flag: .borderChange, standard: .fix, fix: "each stretch by its own bars, see ingest.borders.change",
            reason: "as above", criteria: any(.borderChange)),
        FlagRule(
            flag: .borderMissed, standard: .keep, reason: "a few dark lines tell little; drop for time's arrow",
            criteria: any(.borderMissed)),
        FlagRule(
            flag: .fillerBorder, standard: .keep, fix: "cropped", reason: "told less surely than black bars",
            criteria: any(.fillerBorder)),
    ]

    private static let camera = [
        moving(.pan, .panSpeed, \.panThreshold), moving(.tilt, .tiltSpeed, \.panThreshold),
        moving(.zoom, .zoomSpeed, \.zoomThreshold), moving(.roll, .rollSpeed, \.rollThreshold),
        moving(.shake, .shakeAmount, \.shakeThreshold),
        FlagRule(
            flag: .staticCamera, standard: .keep, reason: "no fault: whatever moves is the scene",
            criteria: [below(.cameraDrift) { $0.cameraMotion.staticTolerance }]),
        FlagRule(
            flag: .motionUnreliable, standard: .keep, reason: "nothing to track; drop where camera flags must hold",
            criteria: [
                below(.motionKnownShare) { _ in CameraMotionEstimator.smallestKnownShare },
                below(.motionInliers) { _ in CameraMotionEstimator.fewestInliers },
            ]),
        FlagRule(
            flag: .notStabilised, standard: .drop, reason: "its frames are not as the others'",
            criteria: [below(.stabilisedShare) { $0.stabilise.smallestShare }]),
    ]

    private static func moving(
        _ flag: SegmentFlags, _ measure: SegmentMeasure,
        _ threshold: any KeyPath<CameraMotionSettings, Double> & Sendable
    ) -> FlagRule {
        FlagRule(
            flag: flag, standard: .keep, fix: "stabilised", reason: "no sound tells it; fix or drop for time's arrow",
            criteria: [above(measure) { $0.cameraMotion[keyPath: threshold] }])
    }

    private static let shots = [
        FlagRule(
            flag: .still, standard: .drop, reason: "nothing is seen to happen that a sound could be of",
            criteria: [above(.stillShare) { $0.still.share }, above(.longestStill) { $0.still.seconds }]),
        FlagRule(
            flag: .slideshow, standard: .drop, reason: "as above",
            criteria: [above(.stillShare) { $0.still.share }, above(.longestStill) { $0.still.seconds }]),
        FlagRule(
            flag: .fade, standard: .keep, reason: "the rest of the segment is untouched; drop for time's arrow",
            criteria: any(.fadeIn, .fadeOut)),
        FlagRule(
            flag: .dissolve, standard: .keep, reason: "as above", criteria: any(.dissolveIn, .dissolveOut)),
    ]

    private static let sound = [
        FlagRule(
            flag: .silent, standard: .drop, reason: "silence fits every picture",
            criteria: [below(.soundLevel) { $0.silenceDecibels }]),
        FlagRule(
            flag: .constantTone, standard: .drop, reason: "as above: it sounds the same at all times",
            criteria: [above(.toneShare) { $0.sound.toneShare }]),
        FlagRule(
            flag: .periodicSound, standard: .keep, reason: "hard negatives keep off its period",
            criteria: [above(.periodConfidence) { $0.sound.periodConfidence }]),
        FlagRule(
            flag: .clipping, standard: .keep, reason: "loud moments are still in their place",
            criteria: [above(.clippedShare) { $0.sound.clippedShare }]),
        FlagRule(
            flag: .dcOffset, standard: .fix, fix: "its mean is subtracted",
            reason: "a fault of recorders, not of scenes",
            criteria: [above(.dcOffset) { $0.sound.dcOffset }]),
        FlagRule(
            flag: .deadChannel, standard: .keep, reason: "the other one sounds; drop where stereo is learnt",
            criteria: [above(.channelDifference) { $0.sound.deadChannelDecibels }]),
        FlagRule(
            flag: .startSkew, standard: .keep, reason: "stated times are followed, so nothing is shifted by it",
            criteria: [above(.startSkew) { $0.skew.maxStartSeconds }]),
        FlagRule(
            flag: .skewed, standard: .keep, reason: "an estimate; drop where positives must be in sync",
            criteria: [above(.skewEstimate) { $0.skew.maxSeconds }]),
    ]
}
