import AVPrepCore
import Foundation

/// What of a classification is done, in a file beside its results until all is: a call that was killed goes on there.
final class ClassifyMemory {
    private struct State: Codable {
        /// Stands for features, folds and what was asked for.
        var key: String
        /// Right recordings by penalty, of a part inside a fold.
        var right: [String: [Int]] = [:]
        var results: [String: FoldProtocol.FoldResult] = [:]
    }

    private let path: String
    private var state: State

    /// - Throws: ``Failure`` where the file cannot be read; one that is torn, or of something else, begins anew.
    init(folder: String, key: String) throws {
        path = "\(folder)/classify-state.json"
        AtomicFile.removeLitter(in: folder)
        let known = try ExistingFile.content(path).flatMap { try? JSONDecoder().decode(State.self, from: $0) }
        state = known.flatMap { $0.key == key ? $0 : nil } ?? State(key: key)
    }

    func right(_ side: String, _ fold: String, part: Int) -> [Int]? { state.right["\(side)/\(part)/\(fold)"] }
    func result(_ side: String, _ fold: String) -> FoldProtocol.FoldResult? { state.results["\(side)/\(fold)"] }

    func note(_ right: [Int], _ side: String, _ fold: String, part: Int) throws {
        guard state.right.updateValue(right, forKey: "\(side)/\(part)/\(fold)") != right else { return }
        try save()
    }

    func note(_ result: FoldProtocol.FoldResult, _ side: String) throws {
        state.results["\(side)/\(result.fold)"] = result
        try save()
    }

    private func save() throws {
        try AtomicFile.write(Data(try CanonicalJSON.encode(state).utf8), to: path)
    }

    /// Removes the file, whose content is in the results.
    func remove() { _ = unlink(path) }
}
