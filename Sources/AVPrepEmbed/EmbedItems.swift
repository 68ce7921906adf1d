import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation

/// What is embedded, with what is known of it: by a manifest with folds, a published data set's folder, or as `ingest` finds it.
struct EmbedItems {
    struct Entry {
        var item: FeatureItem
        let file: BytePath
        /// The part of the file that it is; nil: all of it.
        var range: TimeRange?
        /// Why there is nothing to open.
        var fault: String?

        /// What tells the file from one that is put in its place or written to: size and time; `-` where there is none.
        var stamp: String {
            FileIdentity(path: file).map { "\($0.size) \($0.modifiedNanoseconds)" } ?? "-"
        }
    }

    /// Extensions of what is looked for in folders, besides the corpus' own.
    private static let extensions = ["wav", "flac", "ogg", "opus", "mp3", "m4a", "aac", "aif", "aiff", "wma"]
    /// Between several labels of one item.
    static let labelSeparator = ";"

    let entries: [Entry]
    /// Nil where no folds are stated.
    let manifest: FoldManifest?

    /// - Throws: ``Failure`` for a manifest that is none or leaks, and where nothing is found.
    init(_ workspace: Workspace, _ context: StageContext, _ request: EmbedStage.Request) throws {
        let seed = UInt64(workspace.settings.seed)
        if let path = request.manifest {
            manifest = try FoldManifest.read(workspace.path(path), isESC10: request.isESC10, seed: seed)
        } else if request.paths.count == 1 {
            manifest = try FoldManifest.recognised(workspace.path(request.paths[0]), seed: seed)
        } else {
            manifest = nil
        }
        if let manifest {
            entries = manifest.rows.map { row in
                Entry(
                    item: FeatureItem(path: row.path, label: row.label, fold: row.fold, recording: row.recording),
                    file: row.file)
            }
            return
        }
        var settings = workspace.settings
        settings.corpus.extensions += Self.extensions
        var corpus = CorpusRequest()
        corpus.paths = request.paths
        let listing = try CorpusScan.run(
            workspace.with(settings), corpus, catalog: nil, cancellation: context.cancellation)
        entries = listing.items.map { item in
            var entry = Entry(
                item: FeatureItem(path: item.listed.escaped), file: item.path, range: item.range,
                fault: item.fault?.detail)
            var labels: [String] = []
            for note in item.notes { for label in note.labels where !labels.contains(label) { labels.append(label) } }
            entry.item.label = labels.joined(separator: Self.labelSeparator)
            entry.item.fold = item.notes.compactMap(\.split).first?.rawValue ?? ""
            return entry
        }
    }

    /// Stands for the files as they are.
    func stamp() throws -> String { try CanonicalJSON.key(of: entries.map(\.stamp)) }
}
