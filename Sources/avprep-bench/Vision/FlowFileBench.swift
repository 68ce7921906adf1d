import AVPrepCases
import AVPrepCore
import AVPrepModel
import AVPrepVision
import AVPrepWorkspace
import Foundation

/// Optical flow on pairs of pictures from files, whose true flow others state.
struct FlowFileBench {
    /// One pair's files.
    struct Files {
        let from: BytePath
        let to: BytePath
        let truth: BytePath
    }

    private struct Loaded {
        let files: Files
        let pair: FlowPair
        let truth: FlowTruth
    }

    /// What came of one method.
    private struct Result: Encodable {
        struct Pair: Encodable {
            let from: String
            let to: String
            let truth: String
            let width: Int
            let height: Int
            let known_pixels: Int
            let error: Double?
            let error_95: Double?
            let outliers: Double
            let cpu_seconds: Double
        }
        let method: String
        /// Means over the pairs; nil where a field is not finite.
        var error: Double?
        var error_95: Double?
        var outliers = 0.0
        var fps = 0.0
        var pairs: [Pair] = []
    }

    /// Pixels of the pairs that are in memory at a time; more only where one pair has more.
    private static let batchPixels = 8 << 20

    let files: [Files]
    let candidates: [FlowCandidate]
    let repeats: Int
    let python: String

    /// - Parameter arguments: paths, three a pair; or one, of a list.
    static func files(_ arguments: [String]) throws -> [Files] {
        if arguments.count == 1 { return try list(BytePath(arguments[0])) }
        guard arguments.count % 3 == 0 else {
            throw Failure(
                "--pairs takes three files a pair (picture, next picture, true flow), or one list of such lines; "
                    + "\(arguments.count) were given", exitStatus: .usage)
        }
        return stride(from: 0, to: arguments.count, by: 3).map { first in
            let paths = arguments[first..<first + 3].map { BytePath($0) }
            return Files(from: paths[0], to: paths[1], truth: paths[2])
        }
    }

    /// Lines of three paths, separated by tabs, or by spaces where there is no tab; relative to the list's folder.
    private static func list(_ path: BytePath) throws -> [Files] {
        guard let text = path.text, let content = try ExistingFile.content(text) else {
            throw Failure("there is no list \(path.escaped)", exitStatus: .badInput)
        }
        var found: [Files] = []
        for (number, line) in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard !line.isEmpty, line.first != UInt8(ascii: "#") else { continue }
            let tab = UInt8(ascii: "\t")
            let parts = line.split(separator: line.contains(tab) ? tab : UInt8(ascii: " ")).map {
                BytePath(escaped: String(decoding: $0, as: UTF8.self)).relative(to: path.folder)
            }
            guard parts.count == 3 else {
                throw Failure(
                    "\(path.escaped), line \(number + 1): \(parts.count) paths instead of three "
                        + "(picture, next picture, true flow)", exitStatus: .badInput)
            }
            found.append(Files(from: parts[0], to: parts[1], truth: parts[2]))
        }
        guard !found.isEmpty else { throw Failure("\(path.escaped) lists no pair", exitStatus: .badInput) }
        return found
    }

    /// The table as text, or as JSON.
    func report(json: Bool) throws -> String {
        var results = candidates.map { Result(method: $0.name) }
        var batch: [Loaded] = []
        var pixels = 0
        for (number, files) in files.enumerated() {
            let loaded = try load(files)
            batch.append(loaded)
            pixels += loaded.truth.isKnown.count
            guard pixels >= Self.batchPixels || number + 1 == self.files.count else { continue }
            try measure(batch, into: &results)
            (batch, pixels) = ([], 0)
        }
        for index in results.indices {
            let pairs = results[index].pairs
            let count = Double(pairs.count)
            func mean(_ values: [Double?]) -> Double? {
                let known = values.compactMap(\.self)
                return known.count == values.count ? known.reduce(0, +) / count : nil
            }
            results[index].error = mean(pairs.map(\.error))
            results[index].error_95 = mean(pairs.map(\.error_95))
            results[index].outliers = pairs.reduce(0) { $0 + $1.outliers } / count
            results[index].fps = count / max(1e-9, pairs.reduce(0) { $0 + $1.cpu_seconds })
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(results), as: UTF8.self)
        }
        let header = ["\(files.count) pairs", "fps", "error, px", "95th percentile", "outliers"]
        return TextTable.text(
            [header]
                + results.map { result in
                    func text(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "not finite" }
                    return [
                        result.method, String(format: result.fps < 10 ? "%.2f" : "%.0f", result.fps),
                        text(result.error),
                        text(result.error_95), String(format: "%.2f %%", 100 * result.outliers),
                    ]
                })
    }

    private func load(_ files: Files) throws -> Loaded {
        let truth = try FlowTruth(contentsOf: files.truth)
        let from = try FlowTruth.grey(files.from)
        let to = try FlowTruth.grey(files.to)
        for (path, picture) in [(files.from, from), (files.to, to)]
        where picture.width != truth.width || picture.height != truth.height {
            throw Failure(
                "\(path.escaped) has \(picture.width) × \(picture.height) pixels, and its true flow "
                    + "\(files.truth.escaped) \(truth.width) × \(truth.height)", exitStatus: .badInput)
        }
        return Loaded(files: files, pair: FlowPair(kind: "file", from: from, to: to, truth: nil), truth: truth)
    }

    private func measure(_ batch: [Loaded], into results: inout [Result]) throws {
        let folder = NSTemporaryDirectory() + "avprep-flow-pairs-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (number, loaded) in batch.enumerated() {
            try loaded.pair.from.writeGrey("\(folder)/\(number)-from.pgm")
            try loaded.pair.to.writeGrey("\(folder)/\(number)-to.pgm")
        }
        let pairs = batch.map(\.pair)
        for (index, candidate) in candidates.enumerated() {
            var (fields, seconds) = try candidate.compute(pairs, folder: folder, python: python)
            for _ in 1..<max(1, candidate.isSlow ? 1 : repeats) {
                let again = try candidate.compute(pairs, folder: folder, python: python)
                (fields, seconds) = (again.fields, zip(seconds, again.seconds).map { min($0, $1) })
            }
            for (number, loaded) in batch.enumerated() {
                let score = FlowTruthScore(fields[number], truth: loaded.truth)
                func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
                results[index].pairs.append(
                    Result.Pair(
                        from: loaded.files.from.escaped, to: loaded.files.to.escaped, truth: loaded.files.truth.escaped,
                        width: loaded.truth.width, height: loaded.truth.height, known_pixels: score.pixels,
                        error: finite(score.mean), error_95: finite(score.percentile95), outliers: score.outliers,
                        cpu_seconds: seconds[number]))
            }
            FileHandle.standardError.write(Data("\(candidate.name): \(results[index].pairs.count) pairs\n".utf8))
        }
    }
}
