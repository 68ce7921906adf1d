package import AVPrepModel

/// The borders of a video over time: bars may come and go, with an old film in a documentary or a change of programme.
package struct BorderTimeline: Sendable, Equatable {
    /// A time span with one border, up to the next span's start.
    package struct Span: Sendable, Equatable {
        /// Presentation time; -infinity for the first.
        package var startSeconds: Double
        package var detection: BorderDetection
    }

    /// In order of time, at least one.
    package private(set) var spans: [Span]

    /// Whether the border changes during the video.
    package var changes: Bool { spans.count > 1 }

    /// The smallest crop that removes the bars of all times.
    package var union: CropMargins {
        spans.dropFirst().reduce(spans[0].detection.margins) { $0.union($1.detection.margins) }
    }

    /// Minimum number of consecutive probed frames with one border: a single dark picture is not a change.
    static let shortestRun = 3
    /// Lines by which the borders of single frames may differ.
    static let tolerance = 2

    /// - Parameters:
    ///   - frames: probed frames of one video in order of time, all of one shape; RGB or grey. None gives no border.
    ///   - seconds: their presentation times.
    package static func detect(in frames: [PixelBuffer], at seconds: [Double], settings: BorderSettings)
        -> BorderTimeline
    {
        precondition(frames.count == seconds.count, "every probed frame needs a time")
        let whole = BlackBorder.detect(in: frames, settings: settings)
        let constant = BorderTimeline(spans: [Span(startSeconds: -.infinity, detection: whole)])
        // The paper's rule has one border per video.
        guard settings.method == .robust, frames.count > shortestRun else { return constant }
        func exceeds(_ detection: BorderDetection) -> Bool {
            detection.margins.exceeds(whole.margins, by: tolerance)
        }
        let single = frames.map { BlackBorder.detect(in: [$0], settings: settings) }
        guard single.count(where: exceeds) >= shortestRun else { return constant }

        var parts: [(frames: Range<Int>, detection: BorderDetection)] = []
        func add(_ range: Range<Int>, _ detection: BorderDetection) {
            if let last = parts.last, !last.detection.margins.exceeds(detection.margins, by: tolerance),
                !detection.margins.exceeds(last.detection.margins, by: tolerance)
            {
                parts[parts.count - 1].frames = last.frames.lowerBound..<range.upperBound
            } else {
                parts.append((range, detection))
            }
        }
        var index = 0
        while index < frames.count {
            var end = index + 1
            if exceeds(single[index]) {
                while end < frames.count, single[end].isDark || single[end].agrees(with: single[index]) { end += 1 }
                let joint = BlackBorder.detect(in: Array(frames[index..<end]), settings: settings)
                if end - index >= shortestRun, exceeds(joint) {
                    add(index..<end, joint)
                    index = end
                    continue
                }
            }
            while end < frames.count, !exceeds(single[end]) { end += 1 }
            add(index..<end, whole)
            index = end
        }
        return BorderTimeline(parts: parts, seconds: seconds)
    }

    private init(spans: [Span]) { self.spans = spans }

    /// Between the last frame with one border and the first with the next, the union of both is cropped.
    private init(parts: [(frames: Range<Int>, detection: BorderDetection)], seconds: [Double]) {
        spans = [Span(startSeconds: -.infinity, detection: parts[0].detection)]
        for (before, after) in zip(parts, parts.dropFirst()) {
            let last = seconds[before.frames.upperBound - 1].nextUp
            let first = seconds[after.frames.lowerBound]
            let both = before.detection.margins.union(after.detection.margins)
            if both != before.detection.margins {
                var detection = both == after.detection.margins ? after.detection : before.detection
                detection.margins = both
                spans.append(Span(startSeconds: last, detection: detection))
            }
            if both != after.detection.margins { spans.append(Span(startSeconds: first, detection: after.detection)) }
        }
    }

    /// The border at a time.
    package func detection(at seconds: Double) -> BorderDetection {
        (spans.last { $0.startSeconds <= seconds } ?? spans[0]).detection
    }
}

extension BorderDetection {
    fileprivate func agrees(with other: BorderDetection) -> Bool {
        !margins.exceeds(other.margins, by: BorderTimeline.tolerance)
            && !other.margins.exceeds(margins, by: BorderTimeline.tolerance)
    }
}

extension CropMargins {
    /// Whether the margin of any side is larger by more than `tolerance`.
    func exceeds(_ other: CropMargins, by tolerance: Int) -> Bool {
        top > other.top + tolerance || bottom > other.bottom + tolerance || left > other.left + tolerance
            || right > other.right + tolerance
    }
}
