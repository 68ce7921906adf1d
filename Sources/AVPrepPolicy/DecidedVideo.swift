package import AVPrepCatalog
package import AVPrepModel
package import AVPrepSettings

/// What the policy made of one video's segments, as the catalog takes it.
package struct DecidedVideo: Sendable, Equatable {
    package let segments: [DecidedSegment]
    /// Done, or skipped where nothing of it is left for shards.
    package let outcome: Outcome

    /// The reason code of a video whose segments are all dropped.
    package static let droppedCode = "dropped"

    /// - Parameters:
    ///   - segments: decided already, in order; not none.
    ///   - settings: those of their ingest, whose thresholds they were held against.
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
    /// - Parameter settings: whose thresholds the measures were held against.
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
    /// Decides by the flags, and by what was fixed while the segment was made.
    package mutating func decide(by policy: SegmentPolicy) {
        decision = policy.decide(flags: flags, fixed: decision.fixed)
    }
}
