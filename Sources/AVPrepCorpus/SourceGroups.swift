package import AVPrepCatalog
package import AVPrepSettings
import Foundation

/// Videos of one source, by the paths that the corpus lists them under.
package enum SourceGroups {
    /// The videos of each source that several are of, in the order of the sources' names.
    ///
    /// - Parameter videos: the video at each path that was prepared. Other paths of the same content count too.
    /// - Throws: ``CatalogError``; ``Failure`` when the pattern is none.
    package static func links(of videos: [String: String], by pattern: SourcePattern, in catalog: Catalog) throws
        -> [[String]]
    {
        var members: [String: Set<String>] = [:]
        func note(_ path: String, _ video: String) {
            if let source = pattern.source(of: path) { members[source, default: []].insert(video) }
        }
        for (path, video) in videos { note(path, video) }
        let prepared = Set(videos.values)
        for group in try catalog.duplicates() where prepared.contains(group.videoID) {
            for path in group.paths { note(path, group.videoID) }
        }
        return members.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { $0.value.sorted() }
    }
}
