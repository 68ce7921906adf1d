import AVPrepCases
import AVPrepCore
import AVPrepMedia
import Foundation
import Testing

@testable import AVPrepDecoder

/// What comes from a decoder process is not believed before it is looked at.
@Suite struct DecoderMessagesTests {
    @Test func signalsAndRepliesComeOutAsTheyWentIn() {
        let signals = [
            Signal(.frame, slot: 3, index: 7), Signal(.samples, slot: 1, index: 1 << 40, format: 2, count: 640),
            Signal(.picture, slot: 0, index: 1, seconds: 1.25), Signal(.release, count: 5),
        ]
        for signal in signals { #expect(signal.withBytes { Signal($0) } == signal) }
        let failure = Reply.failure(code: .corrupt, text: "x.mp4: „kaputt“ \u{1B}[31m\nroot")
        guard case .failure(.corrupt, let text)? = failure.withBytes({ Reply($0) }) else {
            Issue.record("no failure")
            return
        }
        #expect(text.contains("kaputt"))
    }

    @Test func anyBytesAreAMessageOrNoneAndNeverACrash() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<2000 {
            let count = random.below(80)
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            bytes.withUnsafeBytes { bytes in
                _ = Signal(bytes)
                #expect(Reply(bytes) == nil)
            }
        }
        // Real messages with one byte changed.
        let reply = Reply.passEnd(DecodeSummary()).withBytes { Array($0) }
        for place in reply.indices {
            var changed = reply
            changed[place] ^= UInt8(1 + random.below(255))
            changed.withUnsafeBytes { _ = Reply($0) }
        }
    }

    @Test func immodestJSONIsNoMessage() {
        let summary = String(decoding: Reply.passEnd(DecodeSummary()).withBytes { Array($0) }, as: UTF8.self)
        #expect(reply(summary) != nil)
        #expect(reply(summary.replacing("\"frameCount\":0", with: "\"frameCount\":1e300")) == nil)
        #expect(reply(summary.replacing("\"frameCount\":0", with: "\"frameCount\":9000000000000000000")) == nil)
        let long = String(repeating: "a", count: 100_000)
        #expect(reply("{\"failure\":{\"code\":\"corrupt\",\"text\":\"\(long)\"}}") == nil)
        #expect(reply(String(repeating: "[", count: 60_000)) == nil)
        #expect(reply(String(repeating: "{\"a\":", count: 10_000)) == nil)
        #expect(reply("{\"failure\":{\"code\":\"invented\",\"text\":\"\"}}") == nil)
    }

    @Test func aPlanNamesActionFrameAndFile() {
        let plan = "crash@one,hang:3@two,dance@three,exit"
        #expect(DecoderFault.planned(plan, for: "/a/one.mp4") == DecoderFault(action: .crash, frame: nil))
        #expect(DecoderFault.planned(plan, for: "/a/two.mp4") == DecoderFault(action: .hang, frame: 3))
        #expect(DecoderFault.planned(plan, for: "/a/three.mp4") == nil)
        #expect(DecoderFault.planned(plan, for: "/a/four.mp4") == nil)
    }

    @Test func memoryHoldsWhatALayoutPromises() throws {
        for (width, height) in [(2, 2), (455, 256), (7680, 4320)] {
            let layout = RingLayout(width: width, height: height, wholePass)
            #expect(layout.isSound && layout.pictureSlots >= 2)
            #expect(layout.pictureStart(layout.pictureSlots - 1) + width * height * 3 <= layout.soundStart(0))
            #expect(layout.soundStart(layout.soundSlots) == layout.byteCount)
            // Two pictures at least, and else no more than 32 MiB.
            #expect(layout.byteCount <= max(2 * (width * height * 3 + 64), 32 << 20) + 2 << 20)
        }
        let memory = try SharedMemory(byteCount: 1 << 16)
        let descriptor = try #require(memory.descriptor)
        #expect(ftruncate(descriptor, 0) == -1, "nobody can shorten it")
        #expect(ftruncate(descriptor, 1 << 20) == -1)
    }

    private func reply(_ text: String) -> Reply? { Array(text.utf8).withUnsafeBytes { Reply($0) } }
}
