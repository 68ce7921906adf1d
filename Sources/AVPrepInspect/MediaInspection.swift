import AVPrepCore
import AVPrepDrawing
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepVision
import AVPrepWorkspace
import Foundation

/// Inspects one media file.
struct MediaInspection {
    private(set) var report: MediaReport
    private let media: any MediaSource
    private let settings: IngestSettings
    private var pass: InspectionPass?

    init(_ media: any MediaSource, path: String, bytes: Int64, settings: IngestSettings) {
        self.media = media
        self.settings = settings
        report = MediaReport(path: path, bytes: bytes, media: media.info)
    }

    /// Decodes the file once. A fault of the file is stored in the report.
    ///
    /// - Throws: `CancellationError`, and errors that concern more than this file.
    mutating func decode(draws: Bool, _ context: StageContext) throws {
        guard let video = media.info.video else {
            let lack = media.info.lack
            report.fault = .init(
                code: lack?.code ?? "no-video", detail: "it \(lack?.text ?? "has no video stream"); ingest skips it")
            return
        }
        do {
            let border = try InspectionBorder(of: media, video: video, settings: settings)
            let seconds = video.durationSeconds ?? media.info.durationSeconds ?? 0
            let total = max(1, Int(seconds * settings.video.fps))
            let progress = ProgressReporter("inspect", unit: "frames", style: context.progress)
            let pass = try InspectionPass(
                settings: settings, border: border, info: media.info, draws: draws, cancellation: context.cancellation
            ) { count in
                // Which frame is the last is known only at the end.
                progress.update(done: min(count, total - 1), total: total)
            }
            defer { progress.finish() }
            let summary = try media.decode(pass.request(), to: pass)
            report.decode = summary
            try pass.finish(summary)
            self.pass = pass
            report.seen = MediaReport.Seen(
                fps: settings.video.fps, width: border.inner.width, height: border.inner.height,
                seconds: Double(pass.frameCount) / settings.video.fps, border: border.margins,
                cutSeconds: pass.cuts.map(pass.presented(frame:)),
                blends: pass.blends.map { blend in
                    MediaReport.Blend(
                        form: blend.form.rawValue, startSeconds: pass.presented(frame: blend.start),
                        endSeconds: pass.presented(frame: blend.end))
                }, jumpSeconds: pass.jumps.map(pass.presented(frame:)),
                segments: pass.segments, still: pass.presented(pass.still), silent: pass.silent.map(pass.presented),
                sound: pass.sound)
            if pass.frameCount == 0 {
                report.fault = .init(code: "too-short", detail: "picture and sound do not overlap in time")
            }
        } catch let error as MediaError {
            try context.cancellation.check()
            report.fault = .init(code: error.code.rawValue, detail: error.description)
        } catch let error as VisionError {
            report.fault = .init(code: "vision", detail: error.description)
        }
    }

    // MARK: - For drawings

    /// The content of the drawings, after ``decode(draws:_:)`` without a fault.
    func content(tiles: SheetTiles) throws -> SheetContent {
        guard let pass, let seen = report.seen else { preconditionFailure("drawn before decoding") }
        // The time axis is that of the pass, which continues across timestamp jumps.
        let origin = pass.presented(0)
        let overview = pass.overview
        let envelope = pass.envelope
        return SheetContent(
            title: (report.path as NSString).lastPathComponent, facts: facts, start: origin,
            end: origin + seen.seconds, tiles: try makeTiles(tiles, pass),
            cuts: (pass.cuts + pass.jumps).map { origin + Double($0) / settings.video.fps },
            lanes: lanes(pass, origin: origin),
            waveform: media.info.audio == nil
                ? nil
                : { start, end in
                    envelope.extremes(from: start - origin, to: end - origin).map { ($0.low, $0.high) }
                },
            spectrogram: overview.map { overview in
                SheetContent.SpectrogramImage(
                    levels: { start, end in
                        overview.power(from: start - origin, to: end - origin)?.map { 10 * log10(max($0, 1e-12)) }
                    }, frequenciesHz: overview.frequenciesHz, name: "mel")
            })
    }

    private func makeTiles(_ tiles: SheetTiles, _ pass: InspectionPass) throws -> [SheetContent.Tile] {
        let border = pass.border
        let count = tiles.count(width: border.width, height: border.height)
        let frames = pass.sampler?.spread(count, over: pass.frameCount, cuts: Set(pass.cuts + pass.jumps)) ?? []
        var flowSettings = settings.flow
        if flowSettings.method == .off { flowSettings.method = .dis }
        let estimator = try FlowEstimator(
            settings: flowSettings, width: border.inner.width, height: border.inner.height)
        return try frames.map { frame in
            var field: FlowField?
            if let next = frame.next {
                let flow = FlowField(width: border.inner.width, height: border.inner.height)
                try estimator.compute(from: frame.grey, to: next.grey, into: flow)
                field = flow
            }
            return SheetContent.Tile(
                seconds: pass.presented(0) + Double(frame.index) / settings.video.fps, picture: frame.picture,
                inner: border.margins == .none ? nil : border.inner, flow: field)
        }
    }

    private var facts: [String] {
        // The report's rows, several on one line.
        let rows = report.rows.map { (name: $0[0].trimmingCharacters(in: .whitespaces), value: $0[1]) }
        func values(_ names: String...) -> String {
            names.compactMap { name in rows.first { $0.name == name }.map(\.value) }.joined(separator: " · ")
        }
        func named(_ names: String...) -> String {
            names.compactMap { name in rows.first { $0.name == name }.map { "\($0.name): \($0.value)" } }
                .joined(separator: " · ")
        }
        return [
            values("container", "video", "size", "rate"),
            named("audio", "sound") + " · " + named("start skew", "level"),
            named("border", "cuts", "flags"),
        ]
    }

    private func lanes(_ pass: InspectionPass, origin: Double) -> [SheetContent.Lane] {
        let motion: Set = ["pan", "tilt", "zoom", "roll", "shake", "static-camera", "motion-unreliable"]
        // Segments follow each other, including dropped ones; where early sound is moved, frames may lie between them.
        var (starts, end): ([Double], Double) = ([], 0)
        for segment in pass.segments {
            let start = pass.passSeconds(presented: segment.startSeconds, notBefore: end)
            starts.append(origin + start)
            end = start + segment.seconds
        }
        func spans(_ colour: Colour, _ label: (Int, InspectionPass.SegmentSummary) -> String?) -> [SheetContent.Span] {
            pass.segments.enumerated().compactMap { index, segment in
                label(index, segment).map { text in
                    SheetContent.Span(
                        start: starts[index], end: starts[index] + segment.seconds, label: text,
                        colour: segment.isDropped ? Palette.faintText : colour)
                }
            }
        }
        func spans(_ stretches: Stretches, _ name: String, _ colour: Colour) -> [SheetContent.Span] {
            stretches.list.map {
                .init(start: origin + $0.startSeconds, end: origin + $0.endSeconds, label: name, colour: colour)
            }
        }
        var lanes = [
            SheetContent.Lane(
                name: "segments",
                spans: spans(Palette.blue) { index, segment in
                    segment.isDropped ? "too short" : "\(index) · \(QuantityText.seconds(segment.seconds))"
                }),
            SheetContent.Lane(
                name: "camera",
                spans: spans(Palette.violet) { _, segment in
                    let flags = segment.flags.filter(motion.contains)
                    return flags.isEmpty ? nil : flags.joined(separator: " ")
                }),
        ]
        let others = spans(Palette.green) { _, segment in
            let flags = segment.flags.filter { !motion.contains($0) && !["still", "silent"].contains($0) }
            return flags.isEmpty ? nil : flags.joined(separator: " ")
        }
        if !others.isEmpty { lanes.append(SheetContent.Lane(name: "flags", spans: others)) }
        if pass.still.count > 0 {
            lanes.append(.init(name: "still", spans: spans(pass.still, "still", Palette.yellow)))
        }
        if let silent = pass.silent, silent.count > 0 {
            lanes.append(.init(name: "silent", spans: spans(silent, "silent", Palette.yellow)))
        }
        return lanes
    }
}
