import AVPrepCore
import AVPrepModel
import CKernels
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

@Suite struct CropResamplerTests {
    private func noise(width: Int, height: Int) -> PixelBuffer {
        let image = PixelBuffer(width: width, height: height, channels: 3)
        var random = SeededRandom(seed: 11)
        for index in image.pixels.indices { image.pixels[index] = UInt8(random.below(256)) }
        return image
    }

    /// One picture resampled, `[y, x, channel]`.
    private func resample(_ image: PixelBuffer, x: Double, y: Double, side: Double, size: Int, flip: Bool = false)
        -> [UInt8]
    {
        var output = [UInt8](repeating: 7, count: 3 * size * size)
        var resampler = CropResampler(size: size)
        resampler.prepare(width: image.width, height: image.height, x: x, y: y, side: side, isFlipped: flip)
        output.withUnsafeMutableBufferPointer { buffer in
            resampler.resample(UnsafeBufferPointer(image.pixels), stride: image.width, into: buffer)
        }
        return output
    }

    /// Shrinking, enlarging and whole-number crops, against torch's antialiased interpolation of the cropped tensor
    /// where the crop is the whole picture, and Pillow's `box` (which rounds to bytes) elsewhere.
    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            (0.0, 0.0, 40.0, 16), (0.0, 0.0, 40.0, 40), (0.0, 0.0, 40.0, 57), (3.0, 5.0, 33.0, 14),
            (2.25, 1.5, 20.75, 16), (12.0, 12.0, 28.0, 28), (10.5, 7.0, 9.0, 24),
        ])
    func resamplingAgreesWithTorchAndPillow(x: Double, y: Double, side: Double, size: Int) throws {
        let image = noise(width: 40, height: 40)
        let output = resample(image, x: x, y: y, side: side, size: size)
        let reference = try Oracle.json(
            [Float].self,
            """
            import sys, json, numpy as np
            from PIL import Image
            pixels = np.array(json.loads(sys.argv[1]), np.uint8).reshape(40, 40, 3)
            x, y, side, size = float(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
            if side == 40:
                import torch
                t = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
                r = torch.nn.functional.interpolate(t, (size, size), mode="bilinear", antialias=True)[0].numpy()
            else:
                planes = [Image.fromarray(pixels[..., c].astype(np.float32), mode="F") for c in range(3)]
                r = np.stack([np.asarray(p.resize((size, size), Image.BILINEAR, box=(x, y, x + side, y + side)))
                              for p in planes])
            print(json.dumps(r.transpose(1, 2, 0).ravel().tolist()))
            """, ["\(Array(image.pixels))", "\(x)", "\(y)", "\(side)", "\(size)"])
        let difference = zip(output, reference).map { abs(Float($0) - $1) }.max() ?? .infinity
        // Half a step of rounding, six bits of fraction between the passes, and weights of 14 bits.
        #expect(output.count == reference.count && difference < 0.53, "off by \(difference)")
    }

    /// Odd numbers of rows, single pixels, rows narrower than a vector, many taps: the vector code against the plain one.
    @Test func everyInstructionSetGivesTheSameBytes() {
        let image = noise(width: 61, height: 43)
        defer { _ = ckernels_use_target("") }
        for (side, size) in [(43.0, 17), (40.5, 40), (3.25, 9), (1.0, 1), (5.0, 5), (42.0, 4), (20.0, 41), (43.0, 2)] {
            for flip in [false, true] {
                _ = ckernels_use_target("generic")
                let plain = resample(image, x: 0.5, y: 0, side: side, size: size, flip: flip)
                _ = ckernels_use_target("")
                let fast = resample(image, x: 0.5, y: 0, side: side, size: size, flip: flip)
                #expect(plain == fast, "\(side) to \(size)")
            }
        }
    }

    @Test func anEvenPictureStaysAsItIs() {
        for value in [UInt8(0), 1, 128, 254, 255] {
            let image = PixelBuffer(width: 37, height: 29, channels: 3)
            for index in image.pixels.indices { image.pixels[index] = value }
            for size in [7, 16, 29, 50] {
                #expect(resample(image, x: 3.3, y: 0.7, side: 27.9, size: size).allSatisfy { $0 == value })
            }
        }
    }

    @Test func aFlippedCropIsTheMirrorOfTheCrop() {
        let image = noise(width: 31, height: 24)
        let size = 12
        let plain = resample(image, x: 4, y: 3, side: 19, size: size)
        let flipped = resample(image, x: 4, y: 3, side: 19, size: size, flip: true)
        let mirrored = (0..<size * size).flatMap { pixel in
            let place = (pixel / size * size + size - 1 - pixel % size) * 3
            return plain[place..<place + 3]
        }
        #expect(flipped == mirrored)
    }

    @Test func cropsStayWithinThePictureAndSpanTheRange() {
        var random = SeededRandom(seed: 4)
        var sides: Set<Int> = []
        var flips = 0
        for _ in 0..<500 {
            let crop = AugmentedCrop.random(width: 57, height: 32, scale: 0.5...1, mayFlip: true, using: &random)
            #expect(crop.x >= 0 && crop.y >= 0 && crop.x + crop.side <= 57 && crop.y + crop.side <= 32)
            sides.insert(crop.side)
            flips += crop.isFlipped ? 1 : 0
        }
        #expect(sides == Set(16...32))
        #expect((200...300).contains(flips))
        let center = AugmentedCrop.center(width: 171, height: 128, scale: 0.75...1)
        #expect(center == AugmentedCrop(x: 29, y: 8, side: 112, isFlipped: false))
    }
}
