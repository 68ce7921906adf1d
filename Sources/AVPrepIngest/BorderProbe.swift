package import AVPrepMedia
package import AVPrepModel
package import AVPrepVision

/// The borders of a video, detected in frames spread over its length before the decode pass, and what to crop of them.
package struct BorderProbe: Sendable, Equatable {
    /// One span for each part of the video with its own framing. Margins in source pixels, aligned to whole chroma samples.
    package let spans: [Span]
    /// Bars of one colour or of a blurred copy of the picture, in source pixels; `.none` without such bars.
    package let filler: CropMargins
    package let fillerKind: FillerBorder.Kind?

    /// Largest change of a bar's depth over time, in source pixels; 0 when the framing does not change.
    package let change: Int
    /// The flags that cropping fixes.
    package let fixed: SegmentFlags

    package struct Span: Sendable, Equatable {
        /// Presentation time; -infinity for the first.
        package var startSeconds: Double
        /// The margins that are cropped.
        package var crop: CropMargins
        /// Black bars present at all times, cropped or not.
        package var border = CropMargins.none
        /// Black bars present some of the time that are not cropped.
        package var left = CropMargins.none
        /// Level of the bars, of 255, and the smallest fraction of a bar's length along which its edge was seen.
        package var level: Double
        package var confidence: Double
    }

    /// One framing for the whole video.
    package init(_ span: Span, fixed: SegmentFlags = []) {
        (spans, filler, fillerKind, change) = ([span], .none, nil, 0)
        self.fixed = fixed
    }

    /// Detects bars, and decides what to crop by the flags that the policy fixes.
    package init(of media: any MediaSource, settings: BorderSettings, policy: SegmentPolicy) throws {
        let nothing = Span(startSeconds: -.infinity, crop: .none, level: 0, confidence: 0)
        guard settings.method != .off else {
            (spans, filler, fillerKind, change, fixed) = ([nothing], .none, nil, 0, [])
            return
        }
        let whole = media.info.video?.durationSeconds ?? media.info.durationSeconds
        let seconds = media.info.range == nil ? whole : media.info.askedSeconds
        let frames = try media.spreadFrames(count: settings.probeCount(seconds: seconds))
        guard let scale = frames.first?.scale else {
            (spans, filler, fillerKind, change, fixed) = ([nothing], .none, nil, 0, [])
            return
        }
        let pictures = frames.map(\.picture)
        let timeline = BorderTimeline.detect(in: pictures, at: frames.map(\.seconds), settings: settings)
        let found = settings.method == .robust ? FillerBorder.detect(in: pictures, beside: timeline.union) : nil
        filler = found?.margins.scaled(by: scale) ?? .none
        fillerKind = found?.kind
        fixed = policy.fixed.intersection([.blackBorder, .borderChange, .fillerBorder])
        let always = fixed.contains(.fillerBorder) ? filler : .none
        let borders = timeline.spans.map { $0.detection.margins.scaled(by: scale) }
        let union = borders.reduce(CropMargins.none) { $0.union($1) }
        let common = borders.dropFirst().reduce(borders.first ?? CropMargins.none) { $0.intersection($1) }
        change = union.depth(beyond: common)
        let cropsBlack = fixed.contains(.blackBorder)
        func span(
            _ startSeconds: Double, _ border: CropMargins, shown: CropMargins, _ parts: [BorderTimeline.Span]
        ) -> Span {
            let crop = (cropsBlack ? border : .none).union(always).wholeChromaSamples
            let sides = parts.map(\.detection).map { [$0.top, $0.bottom, $0.left, $0.right].filter { $0.depth > 0 } }
            return Span(
                startSeconds: startSeconds, crop: crop, border: border, left: shown.minus(crop),
                level: sides.joined().map(\.level).max() ?? 0,
                // The union is as certain as its most certain part.
                confidence: sides.compactMap { $0.map(\.confidence).min() }.max() ?? 0)
        }
        if fixed.contains(.borderChange), settings.change == .split {
            spans = zip(timeline.spans, borders).map { span($0.startSeconds, $1, shown: $1, [$0]) }
        } else {
            // Bars that come and go are either cropped at all times or never.
            let border = fixed.contains(.borderChange) ? union : common
            spans = [span(-.infinity, border, shown: union, timeline.spans)]
        }
    }

    /// The margins whose cropping removes all bars at all times.
    package var union: CropMargins { spans.dropFirst().reduce(spans[0].crop) { $0.union($1.crop) } }
}

extension CropMargins {
    /// The smaller margin on each side.
    func intersection(_ other: CropMargins) -> CropMargins {
        CropMargins(
            top: min(top, other.top), bottom: min(bottom, other.bottom), left: min(left, other.left),
            right: min(right, other.right))
    }

    /// The excess over another margin, per side.
    fileprivate func minus(_ other: CropMargins) -> CropMargins {
        CropMargins(
            top: max(0, top - other.top), bottom: max(0, bottom - other.bottom), left: max(0, left - other.left),
            right: max(0, right - other.right))
    }

    /// The deepest side.
    var deepest: Int { max(top, bottom, left, right) }

    /// The largest excess over another margin.
    fileprivate func depth(beyond other: CropMargins) -> Int { minus(other).deepest }

    /// In pixels `scale` times smaller.
    fileprivate func scaled(by scale: Int) -> CropMargins {
        CropMargins(top: top * scale, bottom: bottom * scale, left: left * scale, right: right * scale)
    }

    /// Rounded up to even numbers: in 4:2:0, by far the most common format, two lines share one chroma sample.
    fileprivate var wholeChromaSamples: CropMargins {
        func even(_ margin: Int) -> Int { (margin + 1) / 2 * 2 }
        return CropMargins(top: even(top), bottom: even(bottom), left: even(left), right: even(right))
    }
}
