import AVPrepModel
import Testing

@testable import AVPrepVision

@Suite struct PictureHashTests {
    private func picture(_ texture: Texture, _ width: Int, _ height: Int, isMirrored: Bool = false) -> PixelBuffer {
        Pictures.make(width, height, 3) { x, y, _ in
            let column = isMirrored ? width - 1 - x : x
            return texture.level(
                at: Point(x: (Double(column) + 0.5) * 160 / Double(width), y: (Double(y) + 0.5) * 90 / Double(height)))
        }
    }

    private func distance(_ a: VideoFingerprint.Picture, _ b: VideoFingerprint.Picture) -> Double {
        let strong = ~(a.weak | b.weak) & VideoFingerprint.Picture.plain.weak
        return Double(((a.bits ^ b.bits) & strong).nonzeroBitCount) / Double(strong.nonzeroBitCount)
    }

    @Test(arguments: 0..<8)
    func sizeAspectAndLevelsDoNotMatter(seed: Int) throws {
        let hash = PictureHash()
        let texture = Texture(seed: UInt64(seed))
        let first = try hash.hash(picture(texture, 160, 90))
        for (width, height) in [(320, 180), (96, 54), (120, 120)] {
            #expect(distance(first, try hash.hash(picture(texture, width, height))) < 0.06)
        }
        let dim = picture(texture, 160, 90)
        for index in dim.pixels.indices { dim.pixels[index] = dim.pixels[index] / 2 + 20 }
        #expect(distance(first, try hash.hash(dim)) < 0.06)
        #expect(distance(first, try hash.hash(picture(Texture(seed: UInt64(seed) + 100), 160, 90))) > 0.25)
    }

    @Test(arguments: 0..<8)
    func aMirroredPicturesHashIsTheMirroredHash(seed: Int) throws {
        let hash = PictureHash()
        let texture = Texture(seed: UInt64(seed))
        let first = try hash.hash(picture(texture, 160, 90))
        let mirrored = try hash.hash(picture(texture, 160, 90, isMirrored: true))
        #expect(distance(PictureHash.mirrored(first), mirrored) < 0.03)
        #expect(distance(first, mirrored) > 0.2)
    }

    @Test func aPictureOfOneLevelSaysNothing() throws {
        #expect(try PictureHash().hash(Pictures.make(40, 30, 3) { _, _, _ in 17 }).isPlain)
        #expect((~PictureHash.mirrorBits & VideoFingerprint.Picture.plain.weak).nonzeroBitCount < 32)
    }
}
