import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepStore

@Suite struct BinMomentsTests {
    private func moments(_ rows: [[Float]], pieces: [Int]) -> BinMoments {
        var moments = BinMoments(bins: rows.first?.count ?? 1)
        var start = 0
        for count in pieces {
            rows[start..<start + count].flatMap { $0 }.withUnsafeBufferPointer { moments.add($0) }
            start += count
        }
        return moments
    }

    /// Far from zero, where the textbook's difference of squares has no digit left.
    @Test(arguments: [0.0, -90, 1e6])
    func smallSpreadsFarFromZeroAreKept(offset: Double) {
        var random = SeededRandom(seed: 3)
        let rows = (0..<5000).map { _ in (0..<3).map { Float(offset + Double($0) + 0.25 * random.normal()) } }
        let found = moments(rows, pieces: [1, 0, 17, 982, 4000])
        #expect(found.rows == 5000)
        for bin in 0..<3 {
            let values = rows.map { Double($0[bin]) }
            let mean = values.reduce(0, +) / 5000
            let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5000).squareRoot()
            #expect(abs(found.mean[bin] - mean) <= 1e-12 * max(1, abs(mean)))
            #expect(abs(found.deviation[bin] - deviation) <= 1e-9 * deviation)
        }
    }

    @Test func aBinThatNeverChangesHasNoSpread() {
        let found = moments(Array(repeating: [Float(0.1), -23.025851], count: 1000), pieces: [300, 700])
        #expect(found.deviation == [0, 0])
        #expect(found.mean == [Double(Float(0.1)), Double(Float(-23.025851))])
    }

    @Test func rowsWithoutNumbersAreLeftOut() {
        let found = moments([[1, 2], [.nan, 5], [3, 4], [.infinity, 0]], pieces: [2, 2])
        #expect(found.rows == 2)
        #expect(found.mean == [2, 3])
        #expect(moments([[.nan]], pieces: [1]).rows == 0)
    }

    @Test func mergingInOneOrderGivesOneResult() {
        var random = SeededRandom(seed: 5)
        let parts = (0..<8).map { _ in moments((0..<50).map { _ in [Float(random.normal())] }, pieces: [50]) }
        func merged() -> BinMoments {
            parts.reduce(into: BinMoments(bins: 1)) { $0.merge($1) }
        }
        #expect(merged() == merged())
        #expect(merged().rows == 400)
    }

    /// What librosa does to a clip with `ref=np.max` and `top_db`, done to what is stored without.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func theClipRuleIsLibrosas() throws {
        let script = """
            import json, librosa, numpy as np
            S = np.random.default_rng(1).uniform(0, 1, (4, 5)) ** 12
            print(json.dumps(dict(
                stored=librosa.power_to_db(S, ref=1.0, top_db=None).ravel().tolist(),
                both=librosa.power_to_db(S, ref=np.max, top_db=30).ravel().tolist(),
                top=librosa.power_to_db(S, ref=1.0, top_db=30).ravel().tolist(),
                ref=librosa.power_to_db(S, ref=np.max, top_db=None).ravel().tolist())))
            """
        let theirs = try Oracle.json([String: [Float]].self, script)
        let stored = try #require(theirs["stored"])
        for (name, top, isMaximum) in [("both", 30.0, true), ("top", 30, false), ("ref", nil, true)] {
            var values = stored
            values.withUnsafeMutableBufferPointer {
                SpectrogramClipRule(topDecibels: top, referenceIsMaximum: isMaximum)?.apply(to: $0)
            }
            let expected = try #require(theirs[name])
            #expect(values.count == expected.count)
            #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= 1e-4 }, "\(name)")
        }
    }
}
