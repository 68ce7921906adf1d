package import AVPrepCatalog
import AVPrepCore
import AVPrepDuplicates
package import AVPrepModel
import AVPrepPairs
package import AVPrepSettings
import AVPrepVision
package import AVPrepWorkspace

/// The prepared videos that are near-duplicates of each other.
package struct NearDuplicates: Sendable {
    /// Counts for the reports of `ingest` and `status`.
    package struct Counts: Sendable, Equatable, Codable {
        /// Videos that have a near-duplicate.
        package let videos: Int
        /// Groups of near-duplicates; each is in one split.
        package let groups: Int

        package var text: String? {
            videos > 0 ? "\(videos) videos are near-duplicates of each other, in \(groups) groups" : nil
        }
    }

    package let matches: [DuplicateMatch]
    /// nil if the settings do not search for them.
    package let counts: Counts?

    package init(_ matches: [DuplicateMatch]?) {
        self.matches = matches ?? []
        counts = matches.map { matches in
            let groups = VideoLinks(duplicates: matches).groups()
            return Counts(videos: groups.count, groups: Set(groups.values).count)
        }
    }

    /// The copies among some videos: all videos of each group except the one whose id sorts first. In alphabetical
    /// order.
    package func copies(among videos: [String]) -> [String] {
        let groups = VideoLinks(duplicates: matches).groups()
        let members = Dictionary(grouping: videos.filter { groups[$0] != nil }) { groups[$0] ?? $0 }
        return members.values.flatMap { $0.sorted().dropFirst() }.sorted()
    }

    /// The last result for these settings; nil if there is none. Cheap.
    package static func latest(in catalog: Catalog, _ settings: PipelineSettings) throws -> NearDuplicates? {
        try noted(in: catalog, settings, key: settingsKey(settings))
    }

    private static func noted(in catalog: Catalog, _ settings: PipelineSettings, key: String) throws
        -> NearDuplicates?
    {
        guard settings.duplicates.enabled else { return NearDuplicates(nil) }
        return try catalog.nearDuplicates(key: key).map { NearDuplicates($0) }
    }

    /// The stored result, or else a new search, which is then stored.
    ///
    /// - Throws: ``CatalogError``; `CancellationError`.
    package static func find(in catalog: Catalog, _ settings: PipelineSettings, _ context: StageContext) throws
        -> NearDuplicates
    {
        let ingestKey = try settings.ingest.key
        let key = try settingsKey(settings) + Self.digest(ofVideosIn: catalog, ingestKey)
        if let noted = try noted(in: catalog, settings, key: key) { return noted }
        try context.cancellation.check()
        var search = DuplicateSearch(settings: settings.duplicates, mirrorBits: PictureHash.mirrorBits)
        try catalog.forEachFingerprint(settingsKey: ingestKey) { video, bytes in
            if let fingerprint = VideoFingerprint(bytes: bytes) { search.add(fingerprint, ofVideo: video) }
        }
        let similar = search.matches()
        let videos = try catalog.fingerprintedVideos(settingsKey: ingestKey)
        let matches = try similar + OverlappingParts.matches(in: catalog, among: Set(videos), beside: similar)
        try context.cancellation.check()
        try catalog.setNearDuplicates(matches, key: key)
        return NearDuplicates(matches)
    }

    /// Of the ids of all videos with fingerprints, a line each.
    private static func digest(ofVideosIn catalog: Catalog, _ ingestKey: String) throws -> String {
        let hash = SHA256()
        var isFirst = true
        try catalog.forEachFingerprintedVideo(settingsKey: ingestKey) { video in
            var line = isFirst ? video : "\n" + video
            isFirst = false
            line.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
        }
        return hash.finish().hex
    }

    /// The key of the settings that the result depends on; the result is stored under a key that begins with it.
    private static func settingsKey(_ settings: PipelineSettings) throws -> String {
        try CanonicalJSON.key(of: [settings.ingest.key, CanonicalJSON.encode(settings.duplicates)]) + "/"
    }
}
