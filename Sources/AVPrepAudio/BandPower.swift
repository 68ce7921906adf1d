import Foundation

/// The power of an audio frame in bands on a logarithmic frequency scale, with a Hann window.
///
/// One thread at a time.
final class BandPower {
    /// Samples per frame.
    let length: Int
    private let window: [Float]
    /// First bin of each band, and the end of the last.
    private let edges: [Int]
    private let plan: FourierPlan
    private let buffers: FourierPlan.Buffers
    private var power: [Float]

    /// - Parameters:
    ///   - length: samples per frame, a length that ``FourierPlan`` supports.
    ///   - bandsHz: from the lower edge of the lowest band to the upper edge of the highest one.
    init(length: Int, sampleRate: Int, bandCount: Int, bandsHz: ClosedRange<Double>) throws(AudioError) {
        self.length = length
        window = (0..<length).map { Float(0.5 - 0.5 * cos(2 * .pi * (Double($0) + 0.5) / Double(length))) }
        let ratio = bandsHz.upperBound / bandsHz.lowerBound
        edges = (0...bandCount).map { band in
            let hertz = bandsHz.lowerBound * pow(ratio, Double(band) / Double(bandCount))
            return Int((hertz * Double(length) / Double(sampleRate)).rounded())
        }
        plan = try FourierPlan.shared(length: length)
        buffers = plan.makeBuffers()
        power = [Float](repeating: 0, count: length / 2 + 1)
    }

    /// Sets a sample of the frame.
    func set(_ sample: Float, at place: Int) { buffers.input[place] = sample * window[place] }

    /// Transforms the frame, whose samples have all been set.
    ///
    /// - Returns: each band's sum over its bins, and their number, at least one.
    func bands() -> [(power: Float, bins: Int)] {
        plan.execute(buffers)
        power.withUnsafeMutableBufferPointer { power in
            // The transform's length is never 0, so there is an address.
            if let base = power.baseAddress { plan.power(ofRow: 0, buffers, into: base) }
        }
        return zip(edges, edges.dropFirst()).map { first, end in
            let bins = first..<max(first + 1, end)
            return (power[bins].reduce(0, +), bins.count)
        }
    }
}
