import AVPrepCore
import AVPrepVision

/// What the catalog keeps of a video's framing and shots.
struct CueRecord: Codable, Sendable, Equatable {
    /// A stretch with one framing.
    struct Span: Codable, Sendable, Equatable {
        /// Presentation time; nil for the video's start.
        var startSeconds: Double?
        /// In source pixels.
        var crop: CropMargins
        var level: Double
        var confidence: Double
    }

    /// A change of shot.
    struct Change: Codable, Sendable, Equatable {
        var form: ShotChange.Form
        /// Presentation times; a cut's are one.
        var startSeconds: Double
        var endSeconds: Double
        /// In levels.
        var change: Float
    }

    var framing: [Span]
    /// Bars that are not black, in source pixels, where there are any.
    var filler: CropMargins?
    var fillerKind: FillerBorder.Kind?
    var changes: [Change]

    init(_ probe: BorderProbe, changes: [Change]) {
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
