import Foundation

/// An error that no module throws: one that nobody has thought of.
struct Injected: Error, CustomStringConvertible {
    let description = "two lines\nof an unknown fault"
}

/// Files with temporary names below a folder.
func temporaryFiles(_ folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
        .filter { $0.contains(".partial-") }
}
