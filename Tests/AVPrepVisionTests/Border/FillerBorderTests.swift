import AVPrepModel
import Testing

@testable import AVPrepVision

@Suite struct FillerBorderTests {
    private static let width = 160
    private static let height = 90

    /// Five frames of a picture that shifts, and what `bar` says beside it: a level, or nil for the picture.
    private func frames(_ bar: (_ frame: Int, _ x: Int, _ y: Int) -> Double?) -> [PixelBuffer] {
        let texture = Texture(seed: 41, waves: 24)
        return (0..<5).map { frame in
            Pictures.make(Self.width, Self.height, 3) { x, y, _ in
                bar(frame, x, y) ?? texture.level(at: Point(Double(x) + 9 * Double(frame), Double(y)))
            }
        }
    }

    private static let soft = Texture(seed: 43, waves: 6)

    /// A blurred copy has long waves alone.
    private func blurred(_ frame: Int, _ x: Int, _ y: Int) -> Double {
        Self.soft.level(at: Point(0.08 * Double(x) + Double(frame), 0.08 * Double(y)))
    }

    @Test(arguments: [16, 37, 55]) func aBlurredCopyOnBothSidesIsTold(depth: Int) {
        let found = FillerBorder.detect(
            in: frames { frame, x, y in
                (depth..<Self.width - depth).contains(x) ? nil : blurred(frame, x, y)
            }, beside: .none)
        #expect(found == FillerBorder(kind: .blurred, margins: CropMargins(left: depth, right: depth)))
    }

    @Test func aBlurredCopyAboveAndBelowIsTold() {
        let found = FillerBorder.detect(
            in: frames { frame, x, y in (20..<70).contains(y) ? nil : blurred(frame, x, y) }, beside: .none)
        #expect(found == FillerBorder(kind: .blurred, margins: CropMargins(top: 20, bottom: 20)))
    }

    /// One side out of focus is a picture; and where the sharpness fades there is no edge.
    @Test func aPictureThatIsInFocusInPlacesHasNoFiller() {
        let oneSided = frames { frame, x, y in x < 40 ? blurred(frame, x, y) : nil }
        #expect(FillerBorder.detect(in: oneSided, beside: .none) == nil)
        let texture = Texture(seed: 44, waves: 24)
        let soft = frames { frame, x, y in
            let sharp = max(0, 1 - abs(Double(x) - 80) / 60)
            let level = texture.level(at: Point(Double(x) + 9 * Double(frame), Double(y)))
            return sharp * level + (1 - sharp) * blurred(frame, x, y)
        }
        #expect(FillerBorder.detect(in: soft, beside: .none) == nil)
    }

    @Test func aDarkRoomAroundAWindowIsNoFiller() {
        let room = frames { _, x, _ in (50..<110).contains(x) ? nil : 12 }
        #expect(FillerBorder.detect(in: room, beside: .none)?.kind != .blurred)
    }

    @Test func coloursAreToldAndNothingIsLookedForBesideBlackBars() {
        let white = frames { _, x, _ in (30..<130).contains(x) ? nil : 245 }
        let found = FillerBorder(kind: .coloured, margins: CropMargins(left: 30, right: 30))
        #expect(FillerBorder.detect(in: white, beside: .none) == found)
        #expect(FillerBorder.detect(in: white, beside: CropMargins(top: 4)) == nil)
    }
}
