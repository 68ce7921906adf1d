import Foundation

/// Real media that lies beside the repository and is not part of it. Tests that need it are skipped where it is absent, in
/// the gate too.
package enum SharedData {
    /// `../shared/data` beside the repository, or what `AVPREP_SHARED_DATA` names; nil when there is none.
    package static let folder: String? = {
        let path = ProcessInfo.processInfo.environment["AVPREP_SHARED_DATA"] ?? Oracle.repository + "/../shared/data"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    package static var isAvailable: Bool { folder != nil }

    /// The files of one of its folders, sorted by name.
    package static func files(in name: String) -> [String] {
        guard let folder else { return [] }
        let path = "\(folder)/\(name)"
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted().map { "\(path)/\($0)" }
    }
}
