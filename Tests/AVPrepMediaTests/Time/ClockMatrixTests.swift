import AVPrepMedia
import TestSupport
import Testing

/// Flash and click happen together, whatever the container, the codecs, the rate and the start times; another reader says
/// so too.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct ClockMatrixTests {
    /// Every kind of value stands in the matrix, and every pair of them that can.
    @Test func theMatrixCoversEveryPair() {
        #expect((100...250).contains(ClockMatrix.cases.count))
        #expect(Set(ClockMatrix.cases.map(\.container)).count == ClockCase.Container.allCases.count)
        #expect(Set(ClockMatrix.cases.map(\.video)).count == ClockCase.VideoCodec.allCases.count)
        #expect(Set(ClockMatrix.cases.map(\.audio)).count == ClockCase.AudioCodec.allCases.count)
        #expect(Set(ClockMatrix.cases.map { $0.rate?.value ?? 0 }).count == ClockMatrix.rates.count)
    }

    @Test func flashAndClickStayTogetherInEveryCase() throws {
        try withTemporaryFolder { folder in
            let clips = try ClockMatrix.cases.enumerated().map { number, item in
                let clip = ClockClip(item, seed: UInt64(number))
                let path = "\(folder)/\(number).\(item.container.pathExtension)"
                try clip.write(to: path)
                return (clip: clip, path: path)
            }
            for ((clip, path), theirs) in zip(clips, try ClockReading.byPyAV(clips.map(\.path))) {
                expect(try ClockReading.own(path), theirs, clip)
            }
        }
    }

    private func expect(_ own: ClockReading, _ theirs: ClockReading, _ clip: ClockClip) {
        let name = Comment(rawValue: clip.item.testDescription)
        let moments = clip.moments
        #expect(moments.count >= 2, name)
        guard [own.flashes, own.clicks, theirs.flashes, theirs.clicks].allSatisfy({ $0.count == moments.count }) else {
            Issue.record("\(name): \(own), \(theirs), planted \(moments)")
            return
        }
        // Containers begin their clock where they like, and round to their tick: a millisecond at the coarsest.
        let shift = own.clicks[0] - moments[0]
        for (index, moment) in moments.enumerated() {
            #expect(abs(own.clicks[index] - shift - moment) <= 0.001, name)
            #expect(abs(own.clicks[index] - theirs.clicks[index]) <= 0.001, name)
            // A flash sets in within the frame interval before the first frame that shows it.
            let flash = own.flashes[index] - 0.5 / ClockReading.fps
            let allowance = 0.5 / ClockReading.fps + 0.0011
            #expect(abs(flash - own.clicks[index]) <= allowance, name)
            // PyAV takes decoding times for showing times where a container has no other.
            let isLateToPyAV = [.h264, .h264B, .mpeg4B, .xvidPacked].contains(clip.item.video)
            if !(clip.item.container.statesDecodingOrder && isLateToPyAV) {
                #expect(abs(theirs.flashes[index] - theirs.clicks[index]) <= 0.001, name)
                #expect(abs(flash - theirs.flashes[index]) <= allowance, name)
            }
        }
    }
}
