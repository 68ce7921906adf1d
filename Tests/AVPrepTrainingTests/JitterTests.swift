import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTraining

/// Changes of colour and volume at random.
@Suite struct JitterTests {
    private func applied(_ jitter: ColourJitter, _ pixels: [UInt8]) -> [UInt8] {
        var pixels = pixels
        pixels.withUnsafeMutableBufferPointer { jitter.apply(to: $0) }
        return pixels
    }

    /// Python's own conversion to HSV and back.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func coloursAreThoseOfHSV() throws {
        var random = SeededRandom(seed: 4)
        var pixels = (0..<300).map { _ in UInt8(random.below(256)) }
        // Black, white, grey, pure colours.
        pixels += [0, 0, 0, 255, 255, 255, 77, 77, 77, 255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 0, 0, 254, 255, 255]
        var jitters = (0..<12).map { _ in ColourJitter(brightness: 0.125, saturation: 0.5, using: &random) }
        jitters.append(ColourJitter(brightness: -40, saturation: 1.5, isBrightnessFirst: true))
        jitters.append(ColourJitter(brightness: 40, saturation: 0, isBrightnessFirst: false))
        #expect(Set(jitters.map(\.isBrightnessFirst)).count == 2)
        let expected = try Oracle.json(
            [[Double]].self,
            """
            import colorsys, json, sys
            pixels, jitters = json.loads(sys.argv[1]), json.loads(sys.argv[2])
            def clamp(x): return min(1.0, max(0.0, x))
            out = []
            for brightness, saturation, first in jitters:
                row = []
                for place in range(0, len(pixels), 3):
                    rgb = [value / 255 for value in pixels[place:place + 3]]
                    def saturated(rgb):
                        # What lies below black has no hue: TensorFlow's, too, makes grey of a negative value.
                        value, least = max(rgb), min(rgb)
                        if value <= 0: return [value] * 3
                        h = colorsys.rgb_to_hsv(*[(x - least) / (value - least) for x in rgb])[0] if value > least else 0
                        s = (value - least) / value
                        return list(colorsys.hsv_to_rgb(h, clamp(s * saturation), value))
                    def brightened(rgb): return [x + brightness / 255 for x in rgb]
                    rgb = saturated(brightened(rgb)) if first else brightened(saturated(rgb))
                    row += [255 * clamp(x) for x in rgb]
                out.append(row)
            print(json.dumps(out))
            """,
            [
                String(decoding: try JSONEncoder().encode(pixels.map(Int.init)), as: UTF8.self),
                String(
                    decoding: try JSONEncoder().encode(
                        jitters.map { [Double($0.brightness), Double($0.saturation), $0.isBrightnessFirst ? 1 : 0] }),
                    as: UTF8.self),
            ])
        for (jitter, expected) in zip(jitters, expected) {
            for (found, wanted) in zip(applied(jitter, pixels), expected) {
                #expect(abs(Double(found) - wanted) < 0.51, "\(jitter)")
            }
        }
    }

    @Test func noJitterLeavesEveryByte() {
        let pixels = (0..<768).map { UInt8($0 % 256) }
        for isFirst in [true, false] {
            #expect(applied(ColourJitter(brightness: 0, saturation: 1, isBrightnessFirst: isFirst), pixels) == pixels)
        }
    }

    private func layout(_ log: String, power: Int, scale: Double = 1, maximum: Bool = false) -> StoreLayout.Spectrogram
    {
        var attributes: [String: AttributeValue] = [
            "log": .string(log), "power": .int(power), "scale": .double(scale),
        ]
        if maximum { attributes["ref"] = .string("max") }
        return StoreLayout.Spectrogram(
            name: "s", bins: 1, framesPerSecond: 1, storedType: .float32, attributes: attributes)
    }

    /// What a spectrogram of a louder sound holds, by the formulas of the settings.
    @Test func aLouderSoundHasTheSpectrogramOfALouderSound() throws {
        let (gain, magnitude) = (1.1, 0.37)
        for power in [1, 2] {
            func spectrum(_ gain: Double) -> Double { pow(gain * magnitude, Double(power)) }
            func vmz(_ x: Double) -> Double { x > M_E ? log(x) : x / M_E }
            let forms: [(String, Double, (Double) -> Double)] = [
                ("none", 1, { spectrum($0) }), ("natural", 0.2, { 0.2 * log(spectrum($0)) }),
                ("natural_offset", 1, { log(spectrum($0)) }), ("power_to_db", 1, { 10 * log10(spectrum($0)) }),
                ("amplitude_to_db", 1, { 20 * log10(spectrum($0)) }),
                ("natural_or_linear", 1, { vmz(spectrum($0)) }),
                // From below the bend of VMZ's logarithm to above it, and far above.
                ("natural_or_linear", 1, { vmz(spectrum($0) * M_E / spectrum(1) * 0.95) }),
                ("natural_or_linear", 2, { 2 * vmz(1e6 * spectrum($0)) }),
            ]
            for (name, scale, value) in forms {
                let change = try #require(VolumeChange(layout(name, power: power, scale: scale)))
                let found = change.changed(Float(value(1)), log: Float(log(gain)))
                #expect(abs(Double(found) - value(gain)) < 1e-5 * max(1, abs(value(gain))), "\(name) \(power)")
            }
        }
        // Relative to the clip's own maximum, loudness does not show.
        let relative = try #require(VolumeChange(layout("power_to_db", power: 2, maximum: true)))
        #expect(relative.changed(-12, log: 0.1) == -12)
        #expect(VolumeChange(layout("cube_root", power: 2)) == nil)
    }

    /// Constant over the clip and its bins in decibels, within the range, another one for every pair and epoch, and none in
    /// evaluation.
    @Test func volumeIsHeldOverTheClipAndDrawnForEachPairAndEpoch() throws {
        try withTemporaryFolder { folder in
            var shards = PracticeShards(pairsPerSegment: 8)
            shards.spectrogramAttributes = ["log": .string("amplitude_to_db"), "power": .int(1), "scale": .double(1)]
            try shards.write(to: folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            let statistics = SpectrogramStatistics(
                mean: (0..<PracticeShards.bins).map { Float($0) },
                deviation: (0..<PracticeShards.bins).map { Float($0 + 1) })
            func read(seed: UInt64?, volume: Double, position: Int = 3) throws -> [Float] {
                let input = JitteredSpectrogramInput(sound: SpectrogramInput(spectrogram: "mel"), volume: volume)
                let shape = try input.shape(in: dataset)
                let reader = try input.makeReader(
                    dataset, shape,
                    InputContext(Augmentation(scale: 1...1, flip: false, seed: seed), statistics: ["mel": statistics]))
                let (pair, _, shard) = dataset.locate(5)
                var values = [Float](repeating: 0, count: shape.count)
                try values.withUnsafeMutableBytes {
                    try reader.read(Sample(pair: pair, reader: shard, position: position), into: $0)
                }
                // As they are stored.
                return values.enumerated().map {
                    $1 * statistics.deviation[$0 % PracticeShards.bins] + statistics.mean[$0 % PracticeShards.bins]
                }
            }
            let plain = try read(seed: nil, volume: 0.1)
            #expect(try read(seed: 1, volume: 0) == plain)
            var offsets: Set<Float> = []
            for (seed, position) in [(UInt64(1), 3), (1, 4), (2, 3), (7, 90)] {
                let louder = try read(seed: seed, volume: 0.1, position: position)
                let changes = zip(louder, plain).map { $0 - $1 }
                #expect((changes.max() ?? 1) - (changes.min() ?? 0) < 1e-4)
                #expect(changes[0] <= 20 * log10(1.1) + 1e-4 && changes[0] >= 20 * log10(0.9) - 1e-4)
                offsets.insert((changes[0] * 1000).rounded())
                #expect(try read(seed: seed, volume: 0.1, position: position) == louder)
            }
            #expect(offsets.count == 4)
        }
    }

    /// One change a clip: all frames of it alike.
    @Test func coloursAreHeldOverTheClip() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            func read(seed: UInt64?, position: Int, brightness: Double) throws -> [UInt8] {
                let input = JitteredPictureInput(
                    pictures: PictureInput(frames: 4, size: 8), brightness: brightness, saturation: 0)
                let shape = try input.shape(in: dataset)
                let reader = try input.makeReader(
                    dataset, shape, InputContext(Augmentation(scale: 1...1, flip: false, seed: seed), statistics: [:]))
                let (pair, _, shard) = dataset.locate(5)
                var values = [UInt8](repeating: 0, count: shape.count)
                try values.withUnsafeMutableBytes {
                    try reader.read(Sample(pair: pair, reader: shard, position: position), into: $0)
                }
                return values
            }
            let plain = try read(seed: nil, position: 1, brightness: 0.1)
            var changes: Set<Int> = []
            for position in 1...6 {
                let brighter = try read(seed: 9, position: position, brightness: 0.1)
                // The crop is drawn as without: of another stream.
                let cropped = try read(seed: 9, position: position, brightness: 0)
                let change = zip(brighter, cropped).filter { (30...220).contains($1) }.map { Int($0) - Int($1) }
                #expect(Set(change).count == 1 && abs(change[0]) <= 26)
                changes.insert(change[0])
            }
            #expect(changes.count > 2 && plain.count == 4 * 8 * 8 * 3)
        }
    }
}
