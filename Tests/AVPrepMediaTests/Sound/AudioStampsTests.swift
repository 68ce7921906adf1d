import Foundation
import Testing

@testable import AVPrepMedia

/// Timestamps of audio packets against their counted samples: what is a loss, and what only looks like one.
@Suite struct AudioStampsTests {
    private static let packet = 1024.0 / 48_000

    /// Places packets with these stamps as a track does.
    ///
    /// - Parameters:
    ///   - stamps: nil for a packet without one.
    ///   - packet: length of every packet, in seconds.
    /// - Returns: the steps taken, by packet, and what remains to be followed at the end.
    private func place(_ stamps: [Double?], packet: Double = packet, ahead: Int = 38) -> (
        steps: [Int: Double], drift: Double?, repaired: Int
    ) {
        var judge = AudioStamps(tolerance: AudioStamps.jitterSeconds)
        var steps: [Int: Double] = [:]
        var repaired = 0
        func deviations(_ first: Int, _ time: Double) -> [Double?] {
            stamps[first..<min(stamps.count, first + ahead)].enumerated().map { index, stamp in
                stamp.map { $0 - time - Double(index) * packet }
            }
        }
        let start = stamps.first.flatMap(\.self) ?? 0
        var time =
            start
            + AudioStamps.anchor(
                deviations(0, start), seconds: Array(repeating: packet, count: ahead))
        judge.begin(deviations(0, time))
        judge.add(stamps.first.flatMap(\.self).map { $0 - time }, seconds: packet)
        time += packet
        for index in stamps.indices.dropFirst() {
            let next = deviations(index, time)
            var own = next[0]
            switch judge.judge(next, seconds: packet) {
            case .step(let step):
                steps[index] = step
                time += step
                own = own.map { $0 - step }
            case .follows: break
            case .followsUnstated: repaired += 1
            }
            judge.add(own, seconds: packet)
            time += packet
        }
        return (steps, judge.drift, repaired)
    }

    private func even(_ count: Int) -> [Double] { (0..<count).map { Double($0) * Self.packet } }

    @Test func roundedStampsAreFollowed() {
        for tick in [0.001, 0.002, 1.0 / 90_000] {
            let placed = place(even(500).map { ($0 / tick).rounded(.down) * tick })
            #expect(placed.steps.isEmpty && placed.drift == nil && placed.repaired == 0)
        }
    }

    /// By any number of packets at a time, with equal stamps or nearly so, from any place in a burst on.
    @Test(arguments: [2, 6, 20, 47, 94], [0, 1, 5]) func burstsAreNeverCutOrFilled(size: Int, first: Int) {
        let stamps = (first..<first + 1500).map { Double($0 / size * size) * Self.packet + Double($0 % size) * 0.001 }
        let placed = place(stamps)
        #expect(placed.steps.isEmpty, "\(placed.steps)")
    }

    /// Clocks that are off by up to two per cent, and clocks that wander.
    @Test func driftsAreFollowedAndNeverCutOrFilled() {
        for rate in [-0.02, -0.001, 0.0003, 0.001, 0.0087, 0.02] {
            let placed = place(even(2000).map { ($0 * (1 + rate) / 0.001).rounded() * 0.001 })
            #expect(placed.steps.isEmpty && placed.drift != nil, "\(rate)")
        }
        for seconds in [1.0, 3, 20] {
            let placed = place(even(2000).map { $0 + 0.1 * sin(2 * .pi * $0 / seconds) })
            #expect(placed.steps.isEmpty, "\(placed.steps)")
        }
    }

    /// As a constant rate in a header says of audio of a variable one.
    @Test func stampsFromAWrongRateAreNeverCutOrFilled() {
        var time = 0.0
        let stamps = (0..<2000).map { index in
            defer { time += Self.packet * (1 + 0.4 * sin(Double(index) / 17) + 0.3 * sin(Double(index) / 90)) }
            return time
        }
        #expect(place(stamps).steps.isEmpty)
    }

    @Test(arguments: [1, 2, 14, 50], [30, 300]) func lostPacketsAreFoundToTheSample(lost: Int, at: Int) throws {
        let gap = Double(lost) * Self.packet
        let placed = place(even(600).enumerated().map { (($1 + ($0 < at ? 0 : gap)) / 0.001).rounded() * 0.001 })
        #expect(placed.steps.count == 1)
        #expect(abs(try #require(placed.steps[at]) - gap) < 0.001)
        #expect(placed.drift == nil)
    }

    @Test func repeatedAudioIsFound() throws {
        let placed = place(even(600).enumerated().map { $1 - ($0 < 300 ? 0 : 0.1) })
        // The test places whole packets; the track cuts them.
        #expect(abs(try #require(placed.steps[300]) + 0.1) < 0.001)
    }

    /// Opus leaves out silence, but for a packet every 0.4 s.
    @Test func everyGapOfATransmissionThatPausesIsFound() {
        var time = 0.0
        let stamps = (0..<300).map { index in
            defer { time += index % 100 > 60 ? 0.4 : 0.02 }
            return time
        }
        let placed = place(stamps, packet: 0.02)
        // The last packet alone confirms nothing.
        #expect(placed.steps.count == 3 * 39 - 2, "\(placed.steps.count)")
        #expect(placed.steps.values.allSatisfy { abs($0 - 0.38) < 1e-6 })
    }

    @Test(arguments: [-3.0, -0.2, 0.2, 3600]) func aSingleWrongStampIsOutvoted(error: Double) {
        var stamps: [Double?] = even(400)
        stamps[200] = Double(200) * Self.packet + error
        stamps[250] = nil
        let placed = place(stamps)
        #expect(placed.steps.isEmpty && placed.drift == nil && placed.repaired == 2)
    }
}

/// The controller that stretches audio after its timestamps.
@Suite struct AudioDriftTests {
    @Test(arguments: [-5000.0, -1000, 300, 1000, 10_000]) func aClockOffByAConstantRateIsLearnt(partsPerMillion: Double)
    {
        var drift = AudioDrift()
        var moved = 0.0
        var worst = 0.0
        for step in 0..<240 {
            drift.update(abs(moved) > AudioStamps.jitterSeconds ? moved : nil, moved: moved)
            moved += (partsPerMillion * 1e-6 - drift.rate) * AudioDrift.stepSeconds
            if step > 120 { worst = max(worst, abs(moved)) }
        }
        #expect(worst < 0.002, "\(worst)")
        #expect(abs(drift.rate * 1e6 - partsPerMillion) < 0.05 * abs(partsPerMillion) + 20)
    }

    @Test func nothingIsStretchedWhileStampsStayWithTheSamples() {
        var drift = AudioDrift()
        for _ in 0..<100 { drift.update(nil, moved: 0.0009) }
        #expect(drift.rate == 0 && !drift.isFollowing)
    }
}
