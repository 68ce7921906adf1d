import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

/// `body` gets the encoded bytes of a picture.
private func encoded(_ image: PixelBuffer, quality: Int = 90) throws -> [UInt8] {
    try JPEGEncoder(quality: quality).withEncoded(image) { Array($0) }
}

@Suite struct JPEGCodecTests {
    @Test(arguments: [1, 3]) func aPictureComesBackNearlyAsItWas(channels: Int) throws {
        let image = Fixtures.image(width: 61, height: 47, channels: channels)
        let bytes = try encoded(image, quality: 95)
        let decoder = try JPEGDecoder()
        let decoded = try bytes.withUnsafeBytes { try decoder.decode($0) }
        #expect(decoded.hasShape(of: image))
        #expect(meanDifference(image.pixels, decoded.pixels) < 3)
        let header = try bytes.withUnsafeBytes { try decoder.readHeader($0) }
        #expect((header.width, header.height, header.channels) == (61, 47, channels))
    }

    @Test func anEncoderUsedAgainGivesTheSameBytes() throws {
        let encoder = try JPEGEncoder(quality: 80)
        let small = Fixtures.image(seed: 3)
        let first = try encoder.withEncoded(small) { Array($0) }
        _ = try encoder.withEncoded(Fixtures.image(width: 300, height: 200)) { $0.count }
        #expect(try encoder.withEncoded(small) { Array($0) } == first)
    }

    /// Regions at every scale against the same library decoding the whole and cutting it: only the smoothing of chroma
    /// at the crop's edge could differ, and the two pixels of margin keep it out.
    @Test(arguments: [1, 3]) func aRegionIsTheSameAsThatPartOfTheWhole(channels: Int) throws {
        let image = Fixtures.image(width: 171, height: 128, channels: channels)
        let bytes = try encoded(image)
        let decoder = try JPEGDecoder()
        let whole = try bytes.withUnsafeBytes { try decoder.decode($0) }
        var random = SeededRandom(seed: 5)
        for _ in 0..<60 {
            let (width, height) = (1 + random.below(171), 1 + random.below(128))
            let region = JPEGDecoder.Region(
                x: random.below(171 - width + 1), y: random.below(128 - height + 1), width: width, height: height)
            try bytes.withUnsafeBytes { bytes in
                let part = try decoder.decode(bytes, region: region, outputWidth: width, outputHeight: height)
                #expect(part.eighths == 8 && part.width == width && part.height == height)
                #expect(part.x == 0 && part.regionWidth == Double(width))
                var worst = 0
                for y in 0..<height {
                    for x in 0..<width * channels {
                        let expected = whole.pixels[((region.y + y) * 171 + region.x) * channels + x]
                        worst = max(worst, abs(Int(part.pixels[y * width * channels + x]) - Int(expected)))
                    }
                }
                #expect(worst == 0, "\(region)")
            }
        }
    }

    @Test func theSmallestScaleThatStillHasEnoughPixelsIsChosen() {
        let region = JPEGDecoder.Region(x: 0, y: 0, width: 224, height: 240)
        #expect(JPEGDecoder.scale(for: region, outputWidth: 112, outputHeight: 112) == 4)
        #expect(JPEGDecoder.scale(for: region, outputWidth: 113, outputHeight: 112) == 8)
        #expect(JPEGDecoder.scale(for: region, outputWidth: 56, outputHeight: 56) == 2)
        #expect(JPEGDecoder.scale(for: region, outputWidth: 28, outputHeight: 30) == 1)
        #expect(JPEGDecoder.scale(for: region, outputWidth: 500, outputHeight: 500) == 8)
    }

    /// PIL decodes at half, quarter and eighth through another copy of the library.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"), arguments: [8, 4, 2, 1])
    func decodingAgreesWithPillow(eighths: Int) throws {
        try withTemporaryFolder { folder in
            let (width, height) = (320, 176)
            let bytes = try encoded(Fixtures.image(width: width, height: height, seed: 9))
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/a.jpg"))
            let expected = try Oracle.json(
                [UInt8].self,
                """
                import sys, json
                from PIL import Image
                image = Image.open(sys.argv[1])
                size = (int(sys.argv[2]), int(sys.argv[3]))
                image.draft("RGB", size)
                assert image.size == size, image.size
                print(json.dumps(list(image.tobytes())))
                """, ["\(folder)/a.jpg", String(width * eighths / 8), String(height * eighths / 8)])
            let decoder = try JPEGDecoder()
            try bytes.withUnsafeBytes { bytes in
                let region = JPEGDecoder.Region(x: 0, y: 0, width: width, height: height)
                let part = try decoder.decode(
                    bytes, region: region, outputWidth: width * eighths / 8, outputHeight: height * eighths / 8)
                #expect(part.eighths == eighths && part.pixels.count == expected.count)
                #expect(zip(part.pixels, expected).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
                // A region inside, against the same part of Pillow's picture.
                let inner = try decoder.decode(
                    bytes, region: .init(x: 80, y: 32, width: 160, height: 96), outputWidth: 20 * eighths,
                    outputHeight: 12 * eighths)
                #expect(inner.eighths == eighths && inner.width == 20 * eighths && inner.height == 12 * eighths)
                let (left, top, rowBytes) = (10 * eighths, 4 * eighths, 40 * eighths * 3)
                let worst = (0..<inner.height).flatMap { y in
                    (0..<inner.width * 3).map { x in
                        abs(
                            Int(inner.pixels[y * inner.width * 3 + x])
                                - Int(expected[(top + y) * rowBytes + left * 3 + x]))
                    }
                }.max()
                #expect((worst ?? 99) <= 2)
            }
        }
    }

    @Test func aRegionBetweenScaledPixelsCoversWhatItTouches() throws {
        let bytes = try encoded(Fixtures.image(width: 128, height: 128))
        try bytes.withUnsafeBytes { bytes in
            let decoder = try JPEGDecoder()
            let part = try decoder.decode(
                bytes, region: .init(x: 3, y: 8, width: 101, height: 97), outputWidth: 50, outputHeight: 48)
            #expect(part.eighths == 4 && part.x == 0.5 && part.y == 0)
            #expect(part.regionWidth == 50.5 && part.regionHeight == 48.5)
            #expect(part.width == 51 && part.height == 49)
        }
    }

    @Test func hostileBytesAreErrorsAndTheDecoderLivesOn() throws {
        let image = Fixtures.image(width: 96, height: 80)
        let good = try encoded(image)
        let decoder = try JPEGDecoder()
        var random = SeededRandom(seed: 11)
        var failures = 0
        for _ in 0..<400 {
            var bytes = good
            for _ in 0..<1 + random.below(4) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.below(3) == 0 { bytes.removeLast(random.below(bytes.count)) }
            bytes.withUnsafeBytes { bytes in
                do {
                    _ = try decoder.decode(bytes)
                    _ = try decoder.decode(
                        bytes, region: .init(x: 7, y: 9, width: 40, height: 31), outputWidth: 20, outputHeight: 15)
                } catch {
                    #expect((error as? StoreError)?.code == .picture)
                    failures += 1
                }
            }
        }
        #expect(failures > 100)
        let noise = (0..<5000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        #expect(throws: StoreError.self) { try noise.withUnsafeBytes { try decoder.decode($0) } }
        #expect(throws: StoreError.self) { try decoder.decode(UnsafeRawBufferPointer(start: nil, count: 0)) }
        let again = try good.withUnsafeBytes { try decoder.decode($0) }
        #expect(meanDifference(again.pixels, image.pixels) < 5)
    }

    /// The header claims 65 500 × 65 500: nothing of that size may be asked of memory.
    @Test func aPictureThatClaimsToBeHugeIsRefusedByItsHeader() throws {
        var bytes = try encoded(Fixtures.image())
        let marker = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        for offset in 5...8 { bytes[marker + offset] = offset % 2 == 1 ? 0xFF : 0xDC }
        #expect {
            try bytes.withUnsafeBytes { try JPEGDecoder().decode($0) }
        } throws: { "\($0)".contains("65500 × 65500") }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func progressivePicturesAreRefused() throws {
        let bytes = try Oracle.json(
            [UInt8].self,
            """
            import io, json
            from PIL import Image
            out = io.BytesIO()
            Image.new("RGB", (64, 64), (9, 99, 199)).save(out, "JPEG", progressive=True)
            print(json.dumps(list(out.getvalue())))
            """)
        #expect {
            try bytes.withUnsafeBytes { try JPEGDecoder().decode($0) }
        } throws: { "\($0)".contains("baseline") }
    }

    private func meanDifference(_ left: UnsafeMutableBufferPointer<UInt8>, _ right: UnsafeMutableBufferPointer<UInt8>)
        -> Double
    {
        Double(zip(left, right).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(left.count)
    }
}
