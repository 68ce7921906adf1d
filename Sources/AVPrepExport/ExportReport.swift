import AVPrepModel

/// What an export holds, and how it is read.
package struct ExportReport: Sendable, Codable {
    package let folder: String
    package let format: ExportFormat
    package let shards: Int
    package let segments: Int
    /// Pairs by set.
    package let pairs: [String: Int]
    /// The tars of each split, from the folder on.
    package let tars: [String: [String]]
    /// Files that were set aside or left alone, a line each.
    package let notes: [String]

    package var text: String {
        let sets = pairs.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value) pairs)" }.joined(separator: ", ")
        let summary = "\(segments) segments in \(shards) tars, pair sets \(sets.isEmpty ? "none" : sets), in \(folder)"
        return ([summary] + notes + readingLines.map { "read \($0.what): \($0.code)" }).joined(separator: "\n")
    }

    /// Python that reads the export: what, and an expression for it.
    package var readingLines: [(what: String, code: String)] {
        var lines = Split.allCases.compactMap { split in
            tars[split.rawValue].map { (what: split.rawValue, code: TarSet(folder: folder, names: $0).webDataset) }
        }
        if format == .huggingFace { lines.append(("all", "datasets.load_dataset(\(TarSet.python(folder)))")) }
        return lines
    }
}

/// Tars, as an expression of Python.
struct TarSet {
    let folder: String
    /// Sorted.
    let names: [String]

    /// The data set of them. A worker of a loader may have no tar to itself, which is no error.
    var webDataset: String { "webdataset.WebDataset(\(urls), shardshuffle=False, empty_check=False)" }

    private var urls: String {
        // Characters that webdataset takes for its own.
        if folder.contains(where: { "{}$\\".contains($0) }) || folder.contains("::") {
            return "[" + names.map { Self.python("\(folder)/\($0)") }.joined(separator: ", ") + "]"
        }
        return Self.python("\(folder)/\(Self.pattern(names))")
    }

    /// Names in braces: `train-{00000..00002}.tar`, `train-{{00000..00002},00004}.tar`; a single one as it is.
    static func pattern(_ names: [String]) -> String {
        guard names.count > 1, let first = names.first, let dash = first.lastIndex(of: "-") else {
            return names.first ?? ""
        }
        let start = String(first[...dash])
        let numbers = names.map { String($0.dropFirst(start.count).dropLast(".tar".count)) }
        var runs: [[String]] = []
        for number in numbers {
            if let last = runs.last?.last, last.count == number.count, let before = Int(last), Int(number) == before + 1
            {
                runs[runs.count - 1].append(number)
            } else {
                runs.append([number])
            }
        }
        let parts = runs.map { $0.count == 1 ? $0[0] : "{\($0[0])..\($0[$0.count - 1])}" }
        return start + (parts.count == 1 ? parts[0] : "{\(parts.joined(separator: ","))}") + ".tar"
    }

    /// A text as Python writes it.
    static func python(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\", "\"": "\\\(scalar)"
            case "\n": "\\n"
            case "\r": "\\r"
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
