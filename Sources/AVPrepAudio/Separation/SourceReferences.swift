import AVPrepAlgebra
import Foundation

/// How well one source was separated, in decibels (Vincent, Gribonval & Févotte, IEEE TASLP 14(4), 2006).
package struct SeparationScore: Sendable, Equatable, Codable {
    /// Signal to distortion: everything that is not the source.
    package var sdr: Double
    /// Signal to interference: what is left of the other sources.
    package var sir: Double
    /// Signal to artifacts: what is of none of the sources.
    package var sar: Double

    package init(sdr: Double, sir: Double, sar: Double) {
        self.sdr = sdr
        self.sir = sir
        self.sar = sar
    }
}

/// The true sources of a mixture, with which estimates are compared as `mir_eval.separation.bss_eval_sources` does: what of an
/// estimate is the source, filtered by 512 taps that fit best, counts as the source.
///
/// Correlations are summed one by one, in double precision: quick for seconds of sound, and the work grows with their length.
package struct SourceReferences {
    /// Taps of the filters by which a source may be distorted for free.
    package static let taps = 512

    private let sources: [[Double]]
    /// Inner products of all sources, each delayed by 0 to 511 samples.
    private let products: [Double]

    /// - Parameter sources: of the same length.
    /// - Returns: nil where one is empty or silent, has another length, or is not finite: nothing is defined then.
    package init?(_ sources: [[Float]]) {
        guard let length = sources.first?.count, sources.allSatisfy({ $0.count == length && Self.sounds($0) }) else {
            return nil
        }
        let doubles = sources.map { $0.map(Double.init) }
        self.sources = doubles
        products = Self.products(of: doubles)
    }

    /// Scores of estimates, each taken for the source of its place.
    ///
    /// - Returns: nil where an estimate is silent, not finite, or of another length, or there is another number of them.
    package func scores(_ estimates: [[Float]]) -> [SeparationScore]? {
        guard estimates.count == sources.count else { return nil }
        return scores(estimates, of: Array(sources.indices))
    }

    /// Scores in the order of the estimates that has the largest mean SIR, the first of several.
    ///
    /// - Returns: for each source its score and the place of its estimate; nil as in ``scores(_:)``.
    package func bestOrder(of estimates: [[Float]]) -> (scores: [SeparationScore], order: [Int])? {
        guard estimates.count == sources.count else { return nil }
        var table: [[SeparationScore]] = []
        for shift in sources.indices {
            // Column by column of a table whose diagonals are found together.
            let places = sources.indices.map { ($0 + shift) % sources.count }
            guard let found = scores(estimates, of: places) else { return nil }
            table.append(found)
        }
        func score(_ estimate: Int, _ source: Int) -> SeparationScore {
            table[(source - estimate + sources.count) % sources.count][estimate]
        }
        var best: (mean: Double, order: [Int])?
        for order in Self.orders(Array(sources.indices)) {
            let mean = order.enumerated().reduce(0) { $0 + score($1.element, $1.offset).sir } / Double(order.count)
            if best.map({ mean > $0.mean }) ?? true { best = (mean, order) }
        }
        guard let order = best?.order else { return nil }
        return (order.enumerated().map { score($0.element, $0.offset) }, order)
    }

    private static func orders(_ places: [Int]) -> [[Int]] {
        guard places.count > 1 else { return [places] }
        return places.flatMap { first in orders(places.filter { $0 != first }).map { [first] + $0 } }
    }

    private static func sounds(_ samples: [Float]) -> Bool {
        samples.contains { $0 != 0 } && samples.allSatisfy(\.isFinite)
    }

    private func scores(_ estimates: [[Float]], of places: [Int]) -> [SeparationScore]? {
        guard estimates.allSatisfy({ $0.count == sources[0].count && Self.sounds($0) }) else { return nil }
        let doubles = estimates.map { $0.map(Double.init) }
        let sides = doubles.map { estimate in sources.flatMap { Self.products(of: $0, with: estimate) } }
        guard let filters = LinearSolver.solve(products, sides) else { return nil }
        var scores: [SeparationScore] = []
        for (index, place) in zip(doubles.indices, places) {
            let side = Array(sides[index][place * Self.taps..<(place + 1) * Self.taps])
            guard let own = LinearSolver.solve(block(place), [side]) else { return nil }
            scores.append(
                score(
                    doubles[index], whole: filtered(by: filters[index], Array(sources.indices)),
                    source: filtered(by: own[0], [place])))
        }
        return scores
    }

    /// - Parameters:
    ///   - whole: what of the estimate is made of all sources.
    ///   - source: what of it is made of its own.
    private func score(_ estimate: [Double], whole: [Double], source: [Double]) -> SeparationScore {
        var (signal, all, interference, artifacts, distortion) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for index in whole.indices {
            let heard = index < estimate.count ? estimate[index] : 0
            signal += source[index] * source[index]
            all += whole[index] * whole[index]
            interference += (whole[index] - source[index]) * (whole[index] - source[index])
            artifacts += (heard - whole[index]) * (heard - whole[index])
            distortion += (heard - source[index]) * (heard - source[index])
        }
        func decibels(_ part: Double, _ rest: Double) -> Double { rest == 0 ? .infinity : 10 * log10(part / rest) }
        return SeparationScore(
            sdr: decibels(signal, distortion), sir: decibels(signal, interference), sar: decibels(all, artifacts))
    }

    /// The sum of the sources at these places, each by its filter.
    private func filtered(by filters: [Double], _ places: [Int]) -> [Double] {
        var sum = [Double](repeating: 0, count: sources[0].count + Self.taps - 1)
        sum.withUnsafeMutableBufferPointer { sum in
            for (index, place) in places.enumerated() {
                sources[place].withUnsafeBufferPointer { source in
                    for tap in 0..<Self.taps {
                        Algebra.add(filters[index * Self.taps + tap], times: source, to: sum, at: tap)
                    }
                }
            }
        }
        return sum
    }

    /// The part of ``products`` of one source with itself.
    private func block(_ source: Int) -> [Double] {
        let size = Self.taps * sources.count
        var block: [Double] = []
        block.reserveCapacity(Self.taps * Self.taps)
        for row in source * Self.taps..<(source + 1) * Self.taps {
            let first = row * size + source * Self.taps
            block += products[first..<first + Self.taps]
        }
        return block
    }

    private static func products(of sources: [[Double]]) -> [Double] {
        let size = taps * sources.count
        var products = [Double](repeating: 0, count: size * size)
        products.withUnsafeMutableBufferPointer { products in
            for first in sources.indices {
                for second in first..<sources.count {
                    // Of a delay a of the first and b of the second it depends on b - a alone.
                    let later = self.products(of: sources[first], with: sources[second])
                    let sooner = self.products(of: sources[second], with: sources[first])
                    for row in 0..<taps {
                        for column in 0..<taps {
                            let value: Double = row >= column ? later[row - column] : sooner[column - row]
                            let place = (first * taps + row, second * taps + column)
                            products[place.0 * size + place.1] = value
                            products[place.1 * size + place.0] = value
                        }
                    }
                }
            }
        }
        return products
    }

    /// The inner products of a source that is delayed by 0 to 511 samples, and another sound.
    private static func products(of source: [Double], with other: [Double]) -> [Double] {
        source.withUnsafeBufferPointer { source in
            other.withUnsafeBufferPointer { other in
                (0..<taps).map { delay in
                    let length = max(0, other.count - delay)
                    return Algebra.dot(source[..<length], other[(other.count - length)...])
                }
            }
        }
    }
}
