import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
package import AVPrepWorkspace
import Foundation
import Synchronization

/// Checks shards, pair files, index, prepared files and catalog, and lists all faults.
package enum VerifyStage {
    /// - Parameters:
    ///   - isQuick: check sizes instead of checksums, and read no media.
    ///   - readsSources: read the files of the corpus, too.
    ///   - searchesForgotten: search the bytes of all files for videos that were forgotten.
    /// - Throws: `CancellationError`; faults of the files are in the report.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, isQuick: Bool, readsSources: Bool = false,
        searchesForgotten: Bool = false
    ) throws -> VerifyReport {
        let sources =
            readsSources ? try SourceVerification(workspace: workspace, context: context).run() : nil
        var findings = sources?.findings ?? []
        let forgotten = try ForgottenVerification(workspace: workspace, context: context)
        let shards: ShardSet
        do {
            shards = try ShardSet(workspace.shards)
        } catch let error as StoreError {
            let isNewer = error.code == .newerFormat
            let finding = VerifyReport.Finding(
                isNewer ? .newer : .index, "\(workspace.shards)/\(ShardIndex.fileName)", error.description,
                remedy: isNewer ? VerifyReport.Finding.useNewer : "avprep shard writes it again")
            findings += try forgotten.run(index: nil, packed: [], readsFiles: searchesForgotten)
            return VerifyReport(
                isQuick: isQuick, shards: 0, videos: 0, segments: 0, pairs: 0, preparedFiles: 0,
                sources: sources?.files, forgotten: forgotten.count, bytesRead: sources?.bytesRead ?? 0,
                findings: findings + [finding])
        }
        let index = shards.index
        let results = try verifyShards(shards, workspace, context, isQuick: isQuick)
        findings += results.flatMap(\.findings)
        let torn = Set(index.leaks?.videos ?? [])
        findings += leaks(results, torn)
        findings += LabelVerification.run(shards, results.filter(\.isReadable).map(\.name))
        findings += strays(index, in: workspace.shards)
        findings += totals(index, results, in: workspace.shards)
        let catalog = try CatalogVerification(workspace: workspace, context: context, isQuick: isQuick)
            .run(
                shardVideos: results.allSatisfy(\.isReadable)
                    ? results.reduce(into: [:]) { $0.merge($1.segmentCounts) { $0 + $1 } } : nil,
                sides: Dictionary(results.flatMap { result in result.videos.map { ($0, result.split) } }) { first, _ in
                    first
                }, vanished: Set(index.vanishedVideos),
                straddling: Set((index.straddlingVideos ?? []) + (index.leftOut?.nearDuplicates ?? [])),
                leftOut: index.leftOut, torn: torn)
        findings += catalog.findings
        findings += try forgotten.run(
            index: index, packed: Set(results.flatMap(\.videos)).union(results.flatMap(\.groups.keys)),
            readsFiles: searchesForgotten)
        return VerifyReport(
            isQuick: isQuick, shards: results.count, videos: Set(results.flatMap(\.videos)).count,
            segments: results.reduce(0) { $0 + $1.segments }, pairs: results.reduce(0) { $0 + $1.pairs },
            preparedFiles: catalog.preparedFiles, sources: sources?.files, forgotten: forgotten.count,
            bytesRead: results.reduce(sources?.bytesRead ?? 0) { $0 + $1.bytesRead },
            findings: findings, notes: index.leaks?.lines ?? [])
    }

    private static func verifyShards(
        _ shards: ShardSet, _ workspace: Workspace, _ context: StageContext, isQuick: Bool
    ) throws -> [ShardVerification] {
        let index = shards.index
        let progress = ProgressReporter("verify", unit: "shards", style: context.progress)
        let results = Mutex([String: ShardVerification]())
        try WorkerPool.run(
            index.shards, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }
        ) { shard in
            let result = try ShardVerification(
                shard, of: shards, isQuick: isQuick, cancellation: context.cancellation)
            let done = results.withLock { results in
                results[shard.name] = result
                return results.count
            }
            progress.update(done: done, total: index.shards.count)
        }
        progress.finish()
        return index.shards.compactMap { shard in results.withLock { $0[shard.name] } }
    }

    /// A video belongs in one shard of one split, and a group of near-duplicates in one split.
    ///
    /// - Parameter torn: videos whose groups manifests put into several splits, which is obeyed.
    private static func leaks(_ results: [ShardVerification], _ torn: Set<String>) -> [VerifyReport.Finding] {
        var seen: [String: ShardVerification] = [:]
        var groups: [String: (result: ShardVerification, video: String)] = [:]
        var findings: [VerifyReport.Finding] = []
        for result in results {
            for (group, video) in result.groups.sorted(by: { $0.key < $1.key }) {
                guard let first = groups[group] else {
                    groups[group] = (result, video)
                    continue
                }
                guard first.result.split != result.split, first.video != video,
                    !torn.isSuperset(of: [first.video, video])
                else { continue }
                findings.append(
                    VerifyReport.Finding(
                        .leak, result.path,
                        "video \(video) is a near-duplicate of \(first.video) in \(first.result.name), in another split",
                        remedy: "avprep shard --compact packs near-duplicates into one split"))
            }
            for video in result.videos.sorted() {
                guard let first = seen.updateValue(result, forKey: video) else { continue }
                let isLeak = first.split != result.split
                findings.append(
                    VerifyReport.Finding(
                        isLeak ? .leak : .counts, result.path,
                        "video \(video) is also in \(first.name)" + (isLeak ? ", in another split" : ""),
                        remedy: "avprep shard --compact packs every video once"))
            }
        }
        return findings
    }

    /// Files that look like shards or pair files but are not in the index.
    private static func strays(_ index: ShardIndex, in folder: String) -> [VerifyReport.Finding] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let known = Set(index.shards.map(\.name)).union(index.pairFiles.keys)
            .union((index.labelFiles ?? [:]).keys)
        return names.sorted().filter { $0.hasSuffix(".h5") && !known.contains($0) }.map {
            VerifyReport.Finding(
                .stray, "\(folder)/\($0)", "the index does not name it",
                remedy: "avprep shard removes leftovers of a killed run; move your own files away")
        }
    }

    private static func totals(_ index: ShardIndex, _ results: [ShardVerification], in folder: String)
        -> [VerifyReport.Finding]
    {
        Split.allCases.compactMap { split in
            let own = results.filter { $0.split == split && $0.isReadable }
            guard own.count == results.count(where: { $0.split == split }) else { return nil }
            let found = (own.count, own.reduce(0) { $0 + $1.segments }, Set(own.flatMap(\.videos)).count)
            let said = index.splits[split.rawValue].map { ($0.shards, $0.segments, $0.videos) } ?? (0, 0, 0)
            guard found != said else { return nil }
            return VerifyReport.Finding(
                .counts, "\(folder)/\(ShardIndex.fileName)",
                "it counts \(said.0) shards, \(said.1) segments, \(said.2) videos of \(split.rawValue), but there are "
                    + "\(found.0), \(found.1), \(found.2)",
                remedy: "avprep shard writes it again")
        }
    }
}
