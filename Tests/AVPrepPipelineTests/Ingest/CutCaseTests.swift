import AVPrepCases
import AVPrepMedia
import AVPrepModel
import AVPrepVision
import TestSupport
import Testing

/// One of each kind of the videos that `avprep-bench cuts` counts by the hundred.
@Suite struct CutCaseTests {
    private final class Cuts: DecodeConsumer {
        private var detector = CutDetector(fps: 25)
        private(set) var frames: [Int] = []

        func consume(frame picture: PixelBuffer, index: Int) throws {
            frames += try detector.push(picture).compactMap(\.newShot)
        }
        func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
        func finish() { frames += detector.finish().compactMap(\.newShot) }
    }

    private static let scenes = (0..<4).map {
        CaseScene.painted(
            "shot-\($0)", width: 128, height: 72, frames: 60, speed: $0 % 2 == 0 ? 0.4 : 0, seed: UInt64($0))
    }

    /// Jumps within a scene are not among them: of those about six in ten are found, and `avprep-bench cuts` counts them.
    @Test(arguments: CutCase.Kind.allCases.filter { $0 != .jumps })
    func changesOfShotAreFoundAndNothingElseIs(kind: CutCase.Kind) throws {
        let test = CutCase(kind, number: 1, scenes: Self.scenes, width: 128, height: 72)
        let found = try withTemporaryFolder { folder in
            try test.write(folder + "/case.mp4")
            let cuts = Cuts()
            _ = try MediaFile(path: folder + "/case.mp4").decode(
                DecodeRequest(fps: 25, shortSide: nil, audio: []), to: cuts)
            cuts.finish()
            return cuts.frames
        }
        #expect(found.count == test.transitions.count, "\(kind): \(found), not \(test.transitions)")
        for transition in test.transitions {
            #expect(
                found.contains { $0 >= transition.start - 2 && $0 <= transition.end + 2 },
                "\(kind): \(found), not \(test.transitions)")
        }
    }
}
