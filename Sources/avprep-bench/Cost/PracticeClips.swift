import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepSettings
import AVPrepSynth
import AVPrepWorkspace
import Foundation

/// The input of an ingest benchmark: clips, a temporary folder, and settings that make one worker ingest them.
struct PracticeClips {
    let folder: String
    let paths: [String]
    let settings: PipelineSettings

    /// - Parameters:
    ///   - files: the clips; if empty, four of six seconds are made.
    ///   - body: the measurement.
    static func with<Result>(_ files: [String], _ body: (PracticeClips) throws -> Result) throws -> Result {
        let folder = NSTemporaryDirectory() + "avprep-bench-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var settings = PipelineSettings()
        settings.workers = 1
        settings.corpus.paths = files.isEmpty ? try make(in: folder) : files.map { URL(fileURLWithPath: $0).path }
        return try body(PracticeClips(folder: folder, paths: settings.corpus.paths, settings: settings))
    }

    /// CPU seconds of one ingest of all clips.
    func ingest(_ settings: PipelineSettings) throws -> Double {
        let work = folder + "/work"
        defer { try? FileManager.default.removeItem(atPath: work) }
        let start = ProcessCost.cpuSeconds
        let report = try IngestStage.run(Workspace(folder: work, settings: settings), StageContext())
        let cost = ProcessCost.cpuSeconds - start
        guard report.exitStatus == .done, report.counts.done == paths.count else { throw Failure(report.text) }
        return cost
    }

    /// - Returns: the paths of the clips in a new folder there.
    static func make(in folder: String) throws -> [String] {
        var synth = SynthSettings()
        synth.videos = 4
        synth.seconds = 6
        synth.width = 640
        synth.height = 360
        let truth = try SynthCorpus.make(synth, in: folder + "/clips", workers: 2)
        return truth.videos.map { "\(folder)/clips/\($0.file)" }
    }
}
