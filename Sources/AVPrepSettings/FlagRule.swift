import AVPrepAudio
import AVPrepCore
package import AVPrepModel
import AVPrepVision

/// The policy's view of one flag: the possible actions, the default action, and the measures that raise it.
package struct FlagRule: Sendable {
    /// One measure that raises the flag.
    package struct Criterion: Sendable {
        let measure: SegmentMeasure
        /// Whether the flag is raised below the threshold instead of above it.
        package var isBelow = false
        /// The threshold for the measure's magnitude under these settings.
        package let threshold: @Sendable (IngestSettings) -> Double

        /// Whether a value raises the flag.
        package func isMet(by value: Double, _ settings: IngestSettings) -> Bool {
            let threshold = threshold(settings)
            return isBelow ? value <= threshold : magnitude(value) >= threshold && value != 0
        }

        /// Levels in decibels are signed; other measures count by their absolute value.
        private func magnitude(_ value: Double) -> Double { measure.unit == "dB" ? value : abs(value) }
    }

    /// The measure that decided a flag.
    package struct Evidence: Sendable, Equatable {
        package let measure: SegmentMeasure
        /// As the measure is written, e.g. 0.15.
        package let value: Double
        package let threshold: Double
    }

    package let flag: SegmentFlags
    let standard: PolicyAction
    /// What `fix` does, in a word or two; nil if the flag has no fix.
    package var fix: String?
    /// The reason for the default.
    package let reason: String
    package let criteria: [Criterion]

    /// The key in the pipeline file.
    package var key: String { flag.name.replacing("-", with: "_") }

    /// The actions that the key accepts.
    var actions: [PolicyAction] { fix == nil ? [.keep, .drop] : [.keep, .drop, .fix] }

    /// The comment on the key.
    package var summary: String {
        "\(actions.map(\.rawValue).joined(separator: ", "))\(fix.map { " (\($0))" } ?? ""); \(reason)"
    }

    /// The measure that raised the flag, or else the first that was measured.
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

    /// The default policy.
    static let standardPolicy: SegmentPolicy = {
        var policy = SegmentPolicy()
        for rule in all { policy[flag: rule.flag] = rule.standard }
        return policy
    }()
}

extension FlagRule {
    /// All flags in the order of the pipeline file: framing, camera, shots, sound, file.
    package static let all = framing + camera + shots + sound + file

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

    /// Criteria that any value other than 0 meets.
    private static func any(_ measures: SegmentMeasure...) -> [Criterion] {
        measures.map { above($0) { _ in 0 } }
    }

    private static let framing = [
        FlagRule(
            flag: .blackBorder, standard: .fix, fix: "cropped", reason: "bars identify a video",
            criteria: any(.borderDepth)),
        FlagRule(
            flag: .borderChange, standard: .fix, fix: "each part by its own bars, see ingest.borders.change",
            reason: "as above", criteria: any(.borderChange)),
        FlagRule(
            flag: .borderMissed, standard: .keep, reason: "a few dark lines reveal little; drop for Arrow of Time",
            criteria: any(.borderMissed)),
        FlagRule(
            flag: .fillerBorder, standard: .keep, fix: "cropped", reason: "detected less reliably than black bars",
            criteria: any(.fillerBorder)),
    ]

    private static let camera = [
        moving(.pan, .panSpeed, \.panThreshold), moving(.tilt, .tiltSpeed, \.panThreshold),
        moving(.zoom, .zoomSpeed, \.zoomThreshold), moving(.roll, .rollSpeed, \.rollThreshold),
        moving(.shake, .shakeAmount, \.shakeThreshold),
        FlagRule(
            flag: .staticCamera, standard: .keep, reason: "not a fault: all motion is in the scene",
            criteria: [below(.cameraDrift) { $0.cameraMotion.staticTolerance }]),
        FlagRule(
            flag: .motionUnreliable, standard: .keep,
            reason: "too little to track; drop where camera flags must be reliable",
            criteria: [
                below(.motionKnownShare) { _ in CameraMotionEstimator.smallestKnownShare },
                below(.motionInliers) { _ in CameraMotionEstimator.fewestInliers },
            ]),
        FlagRule(
            flag: .notStabilised, standard: .drop, reason: "its frames differ from stabilised ones",
            criteria: [below(.stabilisedShare) { $0.stabilise.smallestShare }]),
    ]

    private static func moving(
        _ flag: SegmentFlags, _ measure: SegmentMeasure,
        _ threshold: any KeyPath<CameraMotionSettings, Double> & Sendable
    ) -> FlagRule {
        FlagRule(
            flag: flag, standard: .keep, fix: "stabilised",
            reason: "the sound does not reveal it; fix or drop for Arrow of Time",
            criteria: [above(measure) { $0.cameraMotion[keyPath: threshold] }])
    }

    private static let shots = [
        FlagRule(
            flag: .still, standard: .drop, reason: "no visible event can match a sound",
            criteria: [above(.stillShare) { $0.still.share }, above(.longestStill) { $0.still.seconds }]),
        FlagRule(
            flag: .slideshow, standard: .drop, reason: "as above",
            criteria: [above(.stillShare) { $0.still.share }, above(.longestStill) { $0.still.seconds }]),
        FlagRule(
            flag: .fade, standard: .keep, reason: "the rest of the segment is usable; drop for Arrow of Time",
            criteria: any(.fadeIn, .fadeOut)),
        FlagRule(
            flag: .dissolve, standard: .keep, reason: "as above", criteria: any(.dissolveIn, .dissolveOut)),
    ]

    private static let sound = [
        FlagRule(
            flag: .silent, standard: .drop, reason: "silence matches every picture",
            criteria: [below(.soundLevel) { $0.silenceDecibels }]),
        FlagRule(
            flag: .constantTone, standard: .drop, reason: "as above: it sounds the same at all times",
            criteria: [above(.toneShare) { $0.sound.toneShare }]),
        FlagRule(
            flag: .periodicSound, standard: .keep, reason: "hard negatives avoid multiples of its period",
            criteria: [above(.periodConfidence) { $0.sound.periodConfidence }]),
        FlagRule(
            flag: .clipping, standard: .keep, reason: "loud moments keep their place in time",
            criteria: [above(.clippedShare) { $0.sound.clippedShare }]),
        FlagRule(
            flag: .dcOffset, standard: .fix, fix: "its mean is subtracted",
            reason: "a fault of the recorder, not of the scene",
            criteria: [above(.dcOffset) { $0.sound.dcOffset }]),
        FlagRule(
            flag: .deadChannel, standard: .keep, reason: "the other channel is usable; drop if stereo matters",
            criteria: [above(.channelDifference) { $0.sound.deadChannelDecibels }]),
        FlagRule(
            flag: .startSkew, standard: .keep,
            reason: "the container's start times are honoured, so nothing is shifted",
            criteria: [above(.startSkew) { $0.skew.maxStartSeconds }]),
        FlagRule(
            flag: .skewed, standard: .keep, fix: "early sound moved by the estimate",
            reason: "an estimate; fix or drop where positives must be in sync",
            criteria: [above(.skewEstimate) { $0.skew.maxSeconds }]),
        FlagRule(
            flag: .patchedSound, standard: .drop, reason: "its gaps are faults of the file, not of the scene",
            criteria: [above(.patchedShare) { $0.sound.patchedShare }]),
    ]

    private static let file = [
        FlagRule(
            flag: .damaged, standard: .keep, reason: "what could be decoded is right; the lost part is in no segment",
            criteria: [above(.lostShare) { _ in IngestSettings.smallestLostShare }])
    ]
}
