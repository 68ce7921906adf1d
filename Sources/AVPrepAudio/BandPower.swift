import Foundation

/// The power of one stretch of sound in bands on a logarithmic scale of frequency, through a Hann window.
///
/// For one thread at a time.
final class BandPower {
    /// Samples of a stretch.
    let length: Int
    private let window: [Float]
    /// First bin of each band, and the end of the last.
    private let edges: [Int]
    private let plan: FourierPlan
    private let buffers: FourierPlan.Buffers
    private var power: [Float]

    /// - Parameters:
    ///   - length: samples of a stretch, a length that ``FourierPlan`` takes.
    ///   - bandsHz: from the lowest band's beginning to the highest one's end.
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

    /// Sets a sample of the stretch.
    func set(_ sample: Float, at place: Int) { buffers.input[place] = sample * window[place] }

    /// Transforms the stretch whose samples have all been set.
    ///
    /// - Returns: each band's sum over its bins, at least one, and how many they are.
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
