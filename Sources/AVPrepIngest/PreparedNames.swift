import AVPrepSettings
import AVPrepWorkspace
import Foundation

/// The prepared files of one key that are there, told by the names in their folders: millions of files are not looked at one by
/// one, which takes minutes on a file server.
struct PreparedNames {
    /// The ids of their videos as numbers, ascending, by their first two digits.
    private var videos: [[UInt128]] = []
    private let folder: [UInt8]
    private let ending: [UInt8]

    private static let idLength = PreparedPath.videoIDLength

    init(_ workspace: Workspace, key: String) {
        folder = Array("\(workspace.settings.folders.prepared)/".utf8)
        ending = Array("-\(key).h5".utf8)
        for first in 0..<256 {
            videos.append(ids(in: "\(workspace.prepared)/\(first < 16 ? "0" : "")\(String(first, radix: 16))"))
        }
    }

    /// The videos of a folder's files; none where it cannot be read.
    private func ids(in folder: String) -> [UInt128] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var ids: [UInt128] = []
        while let entry = readdir(stream) {
            // A link may lead nowhere, and some file systems do not say.
            guard entry.pointee.d_type == UInt8(DT_REG) else { continue }
            let id = withUnsafeBytes(of: &entry.pointee.d_name) { name in
                video(UnsafeRawBufferPointer(rebasing: name[..<(name.firstIndex(of: 0) ?? name.count)]))
            }
            if let id { ids.append(id) }
        }
        return ids.sorted()
    }

    /// The video of a file's name; nil for other files.
    private func video(_ name: UnsafeRawBufferPointer) -> UInt128? {
        guard name.count == Self.idLength + ending.count, name.dropFirst(Self.idLength).elementsEqual(ending) else {
            return nil
        }
        var id: UInt128 = 0
        for byte in name.prefix(Self.idLength) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): id = id << 4 | UInt128(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): id = id << 4 | UInt128(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return id
    }

    /// Whether a prepared file is there. Where it is not among the names, one has to look.
    ///
    /// - Parameter output: as the catalog has it.
    func contains(_ output: String) -> Bool {
        var output = output
        return output.withUTF8 { text in
            let path = UnsafeRawBufferPointer(text)
            // "prepared/ab/abcdef…"
            let name = folder.count + 3
            guard path.count == name + Self.idLength + ending.count, path.starts(with: folder),
                path[name - 1] == UInt8(ascii: "/"), path[name - 3] == path[name], path[name - 2] == path[name + 1],
                let id = video(UnsafeRawBufferPointer(rebasing: path[name...]))
            else { return false }
            let known = videos[Int(id >> 120)]
            var (low, high) = (0, known.count)
            while low < high {
                let middle = (low + high) / 2
                if known[middle] < id { low = middle + 1 } else { high = middle }
            }
            return low < known.count && known[low] == id
        }
    }
}
