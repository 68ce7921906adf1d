import AVPrepCatalog
import AVPrepCore
import AVPrepStore
import AVPrepWorkspace
import Foundation

/// What a workspace's files take of the disk, what is free, and what the videos still to do are likely to need: a part of
/// `avprep status`.
///
/// Prepared files may be millions: their bytes are a sum that the catalog keeps. Of shards and runs, which are few, the folders
/// are read.
package struct DiskReport: Sendable, Encodable {
    /// One of the workspace's places.
    package struct Place: Sendable, Encodable {
        package let path: String
        package let bytes: Int64
        /// What a user may still write there; nil where the file system does not say.
        package let freeBytes: Int64?
        /// Tells which places share a disk; nil where nothing is there.
        package let device: UInt64?
    }

    package let prepared: Place
    /// Prepared files whose size is not noted yet, and is not in the sum: the next ingest notes it.
    package let unsizedFiles: Int
    package let shards: Place
    package let runs: Place
    package let catalog: Place
    /// Bytes of the listed videos that are still to do.
    package let pendingBytes: Int64
    /// What these are likely to need, as what is done has needed; nil while nothing is.
    package let likelyPreparedBytes: Int64?
    package let likelyShardBytes: Int64?

    /// - Parameter bytes: nil in a catalog of before.
    static func make(_ workspace: Workspace, _ bytes: StageBytes?) -> DiskReport {
        let bytes = bytes ?? StageBytes()
        let shards = size(ofFolder: workspace.shards)
        let likely = bytes.likely
        let catalog = ["", "-wal", "-shm", "-journal"].reduce(Int64(0)) { $0 + size(ofFile: workspace.catalog + $1) }
        return DiskReport(
            prepared: place(workspace.prepared, bytes.outputOfAll), unsizedFiles: bytes.unsized,
            shards: place(workspace.shards, shards), runs: place(workspace.runs, size(ofFolder: workspace.runs)),
            catalog: place(workspace.catalog, catalog), pendingBytes: bytes.pending, likelyPreparedBytes: likely,
            likelyShardBytes: likely.flatMap { likely in
                guard shards > 0, bytes.output > 0 else { return nil }
                return Int64(Double(likely) * Double(shards) / Double(bytes.output))
            })
    }

    private static func place(_ path: String, _ bytes: Int64) -> Place {
        // What is not there yet will be made where its folder is.
        var place = path
        var status = stat()
        while stat(place, &status) != 0 {
            let parent = (place as NSString).deletingLastPathComponent
            if parent == place || parent.isEmpty {
                place = path.hasPrefix("/") ? "/" : "."
                guard stat(place, &status) == 0 else {
                    return Place(path: path, bytes: bytes, freeBytes: nil, device: nil)
                }
                break
            }
            place = parent
        }
        return Place(path: path, bytes: bytes, freeBytes: freeBytes(at: place), device: UInt64(status.st_dev))
    }

    /// Nil where the file system does not say: some of other machines, and some of processes, report no blocks at all.
    private static func freeBytes(at path: String) -> Int64? {
        var system = statvfs()
        guard statvfs(path, &system) == 0, system.f_blocks > 0 else { return nil }
        return Int64(
            clamping: UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(system.f_frsize)).partialValue)
    }

    /// The bytes of the files in a folder and those below it; links are not followed.
    private static func size(ofFolder folder: String) -> Int64 {
        guard let names = FileManager.default.enumerator(atPath: folder) else { return 0 }
        return names.reduce(Int64(0)) { sum, name in
            (name as? String).map { sum + size(ofFile: "\(folder)/\($0)") } ?? sum
        }
    }

    private static func size(ofFile path: String) -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return 0 }
        return Int64(status.st_size)
    }

    var lines: [String] {
        let places = [("prepared", prepared), ("shards", shards), ("runs", runs), ("catalog", catalog)]
        var text = "disk: " + places.map { "\($0.0) \(Self.text($0.1.bytes))" }.joined(separator: ", ")
        if unsizedFiles > 0 { text += " (without \(unsizedFiles) prepared files; the next ingest looks at them)" }
        var devices: [UInt64] = []
        let free = places.compactMap { name, place -> String? in
            guard let device = place.device, !devices.contains(device) else { return nil }
            devices.append(device)
            let others = places.filter { $0.1.device == device }.map(\.0)
            let whose = others.count == places.count ? "" : " for \(others.joined(separator: ", "))"
            return place.freeBytes.map { "\(Self.text($0)) free\(whose)" } ?? "free space unknown\(whose)"
        }
        var lines = [text + "; " + free.joined(separator: ", ")]
        guard pendingBytes > 0 else { return lines }
        var rest = "\(Self.text(pendingBytes)) of videos are still to do"
        if let likelyPreparedBytes {
            rest += ": likely \(Self.text(likelyPreparedBytes)) of prepared files"
            if let likelyShardBytes { rest += " and \(Self.text(likelyShardBytes)) of shards" }
            let need = likelyPreparedBytes + (shards.device == prepared.device ? likelyShardBytes ?? 0 : 0)
            if let free = prepared.freeBytes, need > free { rest += ", more than is free" }
        }
        lines.append("  " + rest)
        return lines
    }

    /// `12.3 GB`: powers of ten, as disks are sold and `df -H` shows.
    static func text(_ bytes: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return (unit == 0 || value >= 100 ? String(Int(value.rounded())) : String(format: "%.1f", value)) + " "
            + units[unit]
    }
}
