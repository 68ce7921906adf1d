import AVPrepPairs
import Foundation
import Testing

@Suite struct PairSpeedTests {
    /// Whether the compiler's optimiser ran: what a debug build costs says nothing.
    private static var isOptimised: Bool {
        #if DEBUG
            false
        #else
            true
        #endif
    }

    @Test(.enabled(if: isOptimised, "runs with swift test -c release"))
    func aMillionPairsTakeSecondsAndLittleMemory() throws {
        let sources = (0..<125_000).map {
            PairCorpus.segment($0, video: "v\($0 / 3)", start: Double($0 % 3) * 10)
        }
        let start = ContinuousClock.now
        let settings = PairSettings()
        let sampler = try PairSampler(sources, settings: settings, shard: "train-00000", seed: 1)
        let set = try sampler.draw(.mixed)
        let duration = ContinuousClock.now - start
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        print("\(set.pairs.count) pairs in \(duration), peak \(usage.ru_maxrss / 1024) MiB")
        #expect(set.pairs.count == 1_000_000)
        #expect(duration < .seconds(10))
        #expect(usage.ru_maxrss < 500 * 1024)
    }
}
