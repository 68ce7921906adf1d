import AVPrepModel
import AVPrepSettings
import AVPrepVision

/// Finds cues in a segment's pictures that a network could use as shortcuts: flags, and the values that decided them.
struct SegmentCues {
    let settings: IngestSettings
    let cropPlan: CropPlan

    /// Sets the flags and measures of a segment.
    ///
    /// - Parameters:
    ///   - stretch: the framing of the segment.
    ///   - frames: the segment's frames, as numbers in the pass.
    ///   - changes: shot changes, in frames of the pass.
    func mark(
        _ segment: inout Segment, _ taken: FramePreparation.Taken, stretch: CropPlan.Stretch, frames: Range<Int>,
        changes: [ShotChange]
    ) {
        markBorders(&segment, taken, stretch)
        markTransitions(&segment, frames, changes)
        markStillness(&segment, taken, frames, changes)
    }

    private func markBorders(_ segment: inout Segment, _ taken: FramePreparation.Taken, _ stretch: CropPlan.Stretch) {
        guard settings.borders.method != .off else { return }
        let span = stretch.span
        let probe = cropPlan.probe
        segment.measures[.borderDepth] = Float(span.border.deepest)
        if span.border != .none {
            segment.flags.insert(.blackBorder)
            segment.measures[.borderLevel] = Float(span.level)
            segment.measures[.borderConfidence] = Float(span.confidence)
        }
        segment.measures[.borderChange] = Float(probe.change)
        if probe.change > 0 { segment.flags.insert(.borderChange) }
        segment.measures[.fillerBorder] = Float(probe.filler.deepest)
        if probe.filler != .none { segment.flags.insert(.fillerBorder) }
        segment.decision.fixed.formUnion(segment.flags.intersection(probe.fixed))

        // The probe may have missed bars, so the segment's own frames are examined.
        let count = min(taken.count, Self.lookedAt)
        var looked: [(frame: Int, picture: PixelBuffer)] = []
        for place in 0..<count {
            let wanted = (2 * place + 1) * taken.count / (2 * count)
            // Where large frames were left out, the nearest of the others.
            let nearest = taken.greys.min { abs($0.frame - wanted) < abs($1.frame - wanted) }
            if let nearest, looked.last?.frame != nearest.frame { looked.append(nearest) }
        }
        var watched = BorderSettings()
        watched.margin = 0
        let shown = BorderTimeline.detect(
            in: looked.map(\.picture), at: looked.map { Double($0.frame) }, settings: watched
        ).union
        let missed = stretch.unknown(of: shown)
        let lost = stretch.sourceScale * Double(missed)
        segment.measures[.borderMissed] = missed >= Self.smallestMissed ? Float(lost) : 0
        if missed >= Self.smallestMissed { segment.flags.insert(.borderMissed) }
    }

    /// Number of a segment's frames examined for a missed border.
    private static let lookedAt = 12
    /// Smallest depth of a missed border, in lines of stored frames.
    private static let smallestMissed = 2

    private func markTransitions(_ segment: inout Segment, _ frames: Range<Int>, _ changes: [ShotChange]) {
        func seconds(_ form: ShotChange.Form, _ part: (ShotChange) -> Range<Int>) -> Float {
            let lengths = changes.filter { $0.form == form }.map { part($0).clamped(to: frames).count }
            return Float(Double(lengths.max() ?? 0) / settings.video.fps)
        }
        segment.measures[.fadeIn] = seconds(.fadeIn) { $0.start..<$0.end }
        segment.measures[.fadeOut] = seconds(.fadeOut) { $0.start..<$0.end }
        segment.measures[.dissolveIn] = seconds(.dissolve) { ($0.newShot ?? $0.start)..<$0.end }
        segment.measures[.dissolveOut] = seconds(.dissolve) { $0.start..<($0.newShot ?? $0.end) }
        func isMeasured(_ measures: SegmentMeasure...) -> Bool {
            measures.contains { (segment.measures[$0] ?? 0) > 0 }
        }
        if isMeasured(.fadeIn, .fadeOut) { segment.flags.insert(.fade) }
        if isMeasured(.dissolveIn, .dissolveOut) { segment.flags.insert(.dissolve) }
    }

    private func markStillness(
        _ segment: inout Segment, _ taken: FramePreparation.Taken, _ frames: Range<Int>, _ changes: [ShotChange]
    ) {
        // A picture held between two dissolves is still.
        let gradual = changes.filter { $0.end > $0.start }.map { $0.start..<$0.end }
        let outside = taken.differences.indices.filter { index in
            !gradual.contains { $0.contains(frames.lowerBound + index + 1) }
        }
        let findings = FreezeAnalysis.findings(
            blocks: taken.blocks, differences: taken.differences, fps: settings.video.fps,
            level: Float(settings.still.level))
        let all = FreezeAnalysis.measure(findings, differences: taken.differences)
        let shot = FreezeAnalysis.measure(
            outside.map { findings[$0] }, differences: outside.map { taken.differences[$0] })
        let longest = Double(all.longest) / settings.video.fps
        segment.measures[.stillShare] = Float(shot.share)
        segment.measures[.longestStill] = Float(longest)
        segment.measures[.meanChange] = Float(all.meanChange)
        if shot.share >= settings.still.share || longest >= settings.still.seconds { segment.flags.insert(.still) }
    }
}

extension CropPlan.Stretch {
    /// Largest number of source pixels per stored pixel, along a side.
    var sourceScale: Double { max(1, sourceShortSide / Double(min(width, height))) }

    /// The deepest of these bars, in stored pixels, not counting those left uncropped on purpose.
    func unknown(of shown: CropMargins) -> Int {
        let scale = sourceShortSide / Double(min(width, height))
        func beyond(_ side: KeyPath<CropMargins, Int>) -> Int {
            shown[keyPath: side] - Int((Double(span.left[keyPath: side]) / scale).rounded(.up))
        }
        return max(beyond(\.top), beyond(\.bottom), beyond(\.left), beyond(\.right))
    }
}
