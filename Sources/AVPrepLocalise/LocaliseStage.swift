import AVPrepClips
package import AVPrepCore
import AVPrepCorpus
import AVPrepFilm
import AVPrepIngest
import AVPrepMedia
package import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Shows where in picture and sound a trained run's answers come from: `avprep localise`.
package enum LocaliseStage {
    /// What is asked for besides the settings.
    package struct Request: Sendable {
        /// Where results go; nil: `localise` in the run's folder.
        package var folder: String?
        /// Seconds from one clip to the next; nil: a quarter of a clip, at least a tenth of a second.
        package var hop: Double?
        /// Whether a heat-map video is written, which takes longest.
        package var writesVideo = true
        /// Whether the map of each clip is part of its report.
        package var writesMaps = false
        /// Whose clips; nil: the test split's, or else those of val or train.
        package var split: Split?
        /// Units a sheet, and clips a unit.
        package var units = 12
        package var finds = 6

        package init() {}
    }

    /// What came of one video.
    package struct Outcome: Sendable, Encodable {
        package let report: LocaliseReport?
        /// Why there is none.
        package let failure: String?
    }

    /// Localises in videos: a heat-map video, a contact sheet and a JSON file each.
    ///
    /// A video that cannot be read is its own outcome, and the others follow.
    ///
    /// - Throws: ``TrainingError`` for a run or shards that do not serve; ``Failure`` for trouble with the disk;
    ///   `CancellationError`.
    package static func run(
        _ videos: [BytePath], _ workspace: Workspace, _ context: StageContext, _ request: Request
    ) throws -> [Outcome] {
        let localiser = try localiser(workspace, split: nil)
        let folder = try folder(workspace, request)
        var names: Set<String> = []
        return try videos.map { video in
            let name = Self.name(video, beside: &names)
            do {
                return Outcome(
                    report: try localise(video, localiser, workspace, context, request, "\(folder)/\(name)"),
                    failure: nil)
            } catch {
                try context.cancellation.check()
                if error.isOfRun || error is TrainingError { throw error }
                return Outcome(report: nil, failure: "\(error)")
            }
        }
    }

    /// Localises in a split of the shards: sheets of units and of categories.
    ///
    /// - Throws: as ``run(_:_:_:_:)``.
    package static func run(_ workspace: Workspace, _ context: StageContext, _ request: Request) throws
        -> CorpusFindings
    {
        let localiser = try localiser(workspace, split: request.split)
        let folder = try folder(workspace, request)
        let findings = try CorpusDrawing(
            localiser: localiser, run: workspace.runFolder, split: localiser.measured.split, folder: folder,
            units: request.units, finds: request.finds, context: context
        ).draw()
        try AtomicFile.write(
            Data((try CanonicalJSON.encode(findings, pretty: true) + "\n").utf8), to: "\(folder)/corpus.json")
        return findings
    }

    private static func localiser(_ workspace: Workspace, split: Split?) throws -> Localiser {
        try Localiser(
            run: workspace.runFolder, shards: workspace.shards, split: split,
            device: workspace.settings.train.device, threads: workspace.settings.train.threads)
    }

    private static func folder(_ workspace: Workspace, _ request: Request) throws -> String {
        let folder = request.folder ?? "\(workspace.runFolder)/localise"
        try AtomicFile.makeFolder(folder)
        AtomicFile.removeLitter(in: folder)
        try FilmClips.removeLeftovers(in: folder)
        return folder
    }

    /// The name of a video's results: its own, with a number where two videos have the same.
    private static func name(_ video: BytePath, beside names: inout Set<String>) -> String {
        let file = (video.escaped as NSString).lastPathComponent
        let stem = (file as NSString).deletingPathExtension
        // Room for what is appended, and for the temporary name.
        var base = String(stem.prefix(60))
        if base.isEmpty || base.hasPrefix(".") { base = "video" + base }
        var name = base
        var number = 2
        while !names.insert(name).inserted {
            name = "\(base)-\(number)"
            number += 1
        }
        return name
    }

    private static func localise(
        _ video: BytePath, _ localiser: Localiser, _ workspace: Workspace, _ context: StageContext, _ request: Request,
        _ output: String
    ) throws -> LocaliseReport {
        ProgressReporter.say("avprep: preparing \(video)", style: context.progress)
        return try FilmClips.with(video, like: workspace, at: output, for: "localise in", context) { prepared, work in
            try localise(video, prepared, in: work, localiser, workspace, context, request, output)
        }
    }

    private static func localise(
        _ video: BytePath, _ prepared: FilmClips, in work: String, _ localiser: Localiser, _ workspace: Workspace,
        _ context: StageContext, _ request: Request, _ output: String
    ) throws -> LocaliseReport {
        let shown = video.escaped
        let fps = localiser.measured.fps
        let seconds = request.hop ?? max(0.1, Double(localiser.measured.clipFrames) / fps / 4)
        let clips = try localiser.measured.clipsInSync(
            in: [prepared.shard], of: work, every: max(1, Int((seconds * fps).rounded())))
        guard clips.count > 0 else {
            throw Failure(
                """
                cannot localise in \(shown): none of its \(prepared.shard.segments.count) segments is as long as a clip \
                (\(max(localiser.measured.clipSeconds, localiser.measured.soundSeconds)) s)
                """, exitStatus: .badInput)
        }
        let progress = ProgressReporter("localise", unit: "clips", style: context.progress)
        let maps = try VideoMaps(
            localiser, clips, in: prepared.shard, keepsMaps: request.writesMaps, cancellation: context.cancellation
        ) {
            progress.update(done: $0, total: clips.count)
        }
        progress.finish()
        let sheet = VideoSheet(
            maps: maps, localiser: localiser, title: (shown as NSString).lastPathComponent,
            facts: [
                "\(localiser.recipe.rawValue), \(localiser.weights.rawValue) weights after \(localiser.steps) steps; \(clips.count) clips",
                "what speaks for \(localiser.answer), from 0 (not drawn) to the 99th percentile of the video (bright)",
            ])
        try PictureFile.writePNG(try sheet.draw(), to: "\(output).png")
        if request.writesVideo {
            let film = HeatVideo(
                maps: maps, localiser: localiser, sound: try sound(of: video, workspace, work, context))
            let writing = ProgressReporter("draw", unit: "s", style: context.progress)
            try film.write(to: "\(output).mp4", cancellation: context.cancellation) { done, total in
                writing.update(done: Int(done), total: max(1, Int(total.rounded(.up))))
            }
            writing.finish()
        }
        let report = LocaliseReport(
            video: shown, run: workspace.runFolder, weights: localiser.weights, steps: localiser.steps,
            heatVideo: request.writesVideo ? "\(output).mp4" : nil, sheet: "\(output).png", clips: maps.moments,
            cropShare: localiser.cropShare,
            leftOut: prepared.leftOut)
        try AtomicFile.write(
            Data((try CanonicalJSON.encode(report, pretty: true) + "\n").utf8), to: "\(output).json")
        return report
    }

    /// The sound of the whole video; nil where it has none.
    private static func sound(
        of video: BytePath, _ workspace: Workspace, _ folder: String, _ context: StageContext
    ) throws -> SoundTrack? {
        let settings = workspace.settings.ingest
        let opener = try MediaOpener(settings.isolation, limits: settings.limits, cancellation: context.cancellation)
        defer { _ = opener.close() }
        let media = try opener.open(LocalFile(path: video.absolute))
        guard media.info.audio != nil else { return nil }
        let track = try SoundTrack(
            startSeconds: media.info.commonStartSeconds, fps: settings.video.fps, in: folder)
        // Of the pictures nothing is wanted: the smallest that there are.
        _ = try media.decode(
            DecodeRequest(fps: settings.video.fps, shortSide: 16, audio: [SoundTrack.format]), to: track)
        return track
    }
}
