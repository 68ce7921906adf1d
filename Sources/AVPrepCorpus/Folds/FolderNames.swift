import AVPrepCore
import Foundation

/// The names in a folder.
enum FolderNames {
    /// All but hidden ones, sorted by bytes, whatever they are; nil where there is no such folder.
    static func sorted(_ folder: BytePath) throws -> [BytePath]? {
        guard let stream = folder.withCString({ opendir($0) }) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Failure("cannot list \(folder): \(systemError())", exitStatus: .badInput)
        }
        defer { closedir(stream) }
        var names: [BytePath] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { BytePath($0.prefix { $0 != 0 }) }
            if name.bytes.first != UInt8(ascii: ".") { names.append(name) }
        }
        return names.sorted()
    }
}
