import AVPrepCore
import AVPrepCorpus
import AVPrepSettings
import AVPrepSynth
package import AVPrepWorkspace
import Foundation

/// Generates the synthetic corpus.
package enum SynthStage {
    /// What was generated.
    package struct Report: Sendable, Codable {
        package let folder: String
        package let videos: Int
        package let seconds: Double
        /// Number of sounding events in all videos.
        package let events: Int
        package let videosWithCues: Int
        /// Of an `arrow` corpus: silent things in all videos.
        package let things: Int
        /// Videos that were not as they had been made, a line each.
        package let setAside: [String]

        package var text: String {
            setAside.map { $0 + "\n" }.joined() + """
                \(videos) videos of \(seconds) s in \(folder), \
                \(things > 0 ? "\(things) silent things" : "\(events) sounding events"), \
                \(videosWithCues) videos with planted cues
                \(things > 0 ? "where each thing is in each frame is" : "the times of all events are") in \
                \(folder)/\(SynthTruth.fileName); next: avprep ingest
                """
        }
    }

    /// - Parameter folder: nil for the first entry of `corpus.paths`.
    /// - Throws: ``SynthError``, and errors of the modules below; `CancellationError`.
    package static func run(_ workspace: Workspace, folder: String?, _ context: StageContext) throws -> Report {
        let folder = try folder ?? ownFolder(of: workspace)
        var settings = workspace.settings.synth
        settings.seed = UInt64(workspace.settings.seed)
        let progress = ProgressReporter("synth", unit: "videos", style: context.progress)
        let setAside = SetAsideFiles()
        let truth = try SynthCorpus.make(settings, in: folder, workers: workspace.workers, setAside: setAside) {
            done, total in
            progress.update(done: done, total: total)
        } isCancelled: {
            context.cancellation.isCancelled
        }
        progress.finish()
        return Report(
            folder: folder, videos: truth.videos.count, seconds: settings.seconds,
            events: truth.videos.reduce(0) { $0 + $1.events.count },
            videosWithCues: truth.videos.count { !$0.cues.isEmpty },
            things: truth.videos.reduce(0) { $0 + ($1.things?.count ?? 0) }, setAside: setAside.lines)
    }

    /// The first entry of `corpus.paths`, where a folder can have its name.
    private static func ownFolder(of workspace: Workspace) throws -> String {
        guard let entry = workspace.settings.corpus.paths.first, !CorpusScan.isNoFolder(entry) else {
            let named =
                workspace.settings.corpus.paths.first.map { "begins with \($0), a list or an address" } ?? "is empty"
            throw SynthError(.settings, "corpus.paths \(named); name the folder to make: avprep synth FOLDER")
        }
        return workspace.path(entry)
    }
}
