import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepShard
import AVPrepStore
package import AVPrepWorkspace
import Foundation
import Synchronization

/// What others read a data set as.
package enum ExportFormat: String, Sendable, Codable, CaseIterable {
    /// One tar a shard, one sample a segment.
    case webdataset
    /// The same tars in a folder that the Hugging Face hub and `datasets` understand, with a dataset card.
    case huggingFace = "huggingface"
}

/// What to export, and how.
package struct ExportRequest: Sendable {
    package var format = ExportFormat.webdataset
    package var parts = Set(SegmentSample.Part.allCases)
    /// The dataset card's licence, in the hub's words (`cc-by-4.0`, `mit`, …).
    package var license = "unknown"
    /// The dataset card's title.
    package var title = "An avprep data set"

    package init() {}
}

/// Shards → WebDataset tars, pair tables as CSV, and a dataset card.
package enum ExportStage {
    /// Exports into `folder`: tars, pair sets as CSV, what spectrograms are normalised with (`normalization.json`). Tars
    /// that are there already for the same shards are kept. Nothing is overwritten or removed but what an earlier export
    /// wrote, as it wrote it.
    ///
    /// - Throws: `StoreError`, ``Failure`` when the disk refuses, the folder holds something else, or its list of an earlier
    ///   export is damaged; `CancellationError`.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, _ request: ExportRequest, to folder: String
    ) throws -> ExportReport {
        let shards = try ShardSet(workspace.shards)
        // Before anything is written: the last tables would fail where the first tars did not.
        try shards.checkPairFiles()
        let index = shards.index
        let place = request.format == .huggingFace ? "data/" : ""
        let members = SampleMember.all(of: index.layout, request.parts)
        if let twice = members.first(where: { member in members.count { $0.ending == member.ending } > 1 }) {
            throw Failure(
                "a stored track is called \(twice.ending.prefix { $0 != "." }), as another member of an export; leave one out (--only), or name it otherwise under ingest",
                exitStatus: .badInput)
        }
        let setAside = SetAsideFiles()
        let manifest = try ExportManifest(folder: folder, setAside: setAside)
        let hasNormalization = index.normalization != nil && request.parts.contains(.spectrograms)
        let names =
            index.shards.map { place + tarName($0) } + index.pairSets.map { tableName($0.name) }
            + (hasNormalization ? [normalizationName] : []) + (request.format == .huggingFace ? [cardName] : [])
        try manifest.check(names)
        try manifest.begin()
        for path in [folder, "\(folder)/\(place)", "\(folder)/pairs"] {
            try AtomicFile.makeFolder(path)
            AtomicFile.removeLitter(in: path)
        }
        try writeTars(shards, workspace, context, request, manifest, place: place)
        var pairs: [String: Int] = [:]
        for set in index.pairSets {
            try manifest.write(tableName(set.name), key: set.name) { path in
                pairs[set.name] = try PairSetStage.export(set.name, of: workspace, to: path)
            }
        }
        if hasNormalization, let normalization = index.normalization {
            let text = try CanonicalJSON.encode(normalization, pretty: true) + "\n"
            try manifest.write(normalizationName, key: "") { try AtomicFile.write(Data(text.utf8), to: $0) }
        }
        if request.format == .huggingFace {
            let card = try DatasetCard(shards: shards, workspace: workspace, request: request, members: members)
            try manifest.write(cardName, key: "") { try AtomicFile.write(Data(card.text.utf8), to: $0) }
        }
        let strays = try manifest.removeOthers(Set(names))
        return ExportReport(
            folder: folder, format: request.format, shards: index.shards.count,
            segments: index.shards.reduce(0) { $0 + $1.segments }, pairs: pairs,
            tars: Dictionary(grouping: index.shards, by: \.split.rawValue).mapValues {
                $0.map { place + tarName($0) }.sorted()
            }, notes: setAside.lines + strays)
    }

    /// Another one when the members of a sample change, so that tars of an earlier avprep are written again.
    private static let layoutVersion = "4"
    private static let normalizationName = "normalization.json"
    private static let cardName = "README.md"

    private static func tarName(_ shard: ShardIndex.Shard) -> String {
        String(shard.name.dropLast(".h5".count)) + ".tar"
    }

    private static func tableName(_ set: String) -> String { "pairs/\(set).csv" }

    private static func writeTars(
        _ shards: ShardSet, _ workspace: Workspace, _ context: StageContext, _ request: ExportRequest,
        _ manifest: ExportManifest, place: String
    ) throws {
        let progress = ProgressReporter("export", unit: "shards", style: context.progress)
        let done = Mutex(0)
        try WorkerPool.run(
            shards.index.shards, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }
        ) { shard in
            let name = place + tarName(shard)
            let labelDigest = shards.index.labelFiles?[LabelFile.name(forShard: shard.name)]
            let key = try CanonicalJSON.key(
                of: [shard.sha256, layoutVersion] + request.parts.map(\.rawValue).sorted()
                    + [labelDigest].compactMap(\.self))
            if try !manifest.holds(name, key: key) {
                let reader = try shards.reader(of: shard)
                let labels = try shards.labels(of: shard)
                try manifest.write(name, key: key) {
                    try write(reader.store, labels, request.parts, to: $0, context.cancellation)
                }
            }
            progress.update(
                done: done.withLock { done in
                    done += 1
                    return done
                }, total: shards.index.shards.count)
        }
        progress.finish()
    }

    private static func write(
        _ reader: StoreReader, _ labels: SegmentLabels, _ parts: Set<SegmentSample.Part>, to path: String,
        _ cancellation: Cancellation
    ) throws {
        var buffer: [UInt8] = []
        try AtomicFile.write(to: path) { temporary in
            let tar = try TarWriter(path: temporary)
            for (row, segment) in reader.segments.enumerated() {
                try cancellation.check()
                try SegmentSample.write(
                    segment, of: reader, labels: labels[row], parts: parts, to: tar, buffer: &buffer)
            }
            try tar.finish()
        }
    }
}
