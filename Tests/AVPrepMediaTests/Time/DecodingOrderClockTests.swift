import Testing

@testable import AVPrepMedia

/// Times of decoding order become times of presentation.
@Suite struct DecodingOrderClockTests {
    /// A coded picture: when it is displayed among the others, and of what kind it is; nil for a packet without a picture.
    private struct Coded {
        var shown: Int
        var isBidirectional = false
    }

    /// Runs packets through a decoder that delays pictures by `depth`.
    ///
    /// - Returns: the ticks of the displayed pictures, in order.
    private func ticks(_ coded: [Coded?], at times: [Int64], depth: Int) -> [Int64?] {
        var clock = DecodingOrderClock()
        var inside: [(packet: Int, coded: Coded)] = []
        var ticks: [Int64?] = []
        func show() {
            let next = inside.indices.min { inside[$0].coded.shown < inside[$1].coded.shown } ?? 0
            let picture = inside.remove(at: next)
            ticks.append(
                clock.next(
                    ofPacket: Int64(picture.packet), isBidirectional: picture.coded.isBidirectional, depth: depth))
        }
        for (packet, item) in coded.enumerated() {
            clock.add(Int64(packet), at: times[packet])
            guard let item else { continue }
            inside.append((packet, item))
            if inside.count > depth { show() }
        }
        while !inside.isEmpty { show() }
        return ticks
    }

    /// I P B B P B B … in decoding order.
    private func groups(_ count: Int) -> [Coded?] {
        var coded: [Coded?] = [Coded(shown: 0)]
        for group in 0..<count {
            coded.append(Coded(shown: 3 * group + 3))
            coded.append(Coded(shown: 3 * group + 1, isBidirectional: true))
            coded.append(Coded(shown: 3 * group + 2, isBidirectional: true))
        }
        return coded
    }

    @Test func withoutReorderingEveryPictureKeepsItsTime() {
        let times: [Int64] = [0, 1, 2, 5, 6, 9, 10, 11]
        #expect(ticks(times.indices.map { Coded(shown: $0) }, at: times, depth: 0) == times)
        // A decoder that waits for B-frames that never come shifts nothing.
        let even: [Int64] = (0..<20).map { 2 * $0 }
        for depth in 1...4 { #expect(ticks(even.indices.map { Coded(shown: $0) }, at: even, depth: depth) == even) }
    }

    @Test(arguments: [1, 2, 3]) func theNthPictureHasTheNthTime(depth: Int) {
        let coded = groups(8)
        let times = coded.indices.map { Int64(2 * $0 + 7) }
        #expect(ticks(coded, at: times, depth: depth) == times)
    }

    /// XviD writes "not coded" for a picture that repeats the last one: that one stands longer.
    @Test func packetsWithoutAPictureLeaveTheirTimesOver() {
        let coded: [Coded?] = [
            Coded(shown: 0), Coded(shown: 1), nil, nil, Coded(shown: 2), Coded(shown: 4),
            Coded(shown: 3, isBidirectional: true),
            nil, Coded(shown: 5), Coded(shown: 6),
        ]
        let found = ticks(coded, at: (0..<10).map(Int64.init), depth: 1)
        #expect(found == [0, 1, 4, 5, 6, 8, 9])
    }

    /// Pictures dropped from a film with B-frames: encoders give packets the times of earlier pictures.
    @Test func droppedPicturesLeaveGapsWhereTheyWere() {
        let coded = groups(8)
        // Presentation times with a gap in the middle; decoding times are those of the picture before, as x264 and FFmpeg
        // derive them.
        let shown = coded.indices.map { Int64($0 < 12 ? $0 : $0 + 30) }
        let times = coded.indices.map { $0 == 0 ? 0 : shown[$0 - 1] + 1 }
        #expect(ticks(coded, at: times, depth: 1) == shown)
    }

    @Test func whatPrecedesTheFirstKeyPictureIsLeftOut() {
        var clock = DecodingOrderClock()
        for packet in 0..<8 { clock.add(Int64(packet), at: Int64(packet)) }
        #expect(clock.next(ofPacket: 5, isBidirectional: false, depth: 2) == 5)
        #expect(clock.next(ofPacket: 7, isBidirectional: true, depth: 2) == 6)
    }
}
