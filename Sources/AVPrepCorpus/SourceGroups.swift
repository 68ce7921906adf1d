package import AVPrepCatalog
package import AVPrepCore
import AVPrepModel
package import AVPrepSettings
import Foundation

/// Groups videos of one source, by their listed paths.
package enum SourceGroups {
    /// The videos of each source with more than one video, sorted by the source's name.
    ///
    /// - Parameter videos: the video prepared from each path. Other listed paths of the same content count too.
    /// - Throws: ``CatalogError``; ``Failure`` when the pattern is invalid.
    package static func links(of videos: [BytePath: String], by pattern: SourcePattern, in catalog: Catalog) throws
        -> [[String]]
    {
        var members: [String: Set<String>] = [:]
        func note(_ path: BytePath, _ video: String) {
            if let source = pattern.source(of: ItemName(listed: path).file.escaped) {
                members[source, default: []].insert(video)
            }
        }
        for (path, video) in videos { note(path, video) }
        let prepared = Set(videos.values)
        for group in try catalog.duplicates() where prepared.contains(group.videoID) {
            for path in group.paths { note(path, group.videoID) }
        }
        // Parts of one file are of one source, whatever the pattern says.
        let parts = try catalog.partsOfContents().map { parts in
            Set(parts.map(\.videoID)).intersection(prepared).sorted()
        }.filter { $0.count > 1 }
        return members.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { $0.value.sorted() } + parts
    }
}
