import AVPrepCore
import Foundation
import Testing

@testable import AVPrepAudit

@Suite struct BoostedTreesTests {
    /// Rows whose label follows from whether two features of four are both positive, in four of five.
    private func rows(_ count: Int, seed: UInt64) -> (features: [Float], labels: [Bool]) {
        var random = SeededRandom(seed: seed, for: "trees")
        var rows: (features: [Float], labels: [Bool]) = ([], [])
        for _ in 0..<count {
            let values = (0..<4).map { _ in Float(random.normal()) }
            rows.features += values
            rows.labels.append((values[0] > 0 && values[1] > 0) == (random.unit() < 0.8))
        }
        return rows
    }

    private func trees(_ rows: (features: [Float], labels: [Bool]), weights: [Double]? = nil) throws -> BoostedTrees {
        try BoostedTrees(
            rows.features, width: 4, labels: rows.labels,
            sampleWeights: weights ?? [Double](repeating: 1, count: rows.labels.count))
    }

    /// Held-out log loss. Who knows the rule has 0.50 nats, who knows nothing 0.69.
    @Test func logitsAreLogOdds() throws {
        let tested = rows(4000, seed: 2)
        let logits = try trees(rows(2000, seed: 1)).logits(tested.features)
        let loss = zip(logits, tested.labels).reduce(0) { $0 + log1p(exp($1.1 ? -$1.0 : $1.0)) } / 4000
        #expect(loss < 0.56, "\(loss)")
    }

    /// A row of weight 3 counts like three rows, one of weight 0 like none.
    @Test func sampleWeightsCountRows() throws {
        let some = rows(600, seed: 3)
        var repeated: (features: [Float], labels: [Bool]) = ([], [])
        let weights = some.labels.indices.map { Double($0 % 4) }
        for (row, weight) in weights.enumerated() {
            for _ in 0..<Int(weight) {
                repeated.features += some.features[4 * row..<4 * row + 4]
                repeated.labels.append(some.labels[row])
            }
        }
        let tested = rows(200, seed: 4).features
        let weighted = try trees(some, weights: weights).logits(tested)
        let counted = try trees(repeated).logits(tested)
        let apart = zip(weighted, counted).map { abs($0 - $1) }.reduce(0, +) / 200
        let plain = zip(try trees(some).logits(tested), counted).map { abs($0 - $1) }.reduce(0, +) / 200
        // Bins' edges may lie elsewhere.
        #expect(apart < plain / 2, "\(apart) \(plain)")
    }

    @Test func noRowsHaveNoLogits() throws {
        #expect(try trees(rows(20, seed: 5)).logits([]).isEmpty)
    }

    /// XGBoost refuses weights below zero; its words come through in one line.
    @Test func whatXGBoostRefusesIsAnErrorOfOneLine() {
        let error = #expect(throws: AuditError.self) {
            _ = try trees(rows(20, seed: 6), weights: [Double](repeating: -1, count: 20))
        }
        let words = error?.description ?? ""
        #expect(words.contains("XGDMatrixSetFloatInfo") && !words.contains("\n"), "\(words)")
    }
}
