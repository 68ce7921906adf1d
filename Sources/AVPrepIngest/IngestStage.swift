import AVPrepAudio
import AVPrepCatalog
import AVPrepCore
package import AVPrepCorpus
import AVPrepMedia
import AVPrepParts
import AVPrepSettings
package import AVPrepWorkspace
import Foundation

/// Corpus → prepared files and catalog: every file ends done, skipped or failed.
package enum IngestStage {
    /// Prepares all listed videos that are not yet prepared for their content and these settings.
    ///
    /// - Parameters:
    ///   - request: which paths to look at, and what may be missing there.
    ///   - retry: failed items are tried again, whatever failed; those with causes that pass always are.
    ///   - rehash: files whose content is known are read again, and prepared again where it is another one.
    ///   - hook: called at each step of each video; for tests.
    /// - Throws: ``Failure`` when there is nothing to ingest, or for trouble with the disk or the workspace;
    ///   `CancellationError`. Trouble with a single file is the outcome of that file, not an error.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, _ request: CorpusRequest = CorpusRequest(),
        retry: Bool = false, rehash: Bool = false, hook: PreparationHook? = nil
    ) throws -> IngestReport {
        try workspace.exclusively {
            if try PartsFolder(workspace.parts).isInUse() {
                ProgressReporter.say(
                    "avprep: \(workspace.parts) holds work of ingest --part that is not merged: avprep merge brings it into the catalog",
                    style: context.progress)
            }
            return try perform(workspace, context, request, retry: retry, fetches: true, hook: hook) {
                listing, transforms in
                if rehash { try listing.hashAgain() }
                try listing.hash()
                try listing.skipForgotten()
                let decidedAnew = try listing.decideAnew(transforms)
                try listing.prepare(transforms)
                return decidedAnew
            }
        }
    }

    /// Lists the corpus in the catalog, and lets `work` bring its items' outcomes in. Call it while the workspace is held.
    ///
    /// - Parameters:
    ///   - fetches: whether to download what has a web address.
    ///   - work: what is done about the listed items; it returns how many were decided anew.
    static func perform(
        _ workspace: Workspace, _ context: StageContext, _ request: CorpusRequest, retry: Bool = false,
        fetches: Bool = false, hook: PreparationHook? = nil, work: (IngestListing, [Spectrogram]) throws -> Int
    ) throws -> IngestReport {
        let journal = workspace.settings.folders.catalogJournal
        let existing =
            try ExistingFile.isThere(workspace.catalog) ? Catalog(path: workspace.catalog, journal: journal) : nil
        let scan = try CorpusScan.run(workspace, request, catalog: existing, cancellation: context.cancellation)
        try removeLitter(workspace)
        let settings = workspace.settings.ingest
        let transforms = try settings.spectrograms.map { try Spectrogram($0, wisdom: settings.wisdom) }
        let catalog = try existing ?? Catalog(path: workspace.catalog, journal: journal)
        let run = try catalog.beginRun(StageName.ingest)
        let meter = WorkMeter(catalog, run: run)
        do {
            let files = PreparedFiles { line in ProgressReporter.say(line, style: context.progress) }
            let (listed, vanished) = try IngestListing.list(scan, in: catalog, workspace, run: run, retry: retry)
            try meter.add { work in
                work[.added] = Double(listed.added)
                work[.changed] = Double(listed.changed)
                work[.returned] = Double(listed.returned)
                work[.vanished] = Double(vanished)
            }
            try catalog.setFindings(scan.findings, isWhole: request.isWhole)
            try scan.recordManifests(in: catalog)
            let key = try settings.key
            try IngestListing.skipForgottenAddresses(scan.items, in: catalog, key: key)
            let items =
                fetches ? try fetch(scan.items, catalog, run: run, key: key, workspace, context) : scan.items
            let listing = try IngestListing(
                items, catalog: catalog, workspace: workspace, context: context, key: key, files: files,
                meter: meter, hook: hook)
            try listing.recordFaults()
            try listing.forgetLostResults()
            let decidedAnew = try work(listing, transforms)
            let duplicates = try NearDuplicates.find(in: catalog, workspace.settings, context)
            let report = try IngestReport(
                catalog: catalog, settings: settings, nearDuplicates: duplicates, decidedAnew: decidedAnew,
                files: files, change: listing.tally.change(listed, vanished: vanished))
            try meter.end(report.exitStatus)
            return report
        } catch {
            meter.end(after: error, context.cancellation)
            throw error
        }
    }

    /// Downloads what is to be prepared and has a web address; what cannot be had fails, with the reason.
    private static func fetch(
        _ items: [CorpusItem], _ catalog: Catalog, run: Int64, key: String, _ workspace: Workspace,
        _ context: StageContext
    ) throws -> [CorpusItem] {
        guard items.contains(where: \.isToBeDownloaded) else { return items }
        let pending = Set(try catalog.pending(stage: StageName.ingest, settingsKey: key).map(\.file.path))
        let (complete, _) = try Downloads.fetch(items, workspace, context) { pending.contains($0.listed) }
        let fetched = zip(items, complete).filter { $0.isToBeDownloaded && !$1.isToBeDownloaded }
        _ = try catalog.list(fetched.lazy.map(\.1.listedFile), run: run)
        return complete
    }

    /// Removes temporary files of killed ingests from the folder of prepared files.
    private static func removeLitter(_ workspace: Workspace) throws {
        for folder in try ExistingFile.names(inFolder: workspace.prepared) {
            AtomicFile.removeLitter(in: "\(workspace.prepared)/\(folder)")
        }
    }
}

/// What the catalog stores about a video's content, as JSON, for people and scripts: no stage reads it back.
struct MediaRecord: StoredRecord, Sendable, Equatable {
    /// Container and stream properties.
    let info: MediaInfo
    /// Counts of segments and cuts, and seconds dropped; nil when the video was skipped earlier.
    let tally: Segmenter.Tally?
    let decode: DecodeSummary?
    /// Framing and shot changes; nil when the video was skipped earlier.
    var cues: CueRecord?
}
