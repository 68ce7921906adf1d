import AVPrepAudio
package import AVPrepCatalog
package import AVPrepCore
import AVPrepCorpus
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
package import AVPrepWorkspace
import Foundation

extension IngestStage {
    /// Tries some listed items again, and nothing else: no folder is scanned, and what else is pending stays so.
    ///
    /// - Parameter chosen: names of listed items.
    /// - Returns: what became of each, in the order given.
    /// - Throws: as ``run(_:_:_:retry:rehash:hook:)`` does.
    package static func tryAgain(_ chosen: [BytePath], in workspace: Workspace, _ context: StageContext) throws
        -> [OutcomeRecord]
    {
        try workspace.exclusively {
            let settings = workspace.settings.ingest
            let transforms = try settings.spectrograms.map { try Spectrogram($0, wisdom: settings.wisdom) }
            let catalog = try Catalog(path: workspace.catalog, journal: workspace.settings.folders.catalogJournal)
            let run = try catalog.beginRun(StageName.ingest)
            let meter = WorkMeter(catalog, run: run)
            do {
                let named = chosen.map { CorpusItem(named: $0, path: workspace.path(ItemName(listed: $0).file)) }
                let forgotten = try ForgottenAddresses(catalog)
                let (items, _) = try Downloads.fetch(named, workspace, context) { forgotten[$0.listed] == nil }
                for item in items {
                    try context.cancellation.check()
                    try catalog.lookAgain(at: item.listedFile)
                }
                try catalog.forget(chosen, stage: StageName.ingest)
                let key = try settings.key
                try IngestListing.skipForgottenAddresses(items, in: catalog, key: key)
                let files = PreparedFiles { line in ProgressReporter.say(line, style: context.progress) }
                var listing = try IngestListing(
                    items, catalog: catalog, workspace: workspace, context: context, key: key, files: files,
                    meter: meter)
                listing.isSelection = true
                try listing.recordFaults()
                try listing.hash()
                try listing.skipForgotten()
                try listing.prepare(transforms)
                _ = try NearDuplicates.find(in: catalog, workspace.settings, context)
                let records = try chosen.compactMap { try catalog.outcome(of: $0, stage: StageName.ingest) }
                let isWhole = records.count == chosen.count && !records.contains { $0.outcome.status == "failed" }
                try meter.end(isWhole ? .done : .doneWithFailures)
                return records
            } catch {
                meter.end(after: error, context.cancellation)
                throw error
            }
        }
    }
}
