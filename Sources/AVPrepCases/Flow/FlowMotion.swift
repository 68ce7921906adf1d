import AVPrepCore
import Foundation

/// The map of every point of the plane from the first picture to the second, and its inverse.
enum FlowMotion {
    case similarity(Similarity)
    case wave(Wave)

    static func drawn(_ kind: FlowCase.Kind, width: Int, height: Int, _ random: inout SeededRandom) -> FlowMotion {
        let similarity = Similarity.drawn(kind, width: width, height: height, &random)
        guard kind == .wave else { return .similarity(similarity) }
        return .wave(Wave(similarity, width: width, height: height, &random))
    }

    func apply(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        switch self {
        case .similarity(let similarity): similarity.apply(x, y)
        case .wave(let wave): wave.apply(x, y)
        }
    }

    func inverse(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        switch self {
        case .similarity(let similarity): similarity.inverse(x, y)
        case .wave(let wave): wave.inverse(x, y)
        }
    }
}

/// Rotation and scaling about the picture's centre, and translation.
struct Similarity {
    let cosine: Double
    let sine: Double
    let shiftX: Double
    let shiftY: Double
    let middleX: Double
    let middleY: Double

    init(_ width: Int, _ height: Int, shift: (x: Double, y: Double), degrees: Double = 0, zoom: Double = 1) {
        cosine = zoom * cos(degrees * .pi / 180)
        sine = zoom * sin(degrees * .pi / 180)
        (shiftX, shiftY) = shift
        middleX = Double(width - 1) / 2
        middleY = Double(height - 1) / 2
    }

    fileprivate static func drawn(_ kind: FlowCase.Kind, width: Int, height: Int, _ random: inout SeededRandom)
        -> Similarity
    {
        func shift(_ least: Double, _ most: Double) -> (x: Double, y: Double) {
            let length = random.uniform(least...most)
            let angle = random.uniform(0...(2 * .pi))
            // Most motion in videos is horizontal.
            return (length * cos(angle), 0.6 * length * sin(angle))
        }
        func eitherWay(_ range: ClosedRange<Double>) -> Double {
            random.below(2) == 0 ? random.uniform(range) : -random.uniform(range)
        }
        switch kind {
        case .small: return Similarity(width, height, shift: shift(0.1, 1.5))
        case .medium: return Similarity(width, height, shift: shift(2, 8))
        case .large: return Similarity(width, height, shift: shift(Double(width) / 38, Double(width) / 16))
        case .rotation: return Similarity(width, height, shift: shift(0, 1), degrees: eitherWay(1...5))
        case .zoom: return Similarity(width, height, shift: shift(0, 1), zoom: 1 + eitherWay(0.02...0.07))
        case .occlusion: return Similarity(width, height, shift: shift(0, 3))
        case .wave: return Similarity(width, height, shift: shift(0, 6))
        case .crowd:
            return Similarity(
                width, height, shift: shift(0, 3), degrees: eitherWay(0...2), zoom: 1 + eitherWay(0...0.02))
        case .noise, .light:
            return Similarity(
                width, height, shift: shift(0, 3), degrees: eitherWay(0...1), zoom: 1 + eitherWay(0...0.01))
        }
    }

    func apply(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        let (dx, dy) = (x - middleX, y - middleY)
        return (cosine * dx - sine * dy + middleX + shiftX, sine * dx + cosine * dy + middleY + shiftY)
    }

    func inverse(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        let (dx, dy) = (x - middleX - shiftX, y - middleY - shiftY)
        let square = cosine * cosine + sine * sine
        return ((cosine * dx + sine * dy) / square + middleX, (cosine * dy - sine * dx) / square + middleY)
    }
}

/// A similarity followed by a warp: x displaced by a sine of y and y by a sine of x.
struct Wave {
    private let similarity: Similarity
    private let swingX: Swing
    private let swingY: Swing

    /// A periodic displacement of up to `height` pixels with wavelength `length`.
    private struct Swing {
        let height: Double
        let length: Double
        let phase: Double

        /// The gradient is at most a quarter, so that nothing folds over.
        init(_ size: Int, _ random: inout SeededRandom) {
            length = Double(size) * random.uniform(0.4...1)
            height = min(6, 0.25 * length / (2 * .pi)) * random.uniform(0.3...1)
            phase = random.uniform(0...(2 * .pi))
        }

        func at(_ place: Double) -> Double { height * sin(2 * .pi * place / length + phase) }
    }

    init(_ similarity: Similarity, width: Int, height: Int, _ random: inout SeededRandom) {
        self.similarity = similarity
        swingX = Swing(height, &random)
        swingY = Swing(width, &random)
    }

    func inverse(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        similarity.inverse(x - swingX.at(y), y - swingY.at(x))
    }

    /// The point that ``inverse(_:_:)`` maps here. Each iteration reduces the error at least fourfold.
    func apply(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        let moved = similarity.apply(x, y)
        var found = moved
        for _ in 0..<30 { found = (moved.x + swingX.at(found.y), moved.y + swingY.at(found.x)) }
        return found
    }
}
