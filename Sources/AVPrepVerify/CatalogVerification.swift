import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPairs
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation
import Synchronization

/// Compares the catalog and the prepared files with the contents of the shards.
struct CatalogVerification {
    let workspace: Workspace
    let context: StageContext
    let isQuick: Bool

    struct Result {
        var findings: [VerifyReport.Finding] = []
        var preparedFiles = 0
    }

    /// - Parameters:
    ///   - shardVideos: the videos in all shards, with the number of their segments; nil if some shards could not be
    ///     read.
    ///   - sides: the videos in the shards that could be read, with their splits.
    ///   - vanished: those of them that the index marks as removed from the corpus.
    ///   - straddling: prepared videos that the index lists as left out completely.
    ///   - leftOut: what was dropped, according to the index.
    /// - Throws: `CancellationError`.
    func run(
        shardVideos: [String: Int]?, sides: [String: Split], vanished: Set<String>, straddling: Set<String>,
        leftOut: ShardIndex.LeftOut?, torn: Set<String> = []
    ) throws -> Result {
        var result = Result()
        let path = workspace.catalog
        do {
            let catalog = try Catalog(path: path, access: .readOnly)
            if !isQuick { try catalog.checkIntegrity() }
            try catalog.checkCounts()
            let key = try workspace.settings.ingest.key
            let done = try catalog.outcomes(stage: StageName.ingest, settingsKey: key, status: "done")
            result.preparedFiles = done.count
            result.findings += try prepared(done)
            let videos = try Dictionary(
                done.compactMap { record in try catalog.item(record.subject)?.videoID.map { ($0, record.subject) } },
                uniquingKeysWith: { first, _ in first })
            if let shardVideos {
                result.findings += difference(
                    Set(shardVideos.keys).subtracting(vanished), Set(videos.keys).subtracting(straddling))
                result.findings += try decided(catalog, videos, shardVideos, leftOut)
            }
            result.findings += try leaks(sides, videos, catalog, torn)
            result.findings += try LabelVerification.compare(
                ManifestSplits(catalog), sides.filter { !vanished.contains($0.key) }, workspace)
        } catch let error as CatalogError {
            result.findings.append(
                VerifyReport.Finding(
                    .catalog, path, error.description, remedy: "avprep ingest rebuilds it from the prepared files"))
        }
        return result
    }

    /// Near-duplicates, and videos of one source, that are in different splits, as the catalog knows them now.
    private func leaks(_ sides: [String: Split], _ videos: [String: BytePath], _ catalog: Catalog, _ torn: Set<String>)
        throws -> [VerifyReport.Finding]
    {
        let links = try VideoLinks(
            duplicates: NearDuplicates.latest(in: catalog, workspace.settings)?.matches ?? [],
            sources: SourceGroups.links(
                of: Dictionary(videos.map { ($0.value, $0.key) }) { first, _ in first },
                by: SourcePattern(workspace.settings.corpus.sourcePattern), in: catalog))
        let outside = Set(videos.keys).subtracting(sides.keys)
        var first: [String: String] = [:]
        var findings: [VerifyReport.Finding] = []
        for (video, group) in links.groups(without: outside).sorted(by: { $0.key < $1.key }) {
            guard let side = sides[video] else { continue }
            guard let other = first[group], let otherSide = sides[other] else {
                first[group] = video
                continue
            }
            guard side != otherSide, !torn.isSuperset(of: [video, other]) else { continue }
            findings.append(
                VerifyReport.Finding(
                    .leak, workspace.shards,
                    "video \(video) in \(side.rawValue) and \(other) in \(otherSide.rawValue) are near-duplicates or of the same source",
                    remedy: "avprep shard leaves one of them out; --compact packs both into one split"))
        }
        return findings
    }

    private func difference(_ inShards: Set<String>, _ inCatalog: Set<String>) -> [VerifyReport.Finding] {
        var findings: [VerifyReport.Finding] = []
        let missing = inCatalog.subtracting(inShards)
        if let first = missing.min() {
            findings.append(
                VerifyReport.Finding(
                    .catalog, workspace.shards,
                    "\(missing.count) prepared videos are in no shard, e.g. \(first)",
                    remedy: "avprep shard packs them"))
        }
        let extra = inShards.subtracting(inCatalog)
        if let first = extra.min() {
            findings.append(
                VerifyReport.Finding(
                    .catalog, workspace.shards,
                    "\(extra.count) videos in shards are not prepared under these settings, e.g. \(first)",
                    remedy: "avprep shard marks them as removed; --compact leaves them out"))
        }
        return findings
    }

    /// Compares the segments in shards and those left out with the decisions in the catalog.
    private func decided(
        _ catalog: Catalog, _ videos: [String: BytePath], _ shardVideos: [String: Int], _ leftOut: ShardIndex.LeftOut?
    ) throws -> [VerifyReport.Finding] {
        let settings = workspace.settings.ingest
        let decisions = try DecisionReport(catalog: catalog, settings: settings)
        let again = "avprep shard packs the segments that the policy keeps"
        guard decisions.outdated == 0 else {
            return [
                VerifyReport.Finding(
                    .catalog, workspace.catalog,
                    "\(decisions.outdated) videos were decided under another policy than the current one",
                    remedy: "avprep ingest decides them again, then " + again)
            ]
        }
        var findings: [VerifyReport.Finding] = []
        let found = leftOut ?? ShardIndex.LeftOut(segments: 0, seconds: 0, flags: [:])
        let wanted = ShardIndex.LeftOut(decisions)
        if (found.segments, found.flags) != (wanted.segments, wanted.flags) {
            findings.append(
                VerifyReport.Finding(
                    .catalog, "\(workspace.shards)/\(ShardIndex.fileName)",
                    "it lists \(found.segments) segments as left out (\(found.flags.words)), but the catalog drops "
                        + "\(wanted.segments) (\(wanted.flags.words))", remedy: again))
        }
        let left = try catalog.segmentsLeft(stage: StageName.ingest, settingsKey: try settings.key)
        let wrong = videos.filter { video, subject in
            shardVideos[video].map { $0 != left[subject] ?? 0 } ?? false
        }
        if let (video, subject) = wrong.min(by: { $0.key < $1.key }) {
            findings.append(
                VerifyReport.Finding(
                    .catalog, workspace.shards,
                    "\(wrong.count) videos have another number of segments in shards than the policy keeps: \(subject) has "
                        + "\(shardVideos[video] ?? 0), not \(left[subject] ?? 0)", remedy: again))
        }
        return findings
    }

    private func prepared(_ done: [OutcomeRecord]) throws -> [VerifyReport.Finding] {
        let findings = Mutex([VerifyReport.Finding]())
        let progress = ProgressReporter("verify", unit: "prepared files", style: context.progress)
        let count = Mutex(0)
        try WorkerPool.run(
            done, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }
        ) { record in
            let path = workspace.path(record.output ?? "")
            let remedy = "avprep ingest prepares \(record.subject) again"
            func add(_ code: VerifyReport.Finding.Code, _ detail: String, _ remedy: String) {
                findings.withLock { $0.append(.init(code, path, detail, remedy: remedy)) }
            }
            do {
                if try !ExistingFile.isThere(path) {
                    add(.missing, "it does not exist", remedy)
                } else if !isQuick {
                    try StoreReader(path: path).refuseNewerSettings()
                }
            } catch let error as StoreError where error.code == .newerFormat {
                add(.newer, "\(error)", VerifyReport.Finding.useNewer)
            } catch let error as StoreError where error.code != .unreadable {
                add(.damaged, "\(error)", "remove it; " + remedy)
            } catch {
                add(.unreadable, "\(error)", VerifyReport.makeReadable)
            }
            progress.update(
                done: count.withLock { count in
                    count += 1
                    return count
                }, total: done.count)
        }
        progress.finish()
        return findings.withLock { $0 }.sorted { $0.file < $1.file }
    }
}

extension [String: Int] {
    /// The flags with their counts, in the order of their names.
    fileprivate var words: String {
        isEmpty ? "none" : sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}
