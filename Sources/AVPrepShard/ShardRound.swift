import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore

/// A prepared video, and the path it is listed under.
typealias PreparedVideo = (subject: BytePath, video: ShardPlan.Video)

/// One plan of a run, and what it was made of. A video that turns out not to be packable calls for another one.
struct ShardRound {
    let prepared: [PreparedVideo]
    let grouped: GroupedPlan
    var plan: ShardPlan { grouped.plan }
    /// Videos that are dropped as near-duplicates, and whether shards that lie there hold any.
    let copies: [String]
    let holdsCopies: Bool
    let joined: JoinedVideos
    /// What manifests tear apart.
    let leaks: SplitLeaks

    init(
        _ prepared: [PreparedVideo], _ existing: ExistingShards, _ duplicates: NearDuplicates, _ catalog: Catalog,
        _ settings: PipelineSettings, manifests: ManifestSplits, compact: Bool
    ) throws {
        self.prepared = prepared
        let copies =
            settings.shard.nearDuplicates == .drop ? duplicates.copies(among: prepared.map(\.video.videoID)) : []
        let isCopy = Set(copies)
        let videos = prepared.filter { !isCopy.contains($0.video.videoID) }
        let holdsCopies = existing.shards.contains { !isCopy.isDisjoint(with: $0.videoIDs) }
        let pattern = try SourcePattern(settings.corpus.sourcePattern)
        let paths = Dictionary(uniqueKeysWithValues: videos.map { ($0.subject, $0.video.videoID) })
        let links = try VideoLinks(
            duplicates: duplicates.matches, sources: SourceGroups.links(of: paths, by: pattern, in: catalog))
        joined = JoinedVideos(
            Dictionary(paths.map { ($1, $0.escaped) }) { first, _ in first }, links, by: pattern,
            copies: try catalog.duplicates().reduce(0) { $0 + $1.paths.count - 1 })
        let grouped = GroupedPlan(
            videos: videos.map(\.video), existing: existing.shards,
            leftOut: Set(existing.index?.straddlingVideos ?? []), links, fixed: manifests.sides,
            settings: settings.shard,
            seed: UInt64(settings.seed), isCompact: compact || holdsCopies)
        leaks = manifests.leaks(links, among: Set(prepared.map(\.video.videoID)))
        self.copies = copies
        self.holdsCopies = holdsCopies
        self.grouped = grouped
    }

    /// - Parameter failed: why videos cannot be packed.
    func refuseNoTraining(_ failed: [String: String]) throws {
        guard !plan.shards.contains(where: { $0.split == .train }) else { return }
        if let first = failed.values.min() {
            throw Failure(
                "no video is left for train; \(failed.count) could not be packed, such as: \(first)",
                exitStatus: .badInput)
        }
        throw Failure(
            "none of the \(prepared.count - copies.count) prepared videos falls into train; ingest more videos, lower shard.split, or take another seed"
                + (joined.text.map { " (\($0))" } ?? ""), exitStatus: .badInput)
    }
}
