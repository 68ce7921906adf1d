import AVPrepModel

/// The levels of one probed frame: the mean of each pixel's channels. Luma is unsuitable, since a pure blue has nearly
/// none.
struct LevelPlane {
    let width: Int
    let height: Int
    let levels: [UInt8]

    init(_ frame: PixelBuffer) {
        width = frame.width
        height = frame.height
        guard frame.channels > 1 else {
            levels = Array(frame.pixels)
            return
        }
        let channels = frame.channels
        levels = Array(unsafeUninitializedCapacity: width * height) { buffer, count in
            count = frame.width * frame.height
            for pixel in 0..<count {
                var sum = 0
                for channel in 0..<channels { sum += Int(frame.pixels[pixel * channels + channel]) }
                buffer[pixel] = UInt8(truncatingIfNeeded: sum / channels)
            }
        }
    }

    /// Distance of each pixel of an RGB frame from a colour: the largest difference over the channels, in levels.
    init(_ frame: PixelBuffer, distanceFrom colour: [Int]) {
        precondition(frame.channels == 3 && colour.count == 3, "a colour has three channels")
        width = frame.width
        height = frame.height
        levels = Array(unsafeUninitializedCapacity: width * height) { buffer, count in
            count = frame.width * frame.height
            for pixel in 0..<count {
                var distance = 0
                for channel in 0..<3 {
                    distance = max(distance, abs(Int(frame.pixels[3 * pixel + channel]) - colour[channel]))
                }
                buffer[pixel] = UInt8(truncatingIfNeeded: distance)
            }
        }
    }

    /// The level below which the fraction `share` of the pixels lies.
    func quantile(_ share: Double) -> Double {
        var histogram = Array(repeating: 0, count: 256)
        for level in levels { histogram[Int(level)] += 1 }
        var below = 0
        for (level, count) in histogram.enumerated() {
            below += count
            if Double(below) >= share * Double(levels.count) { return Double(level) }
        }
        return 255
    }
}
