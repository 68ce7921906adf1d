import AVPrepCore

/// Every row is told once, by a model that has seen nothing of its videos.
///
/// Videos are dealt into folds. A row that shows two videos belongs to two folds, and is told by the model that was fitted
/// without both. Where such rows occur, rows of one video are told by models fitted without two folds too, or the two labels
/// would be told by models of different upbringing.
package enum CrossFitting {
    /// Folds that videos are dealt into.
    static let folds = 5

    /// Log odds of each row's label, 0 where no model could be fitted.
    ///
    /// - Parameter seed: deals the videos into folds.
    /// - Throws: ``AuditError``.
    package static func logits(_ examples: Examples, seed: UInt64) throws(AuditError) -> [Double] {
        let foldOfGroup = deal(examples, seed: seed)
        let isCrossed = examples.groups.contains { !$0.isSingle }
        var random = SeededRandom(seed: seed, for: "audit/partners")
        var rows: [FoldPair: [Int]] = [:]
        for (row, pair) in examples.groups.enumerated() {
            guard let one = foldOfGroup[pair.first], let two = foldOfGroup[pair.second] else { continue }
            var other = two
            if isCrossed, one == two { other = (one + 1 + random.below(folds - 1)) % folds }
            rows[FoldPair(one, other), default: []].append(row)
        }
        var logits = [Double](repeating: 0, count: examples.count)
        for (held, tested) in rows.sorted(by: { $0.key.order < $1.key.order }) {
            let training = examples.groups.indices.filter { row in
                let pair = examples.groups[row]
                return ![pair.first, pair.second].contains { held.contains(foldOfGroup[$0] ?? -1) }
            }
            guard let model = try ProbeModel(examples.rows(training)) else { continue }
            for (row, logit) in zip(tested, try model.logits(examples.rows(tested))) { logits[row] = logit }
        }
        return logits
    }

    private struct FoldPair: Hashable {
        let low: Int
        let high: Int

        init(_ one: Int, _ other: Int) {
            low = min(one, other)
            high = max(one, other)
        }

        var order: Int { low * CrossFitting.folds + high }
        func contains(_ fold: Int) -> Bool { fold == low || fold == high }
    }

    /// Videos in random order, each into the fold that has the fewest rows so far.
    private static func deal(_ examples: Examples, seed: UInt64) -> [Int: Int] {
        var sizes: [Int: Int] = [:]
        for pair in examples.groups {
            sizes[pair.first, default: 0] += 1
            if !pair.isSingle { sizes[pair.second, default: 0] += 1 }
        }
        var random = SeededRandom(seed: seed, for: "audit/folds")
        var filled = [Int](repeating: 0, count: folds)
        var foldOfGroup: [Int: Int] = [:]
        for group in random.shuffled(sizes.keys.sorted()) {
            let fold = filled.indices.min { filled[$0] < filled[$1] } ?? 0
            foldOfGroup[group] = fold
            filled[fold] += sizes[group] ?? 0
        }
        return foldOfGroup
    }
}
