import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepTraining
import AVPrepWorkspace
import Foundation

/// What is embedded, with what is known of it: by a manifest with folds, a published data set's folder, or as `ingest` finds it.
struct EmbedItems {
    struct Entry {
        enum Content {
            /// A file, or the part of it that is meant.
            case file(BytePath, TimeRange?)
            /// Segments in shards.
            case segments([VideoSegments])
        }

        var item: FeatureItem
        let content: Content
        /// Why there is nothing to open.
        var fault: String?

        /// What tells the file from one that is put in its place or written to: size and time; `-` where there is none.
        var stamp: String {
            switch content {
            case .file(let path, _):
                FileIdentity(path: path).map { "\($0.size) \($0.modifiedNanoseconds)" } ?? "-"
            case .segments(let segments):
                segments.map { "\($0.reader.entry.sha256) \($0.rows)" }.joined(separator: " ")
            }
        }
    }

    /// Extensions of what is looked for in folders, besides the corpus' own.
    private static let extensions = ["wav", "flac", "ogg", "opus", "mp3", "m4a", "aac", "aif", "aiff", "wma"]
    /// Between several labels of one item.
    static let labelSeparator = ";"

    let entries: [Entry]
    /// Nil where no folds are stated.
    let manifest: FoldManifest?
    /// What they are: `files`, or `videos` of shards.
    let unit: String

    /// - Throws: ``Failure`` for a manifest that is none or leaks, and where nothing is found.
    init(_ workspace: Workspace, _ context: StageContext, _ request: EmbedStage.Request) throws {
        let seed = UInt64(workspace.settings.seed)
        if request.isOfShards {
            (manifest, unit) = (nil, "videos")
            entries = try Self.videos(of: try ShardSet(workspace.shards), split: request.split)
            return
        }
        unit = "files"
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
                    content: .file(row.file, nil))
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
                item: FeatureItem(path: item.listed.escaped), content: .file(item.path, item.range),
                fault: item.fault?.detail)
            var labels: [String] = []
            for note in item.notes { for label in note.labels where !labels.contains(label) { labels.append(label) } }
            entry.item.label = labels.joined(separator: Self.labelSeparator)
            entry.item.fold = item.notes.compactMap(\.split).first?.rawValue ?? ""
            return entry
        }
    }

    /// Every video of the shards that has not vanished, in their order: its labels, and its split for a fold.
    private static func videos(of shards: ShardSet, split: Split?) throws -> [Entry] {
        let vanished = Set(shards.index.vanishedVideos)
        var found: [(item: FeatureItem, segments: [VideoSegments])] = []
        var places: [String: Int] = [:]
        for entry in shards.index.shards where split == nil || entry.split == split {
            let reader = try shards.reader(of: entry)
            let labels = try shards.labels(of: entry)
            var rows: [String: [Int]] = [:]
            for (row, stored) in reader.segments.enumerated() where !vanished.contains(stored.segment.videoID) {
                let id = stored.segment.videoID
                rows[id, default: []].append(row)
                if places[id] == nil {
                    places[id] = found.count
                    let own = labels.indices[Int(labels.offsets[row])..<Int(labels.offsets[row + 1])]
                    found.append(
                        (
                            FeatureItem(
                                path: stored.segment.source, id: id,
                                label: own.map { labels.vocabulary[Int($0)] }.joined(separator: labelSeparator),
                                fold: entry.split.rawValue, recording: stored.groupID), []
                        ))
                }
            }
            for (id, own) in rows { found[places[id] ?? 0].segments.append(VideoSegments(reader: reader, rows: own)) }
        }
        guard !found.isEmpty else {
            throw Failure(
                "\(shards.folder) has no video\(split.map { " of the split \($0.rawValue)" } ?? ""); run `avprep shard`",
                exitStatus: .badInput)
        }
        // Two videos may be listed by one path: parts of shards of different times.
        var seen: Set<String> = []
        return found.map { item, segments in
            var item = item
            if !seen.insert(item.path).inserted { item.path += "#\(item.id)" }
            return Entry(item: item, content: .segments(segments))
        }
    }

    /// Stands for the files as they are.
    func stamp() throws -> String { try CanonicalJSON.key(of: entries.map(\.stamp)) }
}
