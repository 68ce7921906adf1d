import AVPrepCore

/// A clip's change of brightness and saturation, the same for all its frames: L3-Net's, in the ranges and with the random
/// order of TF-slim's Inception preprocessing.
struct ColourJitter: Equatable {
    /// Added to every value, in [0, 255].
    var brightness: Float
    /// What the saturation of HSV is multiplied by; it stays at 1 at most.
    var saturation: Float
    var isBrightnessFirst: Bool

    init(brightness: Float, saturation: Float, isBrightnessFirst: Bool) {
        self.brightness = brightness
        self.saturation = saturation
        self.isBrightnessFirst = isBrightnessFirst
    }

    /// - Parameters:
    ///   - brightness: largest change either way, as a share of white.
    ///   - saturation: largest change of the factor either way.
    ///   - random: the clip's own stream, so that neither threads nor batches decide.
    init(brightness: Double, saturation: Double, using random: inout SeededRandom) {
        self.brightness = Float(255 * random.uniform(-brightness...brightness))
        self.saturation = Float(random.uniform(1 - saturation...1 + saturation))
        isBrightnessFirst = random.next() >> 63 == 1
    }

    /// Changes pixels in place: RGB, three bytes each. Values are rounded and limited once, at the end.
    func apply(to pixels: UnsafeMutableBufferPointer<UInt8>) {
        precondition(pixels.count % 3 == 0, "a part of a pixel")
        let before = isBrightnessFirst ? brightness : 0
        let after = (isBrightnessFirst ? 0 : brightness) + 0.5
        for place in stride(from: 0, to: pixels.count, by: 3) {
            let (red, green, blue) = (
                Float(pixels[place]) + before, Float(pixels[place + 1]) + before, Float(pixels[place + 2]) + before
            )
            // In HSV a channel is value · (1 − saturation · k) with k of the hue alone: so its distance from the largest
            // one is in proportion to the saturation.
            let value = max(red, green, blue)
            let range = value - min(red, green, blue)
            let factor = range > 0 ? max(0, min(saturation, value / range)) : 1
            pixels[place] = Self.byte(value - (value - red) * factor + after)
            pixels[place + 1] = Self.byte(value - (value - green) * factor + after)
            pixels[place + 2] = Self.byte(value - (value - blue) * factor + after)
        }
    }

    private static func byte(_ value: Float) -> UInt8 { UInt8(max(0, min(255, value))) }
}

/// The picture clip of a pair with its colours varied in training.
struct JitteredPictureInput: SampleInput {
    let pictures: PictureInput
    /// As in ``JitterSettings``.
    let brightness: Double
    let saturation: Double

    var name: String { pictures.name }

    func shape(in dataset: ShardDataset) throws -> InputShape { try pictures.shape(in: dataset) }

    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader {
        let reader = try pictures.makeReader(dataset, shape, context)
        guard context.augmentation.seed != nil, brightness > 0 || saturation > 0 else { return reader }
        return Reader(reader, context.augmentation, brightness: brightness, saturation: saturation)
    }

    private final class Reader: InputReader {
        private let pictures: any InputReader
        private let augmentation: Augmentation
        private let brightness: Double
        private let saturation: Double

        init(_ pictures: any InputReader, _ augmentation: Augmentation, brightness: Double, saturation: Double) {
            self.pictures = pictures
            self.augmentation = augmentation
            self.brightness = brightness
            self.saturation = saturation
        }

        func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws {
            try pictures.read(sample, into: output)
            guard var random = augmentation.random(at: sample.position, for: "colour") else { return }
            ColourJitter(brightness: brightness, saturation: saturation, using: &random)
                .apply(to: output.assumingMemoryBound(to: UInt8.self))
        }
    }
}
