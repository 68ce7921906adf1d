package import AVPrepMedia
package import AVPrepModel

/// How the pictures of a video are cropped and scaled, for each part of it with its own framing.
///
/// A decode pass crops and scales all pictures alike. Where the framing changes, the pass crops what is border at all times
/// and scales to a size at which even the smallest picture has its stored size; each stretch then crops its own part.
package struct CropPlan: Sendable {
    /// A part of the video with one framing.
    package struct Stretch: Sendable {
        package let span: BorderProbe.Span
        /// Size of a stored frame.
        package let width: Int
        package let height: Int
        /// Its part of the pass's pictures, in pixels of these.
        package let rows: Range<Int>
        package let columns: Range<Int>
        /// Shorter side of its picture in the source, in pixels.
        package let sourceShortSide: Double
    }

    package let probe: BorderProbe
    package let stretches: [Stretch]
    /// The margins that the pass crops, in source pixels, and the shorter side to which it scales.
    package let crop: CropMargins
    package let shortSide: Int?

    /// - Parameter shortSide: of stored frames, in pixels; nil for that of the source.
    /// - Returns: nil when a crop leaves no picture.
    package init?(_ probe: BorderProbe, of media: any MediaSource, shortSide wanted: Int?) {
        guard let video = media.info.video else { return nil }
        let common = probe.spans.dropFirst().reduce(probe.spans[0].crop) { $0.intersection($1.crop) }
        func rest(_ crop: CropMargins) -> (width: Int, height: Int) {
            (video.displayWidth - crop.left - crop.right, video.displayHeight - crop.top - crop.bottom)
        }
        let sizes = probe.spans.map { rest($0.crop) }
        let whole = rest(common)
        guard sizes.allSatisfy({ $0.width > 1 && $0.height > 1 }) else { return nil }
        let smallest = sizes.map { min($0.width, $0.height) }.min() ?? 1
        let passShortSide = wanted.map { side in
            (side * min(whole.width, whole.height) + smallest - 1) / smallest
        }
        guard let pass = media.outputSize(crop: common, shortSide: passShortSide) else { return nil }
        let (right, down) = (Double(pass.width) / Double(whole.width), Double(pass.height) / Double(whole.height))
        var stretches: [Stretch] = []
        for (span, source) in zip(probe.spans, sizes) {
            guard let size = media.outputSize(crop: span.crop, shortSide: wanted) else { return nil }
            // Inwards: half a line of a bar is still a dark edge.
            func inner(_ start: Int, _ end: Int, _ scale: Double, _ size: Int) -> Range<Int> {
                let first = Int((Double(start) * scale).rounded(.up))
                return first..<max(first + 1, size - Int((Double(end) * scale).rounded(.up)))
            }
            stretches.append(
                Stretch(
                    span: span, width: size.width, height: size.height,
                    rows: inner(span.crop.top - common.top, span.crop.bottom - common.bottom, down, pass.height),
                    columns: inner(span.crop.left - common.left, span.crop.right - common.right, right, pass.width),
                    sourceShortSide: Double(min(source.width, source.height))))
        }
        self.probe = probe
        self.stretches = stretches
        crop = common
        shortSide = passShortSide
    }

    /// The plan for pictures that are already cropped and scaled.
    ///
    /// - Parameter fixed: the flags that this cropping fixes.
    package init(crop: CropMargins, width: Int, height: Int, fixed: SegmentFlags = []) {
        let span = BorderProbe.Span(startSeconds: -.infinity, crop: crop, border: crop, level: 0, confidence: 0)
        probe = BorderProbe(span, fixed: fixed)
        stretches = [
            Stretch(
                span: span, width: width, height: height, rows: 0..<height, columns: 0..<width,
                sourceShortSide: Double(min(width, height)))
        ]
        self.crop = crop
        shortSide = nil
    }

    /// Whether the framing changes.
    package var changes: Bool { stretches.count > 1 }

    /// The index of the stretch at a presentation time.
    package func stretch(at seconds: Double) -> Int {
        // A picture may be shown a little before its stated time.
        stretches.lastIndex { $0.span.startSeconds <= seconds + 1e-6 } ?? 0
    }
}
