import AVPrepCore
import AVPrepModel
import Testing

@testable import AVPrepVision

@Suite struct PictureAgreementTests {
    static let width = 200
    static let height = 120
    static let texture = Texture(seed: 5)
    static let level: Int32 = 1

    static func tracked(_ level: (_ x: Int, _ y: Int) -> Double) throws -> TrackedPicture {
        let picture = try TrackedPicture(width: width, height: height)
        try picture.load { $0.copyPixels(from: Pictures.make(width, height, 1) { x, y, _ in level(x, y) }) }
        return picture
    }

    static func shift(_ x: Double, _ y: Double) -> Homography {
        Homography(SIMD3(1, 0, x), SIMD3(0, 1, y), SIMD3(0, 0, 1))
    }

    static func agreement(_ pictures: [TrackedPicture], _ toOther: Homography) -> PictureAgreement {
        PictureAgreement(pictures[0], pictures[1], toOther: toOther, level: level)
    }

    /// A background that moves by (4, 0) and a thing over two fifths of the picture that moves by (-6, 2).
    @Test func whatSurroundsAThingOutweighsIt() throws {
        let thing = Texture(seed: 6, contrast: 2)
        let pictures = try [0, 1].map { time in
            try Self.tracked { x, y in
                let (u, v) = (x + 6 * time, y - 2 * time)
                return (60..<160).contains(u) && (10..<106).contains(v)
                    ? thing.level(at: Point(Double(u), Double(v)))
                    : Self.texture.level(at: Point(Double(x - 4 * time), Double(y)))
            }
        }
        let background = Self.agreement(pictures, Self.shift(4, 0))
        #expect(background.isPossible && background.isConvincing)
        #expect(background.weight > 3 * Self.agreement(pictures, Self.shift(-6, 2)).weight)
        #expect(!Self.agreement(pictures, Self.shift(-6, 2)).isConvincing)
        #expect(!Self.agreement(pictures, Self.shift(20, 11)).isPossible)
    }

    @Test func aThingBeforeAPlainWallIsNotTheBackground() throws {
        let pictures = try [0, 1].map { time in
            try Self.tracked { x, y in
                let u = x - 5 * time
                return (40..<140).contains(u) && (12..<108).contains(y)
                    ? Self.texture.level(at: Point(Double(u), Double(y))) : 120
            }
        }
        #expect(!Self.agreement(pictures, Self.shift(5, 0)).isPossible)
        #expect(!Self.agreement(pictures, Self.shift(0, 0)).isPossible)
    }

    @Test func groundUnderAnEmptySkyIsEnough() throws {
        let pictures = try [0, 1].map { time in
            try Self.tracked { x, y in y < 56 ? 200 : Self.texture.level(at: Point(Double(x - 5 * time), Double(y))) }
        }
        let agreement = Self.agreement(pictures, Self.shift(5, 0))
        #expect(agreement.isPossible && agreement.isConvincing)
    }

    @Test func lightMayChange() throws {
        let pictures = try [0.0, 1].map { time in
            try Self.tracked { x, y in Self.texture.level(at: Point(Double(x) - 3 * time, Double(y))) + 20 * time }
        }
        #expect(Self.agreement(pictures, Self.shift(3, 0)).isConvincing)
    }

    @Test func noiseIsNothingToSee() throws {
        var random = SeededRandom(seed: 3)
        let noise = try Self.tracked { _, _ in 100 + 4 * random.normal() }
        // A match needs more than a quarter of the picture.
        #expect(noise.texture(Self.level).share < 0.05)
        let picture = try Self.tracked { x, y in
            Self.texture.level(at: Point(Double(x), Double(y))) + 2 * random.normal()
        }
        #expect(picture.texture(Self.level).share > 0.9)
    }
}
