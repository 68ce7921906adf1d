package import AVPrepModel

extension Canvas {
    /// Draws a picture, scaled to fill a box.
    ///
    /// Each pixel is the weighted mean of the source around it under a tent filter as wide as the pixel (or as a source
    /// pixel, where that is larger): neither aliasing when it shrinks nor blocks when it grows.
    ///
    /// - Parameter image: RGB or grey.
    package func draw(_ image: PixelBuffer, in box: Box) {
        precondition(image.channels == 3 || image.channels == 1, "the picture must be RGB or grey")
        guard box.width > 0, box.height > 0, let area = box.intersection(bounds) else { return }
        if image.channels == 3, box == area, image.width == box.width, image.height == box.height {
            return copy(image, to: box)
        }
        let columns = TentFilter.weights(from: image.width, to: box.width)
        let rows = TentFilter.weights(from: image.height, to: box.height)
        let channels = image.channels
        // Each source row is scaled to the box's width once, then combined into the rows of the box.
        var line = [Float](repeating: 0, count: area.width * 3)
        var sums = line
        for y in area.y..<area.endY {
            let vertical = rows[y - box.y]
            for index in sums.indices { sums[index] = 0 }
            for (offset, weight) in vertical.weights.enumerated() {
                let start = (vertical.first + offset) * image.rowBytes
                for x in area.x..<area.endX {
                    let horizontal = columns[x - box.x]
                    var sum = SIMD3<Float>.zero
                    var place = start + horizontal.first * channels
                    for share in horizontal.weights {
                        let pixel =
                            channels == 3
                            ? SIMD3(
                                Float(image.pixels[place]), Float(image.pixels[place + 1]),
                                Float(image.pixels[place + 2]))
                            : SIMD3(repeating: Float(image.pixels[place]))
                        sum += pixel * share
                        place += channels
                    }
                    let target = (x - area.x) * 3
                    for channel in 0..<3 { line[target + channel] = sum[channel] }
                }
                for index in sums.indices { sums[index] += line[index] * weight }
            }
            let target = (y * width + area.x) * 3
            for index in sums.indices {
                picture.pixels[target + index] = UInt8(min(255, max(0, sums[index])).rounded())
            }
        }
    }

    /// What ``draw(_:in:)`` gives for an RGB picture of the box's size, which lies in this one.
    private func copy(_ image: PixelBuffer, to box: Box) {
        guard let source = image.pixels.baseAddress, let target = picture.pixels.baseAddress else { return }
        for y in 0..<box.height {
            (target + ((box.y + y) * width + box.x) * 3)
                .update(from: source + y * image.rowBytes, count: image.rowBytes)
        }
    }
}

/// The weights for resampling one length to another.
enum TentFilter {
    /// The sources of one output sample: source samples from `first` on, with weights that sum to 1.
    struct Taps {
        let first: Int
        let weights: [Float]
    }

    static func weights(from source: Int, to target: Int) -> [Taps] {
        let scale = Double(source) / Double(target)
        let reach = max(1, scale)
        return (0..<target).map { index in
            let centre = (Double(index) + 0.5) * scale
            let first = max(0, Int((centre - reach).rounded(.down)))
            let end = min(source, Int((centre + reach).rounded(.up)))
            let raw = (first..<end).map { max(0, 1 - abs(Double($0) + 0.5 - centre) / reach) }
            let sum = raw.reduce(0, +)
            let skipped = raw.prefix { $0 == 0 }.count
            return Taps(first: first + skipped, weights: raw[skipped...].filter { $0 > 0 }.map { Float($0 / sum) })
        }
    }
}
