package import AVPrepCatalog
package import AVPrepModel
package import AVPrepSettings

/// The policy's decisions on the segments of one video, as the catalog stores them.
package struct DecidedVideo: Sendable, Equatable {
    package let segments: [DecidedSegment]
    /// Done, or skipped if all segments are dropped.
    package let outcome: Outcome

    /// The reason code of a video whose segments are all dropped.
    package static let droppedCode = "dropped"

    /// - Parameters:
    ///   - segments: at least one, in order, with decisions.
    ///   - settings: the settings of their ingest, which contain the thresholds applied.
    package init(_ segments: [Segment], settings: IngestSettings) {
        self.segments = segments.enumerated().map { DecidedSegment($1, number: $0, settings: settings) }
        guard let first = segments.first, segments.allSatisfy(\.decision.isDropped) else {
            outcome = .done
            return
        }
        let flags = SegmentFlags.all.compactMap { flag -> String? in
            let count = segments.count { $0.decision.droppedBy.contains(flag) }
            return count == 0 ? nil : count == segments.count ? flag.name : "\(flag.name) (\(count))"
        }
        let number = segments.count == 1 ? "its only segment is" : "all of its \(segments.count) segments are"
        outcome = .skipped(
            Outcome.Reason(
                Self.droppedCode, "\(first.source): \(number) dropped by the policy: \(flags.joined(separator: ", "))")
        )
    }
}

extension DecidedSegment {
    /// - Parameter settings: the settings that contain the thresholds applied to the measures.
    package init(_ segment: Segment, number: Int, settings: IngestSettings) {
        self.init(
            number: number, frames: segment.frameCount, verdict: segment.decision.verdict.word,
            flags: segment.flags.singleFlags.map { flag in
                let evidence = FlagRule.of(flag)?.evidence(segment.measures, settings)
                return Flag(
                    flag: flag.name, verdict: segment.decision.verdict(on: flag).word,
                    measure: evidence?.measure.rawValue, value: evidence?.value, threshold: evidence?.threshold)
            })
    }
}

extension Segment {
    /// Decides on the segment by its flags and by what was fixed when it was made.
    package mutating func decide(by policy: SegmentPolicy) {
        decision = policy.decide(flags: flags, fixed: decision.fixed)
    }
}
