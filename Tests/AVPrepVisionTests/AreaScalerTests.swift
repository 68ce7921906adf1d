import AVPrepCore
import AVPrepModel
import CAllocationCount
import Testing

@testable import AVPrepVision

/// The kernel's area means beside OpenCV's.
@Suite struct AreaScalerTests {
    private func noise(_ width: Int, _ height: Int, _ channels: Int, seed: UInt64) -> PixelBuffer {
        var random = SeededRandom(seed: seed)
        let picture = PixelBuffer(width: width, height: height, channels: channels)
        for index in picture.pixels.indices {
            picture.pixels[index] = seed % 3 == 0 ? (random.below(2) == 0 ? 0 : 255) : UInt8(random.below(256))
        }
        return picture
    }

    /// Sizes drawn at random, with strips and pictures of a pixel, and the same scaler for all.
    @Test(arguments: InstructionSets.available)
    func everyInstructionSetGivesOpenCVsBits(set: String) throws {
        let scaler = AreaScaler()
        var random = SeededRandom(seed: 11)
        for number in 0..<400 {
            let channels = random.below(2) == 0 ? 1 : 3
            let width = 1 + random.below(number % 5 == 0 ? 12 : 300)
            let height = 1 + random.below(number % 7 == 0 ? 12 : 200)
            // Also larger on one side or both, and by whole numbers, which is left to OpenCV.
            let newWidth =
                number % 11 == 0 ? width + random.below(9) : max(1, width / (1 + random.below(5)) - random.below(4))
            let newHeight =
                number % 13 == 0 ? height + random.below(9) : max(1, height / (1 + random.below(5)) - random.below(4))
            let picture = noise(width, height, channels, seed: UInt64(number))
            let plain = PixelBuffer(width: newWidth, height: newHeight, channels: channels)
            let fast = PixelBuffer(width: newWidth, height: newHeight, channels: channels)
            try Grey.scale(picture, into: plain)
            try InstructionSets.using(set) { try scaler.scale(picture, into: fast) }
            #expect(
                Array(plain.pixels) == Array(fast.pixels),
                "\(width) × \(height) × \(channels) to \(newWidth) × \(newHeight)")
        }
    }

    @Test func whiteStaysWhiteAndNothingIsAllocatedOnceWarm() throws {
        let white = PixelBuffer(width: 333, height: 101, channels: 3)
        white.pixels.update(repeating: 255)
        let small = PixelBuffer(width: 48, height: 27, channels: 3)
        let scaler = AreaScaler()
        try scaler.scale(white, into: small)
        let warm = callocationcount_of_this_thread()
        for _ in 0..<3 { try scaler.scale(white, into: small) }
        #expect(callocationcount_of_this_thread() == warm)
        #expect(small.pixels.allSatisfy { $0 == 255 })
    }
}
