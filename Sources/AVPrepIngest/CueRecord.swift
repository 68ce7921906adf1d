import AVPrepCore
package import AVPrepModel
package import AVPrepVision

/// The framing and the shot changes of a video, as the catalog stores them.
package struct CueRecord: StoredRecord, Sendable, Equatable {
    /// A part of the video with one framing.
    package struct Span: Codable, Sendable, Equatable {
        /// Presentation time; nil for the video's start.
        package var startSeconds: Double?
        /// In source pixels.
        package var crop: CropMargins
        package var level: Double
        package var confidence: Double
    }

    /// A shot change.
    package struct Change: Codable, Sendable, Equatable {
        package var form: ShotChange.Form
        /// Presentation times in seconds; equal for a cut.
        package var startSeconds: Double
        package var endSeconds: Double
        /// In grey levels, of 255.
        package var change: Float
    }

    package var framing: [Span]
    /// Bars that are not black, in source pixels; nil without such bars.
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
