package import AVPrepCatalog
package import AVPrepCore
import AVPrepCorpus
package import AVPrepModel
import AVPrepSettings
package import AVPrepWorkspace
import Foundation

/// All that is known of one item: what was measured, decided and written, by which settings, and where it is now.
/// `avprep why`.
package struct ItemStory: Sendable, Codable {
    /// What one stage made of the item.
    package struct Stage: Sendable, Codable {
        package let stage: String
        /// Whether the settings in force are those of this outcome; nil for stages that are not asked again by settings.
        package let isCurrent: Bool?
        /// `done`, `skipped` or `failed`, with the reason's code and text.
        package let status: String
        package let code: String?
        package let detail: String?
        package let wallSeconds: Double
        package let cpuSeconds: Double
        /// The path of the result.
        package let output: String?
        /// UTC, ISO 8601.
        package let recordedAt: String
    }

    /// What a manifest says of it.
    package struct Note: Sendable, Codable {
        package let manifest: BytePath
        package let row: Int
        package let split: Split?
        package let labels: [String]
    }

    /// A video that belongs to this one, and so is in the same split.
    package struct Relative: Sendable, Codable {
        /// Its listed paths.
        package let paths: [BytePath]
        package let videoID: String
        /// Why, in words.
        package let reason: String
    }

    /// The path as listed.
    package let path: BytePath
    /// In bytes; nil for a file whose status could not be read.
    package let bytes: Int64?
    package let listings: ItemListings?
    package let isVanished: Bool
    package let videoID: String?
    /// What manifests say of it: row, split and labels.
    package let notes: [Note]
    /// Other listed files with the same bytes.
    package let copies: [BytePath]
    package let stages: [Stage]
    /// Container and streams, counts of the decode pass, borders and cuts, as the catalog has them.
    package let media: JSONValue?
    /// The policy's decision on each segment, with the measures that led to it.
    package let segments: [DecidedSegment]
    package let relatives: [Relative]
    /// Where its segments lie packed.
    package let shards: [PackedVideo]
    /// Why its shards could not be looked into, a line each.
    package let shardFaults: [String]

    /// Tells the story of an item.
    ///
    /// - Parameter name: a listed path, a path of the file system, the id of a video or of a segment, or the first eight
    ///   or more digits of one.
    /// - Throws: ``Failure`` with exit status 65 when nothing, or more than one thing, has this name; ``CatalogError``.
    package static func tell(_ name: some PathConvertible, in workspace: Workspace, _ context: StageContext) throws
        -> ItemStory
    {
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        let item = try ItemSearch(catalog: catalog, workspace: workspace).item(named: name.bytePath)
        return try ItemStory(item, catalog, workspace, context)
    }

    private init(_ item: CatalogItem, _ catalog: Catalog, _ workspace: Workspace, _ context: StageContext) throws {
        let settings = workspace.settings
        let keys = [StageName.ingest: try settings.ingest.key, StageName.shard: try settings.splitKey]
        path = item.file.path
        bytes = item.file.size < 0 ? nil : item.file.size
        listings = try catalog.listings(of: path)
        isVanished = item.isVanished
        videoID = item.videoID
        stages = try catalog.outcomes(of: path).map { record in
            Stage(
                stage: record.stage, isCurrent: keys[record.stage].map { $0 == record.settingsKey },
                status: record.outcome.status, code: record.outcome.reason?.code, detail: record.outcome.reason?.detail,
                wallSeconds: record.wallSeconds, cpuSeconds: record.cpuSeconds, output: record.output,
                recordedAt: record.updatedAt)
        }
        segments = try catalog.decisions(of: path, stage: StageName.ingest)
        notes = try catalog.notes(of: path).map {
            Note(manifest: $0.manifest, row: $0.row, split: $0.split, labels: $0.labels)
        }
        guard let videoID else {
            (copies, media, relatives, shards, shardFaults) = ([], nil, [], [], [])
            return
        }
        copies = try catalog.items(withVideoPrefix: videoID, limit: .max).map(\.file.path).filter {
            $0 != item.file.path
        }
        media = try catalog.media(ofVideo: videoID).flatMap(JSONValue.init(text:))
        relatives = try Self.relatives(of: videoID, catalog, settings)
        (shards, shardFaults) = try PackedVideo.find(videoID, in: workspace.shards, context)
    }

    /// Its near-duplicates, as of the last search.
    private static func relatives(of videoID: String, _ catalog: Catalog, _ settings: PipelineSettings) throws
        -> [Relative]
    {
        let matches = try NearDuplicates.latest(in: catalog, settings)?.matches ?? []
        return try matches.filter { $0.first == videoID || $0.second == videoID }.map { match in
            let other = match.first == videoID ? match.second : match.first
            return Relative(
                paths: try catalog.items(withVideoPrefix: other, limit: .max).map(\.file.path), videoID: other,
                reason: reason(match))
        }
    }

    private static func reason(_ match: DuplicateMatch) -> String {
        let distances = [("picture", match.pictureDistance), ("sound", match.soundDistance)].compactMap { name, value in
            value.map { "\(name) differs in \(QuantityText.number($0 * 100)) % of the bits" }
        }
        return "near-duplicate: " + distances.joined(separator: ", ") + (match.isMirrored ? "; mirrored" : "")
    }
}
