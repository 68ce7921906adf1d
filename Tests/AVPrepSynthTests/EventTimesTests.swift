import AVPrepCore
import Testing

@testable import AVPrepSynth

@Suite struct EventTimesTests {
    @Test func gapsLieInTheirRangeAndChangeFromOneToTheNext() {
        var random = SeededRandom(seed: 4)
        let times = EventTimes(gap: 0.3...0.9).draw(in: 0.2...500, avoiding: [], edges: [], random: &random)
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(gaps.count > 700)
        #expect(gaps.allSatisfy { $0 >= 0.3 - 1e-9 && $0 <= 0.9 + 1e-9 })
        #expect(zip(gaps, gaps.dropFirst()).allSatisfy { abs($1 - $0) >= 0.12 - 1e-9 })
        // Spread over the whole range, none of ten tenths empty.
        #expect(Set(gaps.map { Int(($0 - 0.3) / 0.06) }).isSuperset(of: 0...9))
    }

    @Test func eventsKeepApartFromOthersAndFromEdges() {
        var random = SeededRandom(seed: 5)
        let others = stride(from: 0.5, to: 20, by: 0.7).map { $0 }
        let edges = stride(from: 0.9, to: 20, by: 1.3).map { $0 }
        let times = EventTimes(gap: 0.3...0.9).draw(in: 0.2...20, avoiding: others, edges: edges, random: &random)
        #expect(times.count > 15)
        for time in times {
            #expect(others.allSatisfy { abs($0 - time) >= EventTimes.separation })
            #expect(edges.allSatisfy { abs($0 - time) >= EventTimes.clearance })
        }
    }

    @Test func rangeTooShortForAnEventHasNone() {
        var random = SeededRandom(seed: 6)
        #expect(EventTimes(gap: 0.3...0.9).draw(in: 1...1, avoiding: [], edges: [1], random: &random).isEmpty)
    }
}
