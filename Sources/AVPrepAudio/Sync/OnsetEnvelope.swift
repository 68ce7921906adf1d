import Foundation

/// Onset strength of audio, a hundred values per second: spectral flux.
///
/// The sum over bands of the rise of each band's level since the previous frame (Bello and others, "A Tutorial on Onset
/// Detection in Music Signals", doi:10.1109/TSA.2005.851998). Levels are logarithms above a floor that follows the
/// loudest frame, so that volume does not matter.
///
/// One thread at a time.
package final class OnsetEnvelope {
    /// Values per second.
    package static let rate = 100
    private static let bandCount = 16
    private static let bandsHz = 100.0...7000.0
    /// The floor, as a fraction of the power of the loudest band of all frames.
    private static let floorShare: Float = 1e-4

    private let hop: Int
    private let stretch: BandPower

    /// - Parameter sampleRate: at least 16,000, a multiple of ``rate``.
    package init(sampleRate: Int) throws(AudioError) {
        precondition(sampleRate >= 16_000 && sampleRate % Self.rate == 0, "invalid rate \(sampleRate) Hz")
        hop = sampleRate / Self.rate
        // About 30 ms.
        stretch = try BandPower(
            length: sampleRate / 32 / 16 * 16, sampleRate: sampleRate, bandCount: Self.bandCount, bandsHz: Self.bandsHz)
    }

    /// One value per whole hundredth of a second: value i is the change at `i / rate` seconds.
    package func envelope(of mono: [Float]) -> [Float] {
        let count = mono.count / hop
        var bands = [[Float]]()
        bands.reserveCapacity(count)
        for index in 0..<count {
            // Its centre is at the start of the value's hundredth.
            let first = index * hop - stretch.length / 2
            for place in 0..<stretch.length {
                let sample = first + place
                stretch.set(sample >= 0 && sample < mono.count ? mono[sample] : 0, at: place)
            }
            bands.append(stretch.bands().map(\.power))
        }
        let loudest = bands.lazy.map { $0.max() ?? 0 }.max() ?? 0
        guard loudest > 0 else { return [Float](repeating: 0, count: count) }
        let levels = bands.map { $0.map { log($0 + loudest * Self.floorShare) } }
        return levels.indices.map { index in
            guard index > 0 else { return 0 }
            return zip(levels[index], levels[index - 1]).reduce(0) { $0 + max(0, $1.0 - $1.1) }
        }
    }
}
