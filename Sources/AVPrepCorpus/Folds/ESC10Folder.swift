import AVPrepCore
import Foundation

/// ESC-10 as it was first published: a folder a class, `001 - Dog bark/1-30226-A.ogg`, whose name is fold, recording and take.
enum ESC10Folder {
    private static let separator = Array(" - ".utf8)
    private static let extensions = ["ogg", "wav", "flac", "mp3"].map { Array($0.utf8) }

    /// Its recordings; nil where no folder is called as a class.
    ///
    /// - Throws: ``Failure`` for a sound in such a folder that is called otherwise.
    static func rows(of folder: BytePath) throws -> [FoldManifest.Row]? {
        var rows: [FoldManifest.Row] = []
        for name in try FolderNames.sorted(folder) ?? [] {
            guard let label = label(of: name.bytes) else { continue }
            let place = folder.appending(name.bytes)
            for file in try FolderNames.sorted(place) ?? []
            where file.bytes.fileExtension.map(extensions.contains) == true {
                let path = BytePath(name.bytes + [UInt8(ascii: "/")] + file.bytes)
                let parts = file.bytes.prefix { $0 != UInt8(ascii: ".") }.split(separator: UInt8(ascii: "-"))
                guard parts.count == 3, parts[0].allSatisfy(\.isDigit), parts[1].allSatisfy(\.isDigit) else {
                    throw Failure(
                        "the folder \(folder): \(path) is not named by fold, recording and take, as 1-30226-A.ogg; give a "
                            + "table with the columns path, label, fold", exitStatus: .badInput)
                }
                rows.append(
                    FoldManifest.Row(
                        path: path.escaped, label: label, fold: String(decoding: parts[0], as: UTF8.self),
                        recording: String(decoding: parts[1], as: UTF8.self), file: place.appending(file.bytes)))
            }
        }
        return rows.isEmpty ? nil : rows
    }

    /// `Dog bark` of `001 - Dog bark`.
    private static func label(of name: [UInt8]) -> String? {
        let number = name.prefix(while: \.isDigit)
        let rest = name.dropFirst(number.count)
        guard !number.isEmpty, rest.starts(with: separator), rest.count > separator.count else { return nil }
        return PathEscape.encode(Array(rest.dropFirst(separator.count)))
    }
}
