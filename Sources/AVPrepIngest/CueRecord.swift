import AVPrepCore
package import AVPrepModel
package import AVPrepVision

/// What the catalog keeps of a video's framing and shots.
package struct CueRecord: StoredRecord, Sendable, Equatable {
    /// A stretch with one framing.
    package struct Span: Codable, Sendable, Equatable {
        /// Presentation time; nil for the video's start.
        package var startSeconds: Double?
        /// In source pixels.
        package var crop: CropMargins
        package var level: Double
        package var confidence: Double
    }

    /// A change of shot.
    package struct Change: Codable, Sendable, Equatable {
        package var form: ShotChange.Form
        /// Presentation times; a cut's are one.
        package var startSeconds: Double
        package var endSeconds: Double
        /// In levels.
        package var change: Float
    }

    package var framing: [Span]
    /// Bars that are not black, in source pixels, where there are any.
    package var filler: CropMargins?
    package var fillerKind: FillerBorder.Kind?
    package var changes: [Change]

    package init(_ probe: BorderProbe, changes: [Change]) {
        framing = probe.spans.map { span in
            Span(
                startSeconds: span.startSeconds.isFinite ? span.startSeconds : nil, crop: span.crop, level: span.level,
                confidence: span.confidence)
        }
        filler = probe.filler == .none ? nil : probe.filler
        fillerKind = probe.fillerKind
        self.changes = changes
    }
}
