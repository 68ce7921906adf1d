import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

@Suite struct PNGCodecTests {
    @Test(arguments: [1, 3], [(61, 47), (1, 1), (1, 300), (4096, 2)])
    func everyPixelComesBack(channels: Int, size: (Int, Int)) throws {
        let image = PixelBuffer(width: size.0, height: size.1, channels: channels)
        var random = SeededRandom(seed: 3)
        for index in image.pixels.indices { image.pixels[index] = UInt8(truncatingIfNeeded: random.next()) }
        let codec = PNGCodec()
        let bytes = try codec.withEncoded(image) { Array($0) }
        let back = PixelBuffer(width: size.0, height: size.1, channels: channels)
        try bytes.withUnsafeBytes { try codec.decode($0, into: back) }
        #expect(Array(back.pixels) == Array(image.pixels))
        // Nothing of an earlier picture stays: the same pixels, the same bytes.
        #expect(try PNGCodec().withEncoded(image) { Array($0) } == bytes)
    }

    @Test func aSmoothPictureTakesLessThanItsPixels() throws {
        let image = Fixtures.image(width: 200, height: 120, channels: 1)
        #expect(try PNGCodec().withEncoded(image) { $0.count } < image.pixels.count / 2)
    }

    /// Whatever a bit flip leaves is an error, or the very pixels: they are under checksums.
    @Test func damagedBytesAreErrorsOrTheSamePixels() throws {
        let image = Fixtures.image(width: 40, height: 30)
        let codec = PNGCodec()
        let bytes = try codec.withEncoded(image) { Array($0) }
        let back = PixelBuffer(width: 40, height: 30, channels: 3)
        var random = SeededRandom(seed: 11)
        var refused = 0
        for _ in 0..<400 {
            var damaged = bytes
            damaged[random.below(damaged.count)] ^= UInt8(1 << random.below(8))
            do {
                try damaged.withUnsafeBytes { try codec.decode($0, into: back) }
                #expect(Array(back.pixels) == Array(image.pixels))
            } catch let error as StoreError {
                #expect(error.code == .picture)
                refused += 1
            }
        }
        #expect(refused > 300)
        for count in 0..<bytes.count - 12 {
            // All but the closing chunk, which holds nothing.
            #expect(throws: StoreError.self) {
                try bytes[..<count].withUnsafeBytes { try codec.decode($0, into: back) }
            }
        }
    }

    @Test func aPictureOfAnotherSizeOrKindIsRefused() throws {
        let codec = PNGCodec()
        let grey = try codec.withEncoded(Fixtures.image(width: 8, height: 6, channels: 1)) { Array($0) }
        for other in [PixelBuffer(width: 8, height: 6, channels: 3), PixelBuffer(width: 6, height: 8, channels: 1)] {
            #expect(throws: StoreError.self) { try grey.withUnsafeBytes { try codec.decode($0, into: other) } }
        }
        let jpeg = try JPEGEncoder().withEncoded(Fixtures.image(width: 8, height: 6, channels: 1)) { Array($0) }
        let target = PixelBuffer(width: 8, height: 6, channels: 1)
        #expect(throws: StoreError.self) { try jpeg.withUnsafeBytes { try codec.decode($0, into: target) } }
        #expect(throws: StoreError.self) {
            try codec.decode(UnsafeRawBufferPointer(start: nil, count: 0), into: target)
        }
    }

    /// What others write as PNG and is no 8-bit grey or colour is refused too, not converted.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func pillowReadsOursAndItsSixteenBitsAndPalettesAreRefused() throws {
        try withTemporaryFolder { folder in
            let image = Fixtures.image(width: 33, height: 21)
            let codec = PNGCodec()
            try Data(try codec.withEncoded(image) { Array($0) }).write(to: URL(fileURLWithPath: "\(folder)/a.png"))
            let seen = try Oracle.json(
                [UInt8].self,
                """
                import json, sys
                import numpy as np
                from PIL import Image
                picture = Image.open(f"{sys.argv[1]}/a.png")
                assert picture.mode == "RGB" and picture.size == (33, 21)
                picture.convert("P").save(f"{sys.argv[1]}/palette.png")
                picture.convert("RGBA").save(f"{sys.argv[1]}/alpha.png")
                Image.fromarray(np.zeros((21, 33), np.uint16)).save(f"{sys.argv[1]}/deep.png")
                Image.open(f"{sys.argv[1]}/a.png").save(f"{sys.argv[1]}/same.png")
                print(json.dumps(np.asarray(picture).ravel().tolist()))
                """, [folder])
            #expect(seen == Array(image.pixels))
            let back = PixelBuffer(width: 33, height: 21, channels: 3)
            for name in ["palette", "alpha", "deep"] {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).png"))
                #expect(throws: StoreError.self) { try bytes.withUnsafeBytes { try codec.decode($0, into: back) } }
            }
            let same = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/same.png"))
            try same.withUnsafeBytes { try codec.decode($0, into: back) }
            #expect(Array(back.pixels) == Array(image.pixels))
        }
    }
}
