import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

/// SDR, SIR and SAR beside mir_eval's.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
struct SourceReferencesTests {
    private static let script = """
        import json, sys, warnings
        import numpy as np
        from mir_eval.separation import bss_eval_sources
        warnings.simplefilter("ignore")
        results = []
        for case in json.load(open(sys.argv[1])):
            sources, estimates = np.array(case["sources"], np.float64), np.array(case["estimates"], np.float64)
            rows = []
            for permuted in (False, True):
                try:
                    sdr, sir, sar, order = bss_eval_sources(sources, estimates, permuted)
                    scores = [[min(float(value), 999) for value in row] for row in zip(sdr, sir, sar)]
                    rows.append(dict(scores=scores, order=order.tolist()))
                except ValueError:
                    rows.append(None)
            results.append(rows)
        print(json.dumps(results))
        """

    private struct Case: Codable {
        let sources: [[Float]]
        let estimates: [[Float]]
    }

    private struct Result: Decodable {
        let scores: [[Double]]
        let order: [Int]
    }

    private func noise(_ count: Int, _ seed: UInt64, smoothed: Int = 1) -> [Float] {
        var random = SeededRandom(seed: seed, for: "source")
        let raw = (0..<count + smoothed).map { _ in Float(random.normal()) }
        return (0..<count).map { first in (0..<smoothed).reduce(0) { $0 + raw[first + $1] } / Float(smoothed) }
    }

    private func mixed(_ parts: [(Float, [Float])]) -> [Float] {
        parts[0].1.indices.map { index in parts.reduce(0) { $0 + $1.0 * $1.1[index] } }
    }

    private func compare(_ cases: [Case]) throws {
        let results = try withTemporaryFolder { folder in
            try JSONEncoder().encode(cases).write(to: URL(fileURLWithPath: folder + "/cases.json"))
            return try Oracle.json([[Result?]].self, Self.script, [folder + "/cases.json"])
        }
        for (number, (own, expected)) in zip(cases, results).enumerated() {
            let references = SourceReferences(own.sources)
            let plain = references?.scores(own.estimates)
            #expect((plain == nil) == (expected[0] == nil), "case \(number)")
            check(plain, expected[0], number)
            let best = references?.bestOrder(of: own.estimates)
            check(best?.scores, expected[1], number)
            #expect(best?.order == expected[1]?.order, "case \(number)")
        }
    }

    private func check(_ found: [SeparationScore]?, _ expected: Result?, _ number: Int) {
        for (score, row) in zip(found ?? [], expected?.scores ?? []) {
            for (value, theirs) in zip([score.sdr, score.sir, score.sar], row) {
                // Beyond, both have found the rounding of single precision.
                #expect(abs(value - theirs) < 1e-3 || min(value, theirs) > 120, "case \(number): \(score) \(row)")
            }
        }
    }

    @Test func scoresAreMirEvals() throws {
        let (first, second, third) = (noise(4000, 1, smoothed: 3), noise(4000, 2, smoothed: 9), noise(4000, 3))
        let delayed = [Float](repeating: 0, count: 40) + first.dropLast(40)
        try compare([
            // What is left of each other, noise, and a filter.
            Case(
                sources: [first, second],
                estimates: [mixed([(0.9, first), (0.3, second), (0.1, third)]), mixed([(0.2, first), (0.7, second)])]),
            Case(sources: [first, second], estimates: [delayed, mixed([(0.5, second), (0.5, third)])]),
            // The mixture itself, for both; and the two exchanged.
            Case(
                sources: [first, second],
                estimates: [mixed([(1, first), (1, second)]), mixed([(1, first), (1.01, second)])]),
            Case(sources: [first, second], estimates: [second, mixed([(1, first), (0.1, second)])]),
            Case(sources: [first], estimates: [mixed([(1, first), (0.5, third)])]),
            Case(
                sources: [first, second, third],
                estimates: [
                    mixed([(1, third), (0.2, first)]), mixed([(1, first), (0.1, third)]),
                    mixed([(1, second), (0.4, third)]),
                ]),
        ])
    }

    @Test func theWorstSoundsAreTakenAsMirEvalTakesThem() throws {
        let (first, second) = (noise(100, 4), noise(100, 5))
        let long = noise(2000, 6)
        let silence = [Float](repeating: 0, count: 2000)
        var pulse = silence
        pulse[1000] = 1
        try compare([
            // Shorter than a filter, as long as one, and one sample.
            Case(sources: [first, second], estimates: [mixed([(1, first), (0.3, second)]), second]),
            Case(sources: [noise(512, 7)], estimates: [noise(512, 8)]),
            Case(sources: [noise(513, 7)], estimates: [noise(513, 8)]),
            Case(sources: [[0.5]], estimates: [[0.25]]),
            // Silence on either side: mir_eval refuses it.
            Case(sources: [long, silence], estimates: [long, long]),
            Case(sources: [long], estimates: [silence]),
            // Perfect, and a single sample that sounds.
            Case(sources: [long], estimates: [long]),
            Case(sources: [pulse, long], estimates: [mixed([(1, pulse), (0.1, long)]), long]),
            // Full scale and a whisper.
            Case(sources: [long], estimates: [mixed([(1e-4, long), (1e-5, noise(2000, 9))])]),
        ])
    }

    @Test func whatCannotBeMeasuredHasNoScore() throws {
        let long = noise(2000, 6)
        var broken = long
        broken[700] = .nan
        #expect(SourceReferences([]) == nil && SourceReferences([[]]) == nil)
        #expect(SourceReferences([broken]) == nil && SourceReferences([long, noise(1999, 1)]) == nil)
        let references = try #require(SourceReferences([long]))
        #expect(references.scores([broken]) == nil)
        #expect(references.scores([Array(long.dropLast())]) == nil)
        #expect(references.scores([long, long]) == nil)
        broken[700] = .infinity
        #expect(references.scores([broken]) == nil)
        // Twice the same source: which of both an estimate is made of cannot be told, but no number may be missing.
        let twice = try #require(SourceReferences([long, long]))
        for score in twice.scores([long, mixed([(1, long), (0.1, noise(2000, 9))])]) ?? [] {
            #expect(!score.sdr.isNaN && !score.sir.isNaN && !score.sar.isNaN)
        }
    }
}
