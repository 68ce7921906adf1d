import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import Testing

@Suite struct CatalogDecisionsTests {
    private static let segments = [
        DecidedSegment(
            number: 0, frames: 250, verdict: "dropped",
            flags: [
                .init(flag: "silent", verdict: "dropped", measure: "sound_level_db", value: -72.5, threshold: -60),
                .init(flag: "black-border", verdict: "fixed", measure: "border_pixels", value: 24, threshold: 0),
            ]),
        DecidedSegment(number: 1, frames: 100, verdict: "kept", flags: []),
    ]

    private func sums(_ catalog: Catalog, key: String = "k1") throws -> [String: [Int]] {
        let counts = try catalog.decisionCounts(stage: "ingest", settingsKey: key)
        return Dictionary(uniqueKeysWithValues: counts.map { ("\($0.flag) \($0.verdict)", [$0.segments, $0.frames]) })
    }

    @Test func decisionsAreReadBackWithWhatWasMeasured() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a")])
            try catalog.record(outcome("a"), decided: Self.segments, policyKey: "p1")
            #expect(try catalog.decisions(of: "a", stage: "ingest") == Self.segments)
            #expect(
                try sums(catalog) == [
                    " dropped": [1, 250], " kept": [1, 100], "silent dropped": [1, 250],
                    "black-border fixed": [1, 250],
                ])
            #expect(try sums(catalog, key: "k2").isEmpty)
            #expect(try catalog.decidedOtherwise(stage: "ingest", settingsKey: "k1", policyKey: "p1") == [])
            #expect(try catalog.decidedOtherwise(stage: "ingest", settingsKey: "k1", policyKey: "p2") == ["a"])
            #expect(try catalog.decidedOtherwise(stage: "ingest", settingsKey: "k2", policyKey: "p2") == [])
            try catalog.checkCounts()
        }
    }

    @Test func whatVanishesCountsNoMoreUntilItIsBack() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a"), file("b")])
            for name: BytePath in ["a", "b"] {
                try catalog.record(outcome(name), decided: Self.segments, policyKey: "p1")
            }
            #expect(try sums(catalog)["silent dropped"] == [2, 500])
            try catalog.listing([file("b")])
            #expect(try sums(catalog)["silent dropped"] == [1, 250])
            #expect(try catalog.decidedOtherwise(stage: "ingest", settingsKey: "k1", policyKey: "p2") == ["b"])
            try catalog.listing([file("a"), file("b")])
            #expect(try sums(catalog)["silent dropped"] == [2, 500])
            // A changed file has no outcome, and no decisions.
            try catalog.listing([file("a", version: 2), file("b")])
            #expect(try sums(catalog)["silent dropped"] == [1, 250])
            #expect(try catalog.decisions(of: "a", stage: "ingest").isEmpty)
            try catalog.checkCounts()
        }
    }

    /// The sums that triggers keep are those of the rows, whatever happens in whatever order.
    @Test(arguments: 0..<6) func sumsAreThoseOfTheRows(seed: UInt64) throws {
        try withCatalog { catalog in
            var random = SeededRandom(seed: seed, for: "decisions")
            let names: [BytePath] = (0..<6).map { "video-\($0)" }
            var versions: [BytePath: Int64] = [:]
            for _ in 0..<60 {
                let name = names[random.below(names.count)]
                switch random.below(6) {
                case 0:
                    try catalog.listing(
                        names.filter { _ in random.below(4) > 0 }.map { file($0, version: versions[$0] ?? 1) })
                case 1: versions[name, default: 1] += 1
                case 2: try catalog.forget([name], stage: "ingest")
                case 3: try catalog.record(outcome(name, .failed(.init("no", "no")), key: "k\(random.below(2))"))
                default:
                    let flags = ["silent", "still", "pan"]
                    let segments = (0..<random.below(4)).map { number in
                        let carried = flags.filter { _ in random.below(2) == 0 }.map { flag in
                            let verdict = ["kept", "dropped", "fixed"][random.below(3)]
                            return DecidedSegment.Flag(
                                flag: flag, verdict: verdict, measure: nil, value: nil, threshold: nil)
                        }
                        let verdicts = Set(carried.map(\.verdict))
                        let verdict =
                            verdicts.contains("dropped") ? "dropped" : verdicts.contains("fixed") ? "fixed" : "kept"
                        return DecidedSegment(
                            number: number, frames: random.below(250), verdict: verdict, flags: carried)
                    }
                    try catalog.record(
                        outcome(name, key: "k\(random.below(2))"), decided: segments, policyKey: "p\(random.below(2))")
                }
                try catalog.checkCounts()
            }
        }
    }

    @Test func sumsThatWereTamperedWithAreFound() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a")])
            // A segment that is kept although a flag drops it.
            let wrong = DecidedSegment(
                number: 0, frames: 1, verdict: "kept",
                flags: [.init(flag: "still", verdict: "dropped", measure: nil, value: nil, threshold: nil)])
            try catalog.record(outcome("a"), decided: [wrong], policyKey: "p")
            let error = #expect(throws: CatalogError.self) { try catalog.checkCounts() }
            #expect(error?.code == .counts)
        }
    }
}
