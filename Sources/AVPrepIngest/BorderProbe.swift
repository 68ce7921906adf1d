package import AVPrepMedia
package import AVPrepModel
package import AVPrepVision

/// What the frame of a video's picture is: found in frames spread over it, before anything is decoded for good.
package struct BorderProbe: Sendable, Equatable {
    /// In pixels of the source, aligned to whole chroma samples; one a stretch of time.
    package let spans: [Span]
    /// Bars of a colour or a blurred copy, in pixels of the source; none where there are none.
    package let filler: CropMargins
    package let fillerKind: FillerBorder.Kind?

    /// How much the depth of a bar changes, on the side where it changes most; 0 where the framing does not change.
    package let change: Int
    /// What was fixed by what is cropped, of a video's flags.
    package let fixed: SegmentFlags

    package struct Span: Sendable, Equatable {
        /// Presentation time; -infinity for the first.
        package var startSeconds: Double
        /// What is cut off.
        package var crop: CropMargins
        /// The black bars that are there all the time, cut off or not.
        package var border = CropMargins.none
        /// Black bars that are known to be there some of the time, and not cut off.
        package var left = CropMargins.none
        /// Level of the bars, and the share along which their edge was seen, where it was seen least.
        package var level: Double
        package var confidence: Double
    }

    /// One framing for all of a video.
    package init(_ span: Span, fixed: SegmentFlags = []) {
        (spans, filler, fillerKind, change) = ([span], .none, nil, 0)
        self.fixed = fixed
    }

    /// Looks for bars, and settles what is cut off by what the policy mends.
    package init(of media: any MediaSource, settings: BorderSettings, policy: SegmentPolicy) throws {
        let nothing = Span(startSeconds: -.infinity, crop: .none, level: 0, confidence: 0)
        guard settings.method != .off else {
            (spans, filler, fillerKind, change, fixed) = ([nothing], .none, nil, 0, [])
            return
        }
        let seconds = media.info.video?.durationSeconds ?? media.info.durationSeconds
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
                // The union is as sure as its surest stretch.
                confidence: sides.compactMap { $0.map(\.confidence).min() }.max() ?? 0)
        }
        if fixed.contains(.borderChange), settings.change == .split {
            spans = zip(timeline.spans, borders).map { span($0.startSeconds, $1, shown: $1, [$0]) }
        } else {
            // What comes and goes is either cut off at all times or left at all times.
            let border = fixed.contains(.borderChange) ? union : common
            spans = [span(-.infinity, border, shown: union, timeline.spans)]
        }
    }

    /// What has to be cut off for no bar to be seen at any time.
    package var union: CropMargins { spans.dropFirst().reduce(spans[0].crop) { $0.union($1.crop) } }
}

extension CropMargins {
    /// The smaller margin on each side.
    func intersection(_ other: CropMargins) -> CropMargins {
        CropMargins(
            top: min(top, other.top), bottom: min(bottom, other.bottom), left: min(left, other.left),
            right: min(right, other.right))
    }

    /// What is left of it beyond another one.
    fileprivate func minus(_ other: CropMargins) -> CropMargins {
        CropMargins(
            top: max(0, top - other.top), bottom: max(0, bottom - other.bottom), left: max(0, left - other.left),
            right: max(0, right - other.right))
    }

    /// The deepest side.
    var deepest: Int { max(top, bottom, left, right) }

    /// How much deeper it is than another one, on the side where it is most.
    fileprivate func depth(beyond other: CropMargins) -> Int { minus(other).deepest }

    /// In pixels of which `scale` go on one of these.
    fileprivate func scaled(by scale: Int) -> CropMargins {
        CropMargins(top: top * scale, bottom: bottom * scale, left: left * scale, right: right * scale)
    }

    /// Rounded up to even numbers: in 4:2:0, the most common format by far, two lines share their colour.
    fileprivate var wholeChromaSamples: CropMargins {
        func even(_ margin: Int) -> Int { (margin + 1) / 2 * 2 }
        return CropMargins(top: even(top), bottom: even(bottom), left: even(left), right: even(right))
    }
}
