import AVPrepCore
import AVPrepSettings
import Foundation

extension Workspace {
    /// The files in the folder of prepared files that came from some videos: under whatever settings, those set aside as
    /// damaged, and what writers left half done.
    ///
    /// - Throws: ``Failure`` when a folder cannot be read.
    package func preparedFiles(ofVideos ids: some Sequence<String>) throws -> [String] {
        var found: [String] = []
        for (place, ids) in Dictionary(grouping: ids, by: { $0.prefix(2) }).sorted(by: { $0.key < $1.key }) {
            let folder = "\(prepared)/\(place)"
            let wanted = Set(ids)
            for name in try ExistingFile.names(inFolder: folder)
            where wanted.contains(String(name.prefix(PreparedPath.videoIDLength))) {
                found.append("\(folder)/\(name)")
            }
        }
        return found
    }
}
