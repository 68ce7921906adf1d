import AVPrepAudio
import Foundation

/// The level of a video's entire sound.
struct SoundSummary: Sendable, Equatable, Codable {
    /// Root mean square, in dB relative to full scale.
    let decibels: Double
    let peakDecibels: Double
    /// Fraction of the samples at full scale.
    let clippedShare: Double
}

/// Measures a stream of mono sound: its overall level, and where it is silent. Memory does not grow with the length,
/// except for one entry per silent stretch.
struct SoundMeter {
    /// Silence is detected in pieces of this length.
    private static let pieceSeconds = 0.1

    private let sampleRate: Double
    private let silenceDecibels: Double
    private let pieceLength: Int
    private var silenceFinder: StretchFinder
    private var piece: [Float] = []
    private var sumOfSquares = 0.0
    private var clippedSamples = 0.0
    private var peak = 0.0
    private var sampleCount = 0

    /// - Parameters:
    ///   - sampleRate: in Hz.
    ///   - silenceDecibels: pieces below this level are silent.
    ///   - leastSeconds: shorter stretches do not count as silent.
    init(sampleRate: Int, silenceDecibels: Double, leastSeconds: Double) {
        self.sampleRate = Double(sampleRate)
        self.silenceDecibels = silenceDecibels
        pieceLength = Int(Self.pieceSeconds * Double(sampleRate))
        silenceFinder = StretchFinder(leastSeconds: leastSeconds)
    }

    /// The silent stretches that have ended, in seconds from the first sample.
    var silent: Stretches { silenceFinder.found }

    /// nil before the first sample.
    var summary: SoundSummary? {
        guard sampleCount > 0 else { return nil }
        func decibels(_ value: Double) -> Double {
            value > 0 ? max(AudioLevel.silenceDecibels, 20 * log10(value)) : AudioLevel.silenceDecibels
        }
        return SoundSummary(
            decibels: decibels((sumOfSquares / Double(sampleCount)).squareRoot()), peakDecibels: decibels(peak),
            clippedShare: clippedSamples / Double(sampleCount))
    }

    mutating func push(_ samples: UnsafeBufferPointer<Float>) {
        for sample in samples {
            piece.append(sample)
            if piece.count == pieceLength { closePiece() }
        }
    }

    /// Ends a silent stretch at the last sample.
    mutating func endStretch() {
        if !piece.isEmpty { closePiece() }
        silenceFinder.finish()
    }

    private mutating func closePiece() {
        let level = piece.withUnsafeBufferPointer { AudioLevel(of: $0) }
        silenceFinder.push(
            level.isSilent(below: silenceDecibels), from: Double(sampleCount) / sampleRate,
            to: Double(sampleCount + piece.count) / sampleRate)
        let count = Double(piece.count)
        sumOfSquares += level.rootMeanSquare * level.rootMeanSquare * count
        clippedSamples += level.clippedShare * count
        peak = max(peak, level.peak)
        sampleCount += piece.count
        piece.removeAll(keepingCapacity: true)
    }
}
