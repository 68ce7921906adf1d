import Foundation

/// A spectrum as networks take and give it (Owens & Efros 2018): decibels from -100 to 80, or in other bounds, as -1 to 1, and
/// the phase over π. What is quieter or louder counts as the nearest of them; at the lower one it is silence.
/// The bin of half the sample rate is left out, so that sizes are powers of two.
package struct LogSpectrum {
    private let decibels: ClosedRange<Float>
    /// Amplitudes below this count as this.
    private let floor: Float
    private let fourier: ShortTimeFourier
    private let workspace: ShortTimeFourier.Workspace
    private var spectrum: [SIMD2<Float>]
    /// Windows and bins of what is taken and given.
    package let frames: Int
    package var bins: Int { fourier.bins - 1 }
    /// Samples that the windows span.
    package var sampleCount: Int { fourier.sampleCount(frames: frames) }
    /// Numbers of one plane, `[frame, bin]`.
    package var planeCount: Int { frames * bins }

    /// - Parameters:
    ///   - frames: windows of each sound, at least one.
    ///   - decibels: what -1 and 1 stand for.
    package init(_ fourier: ShortTimeFourier, frames: Int, decibels: ClosedRange<Float> = -100...80) {
        precondition(frames > 0, "a spectrum of \(frames) windows")
        precondition(decibels.lowerBound < decibels.upperBound, "decibels from \(decibels)")
        self.decibels = decibels
        floor = pow(10, decibels.lowerBound / 20)
        self.fourier = fourier
        self.frames = frames
        workspace = fourier.makeWorkspace()
        spectrum = Array(repeating: .zero, count: frames * fourier.bins)
    }

    /// - Parameters:
    ///   - samples: ``sampleCount`` of them.
    ///   - planes: loudness, then phase: twice ``planeCount``.
    package mutating func encode(_ samples: UnsafeBufferPointer<Float>, into planes: UnsafeMutableBufferPointer<Float>)
    {
        precondition(planes.count == 2 * planeCount, "\(planes.count) numbers for two planes of \(planeCount)")
        let (count, planeCount, whole) = (bins, planeCount, fourier.bins)
        let width = decibels.upperBound - decibels.lowerBound
        spectrum.withUnsafeMutableBufferPointer { spectrum in
            fourier.transform(samples, into: spectrum, workspace)
            for frame in 0..<frames {
                for bin in 0..<count {
                    let value = spectrum[frame * whole + bin]
                    let amplitude = (value.x * value.x + value.y * value.y).squareRoot()
                    let loudness = 20 * log10(max(amplitude, floor))
                    let place = frame * count + bin
                    planes[place] = max(-1, min(1, 2 * (loudness - decibels.lowerBound) / width - 1))
                    planes[planeCount + place] = max(-1, min(1, atan2(value.y, value.x) / .pi))
                }
            }
        }
    }

    /// The sound of a spectrum.
    ///
    /// - Parameters:
    ///   - loudness: one plane; what is not a number counts as silence.
    ///   - phase: one plane.
    ///   - samples: ``sampleCount`` of them.
    package mutating func decode(
        loudness: UnsafeBufferPointer<Float>, phase: UnsafeBufferPointer<Float>,
        into samples: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(loudness.count == planeCount && phase.count == planeCount, "planes of other sizes")
        let (count, whole) = (bins, fourier.bins)
        let (width, quietest) = (decibels.upperBound - decibels.lowerBound, decibels.lowerBound)
        spectrum.withUnsafeMutableBufferPointer { spectrum in
            for frame in 0..<frames {
                for bin in 0..<count {
                    let place = frame * count + bin
                    let (level, angle) = (loudness[place], phase[place] * .pi)
                    let isSound = level.isFinite && angle.isFinite && level > -1
                    let amplitude = pow(10, ((min(level, 1) + 1) / 2 * width + quietest) / 20)
                    spectrum[frame * whole + bin] =
                        isSound ? SIMD2(amplitude * cos(angle), amplitude * sin(angle)) : .zero
                }
                spectrum[frame * whole + count] = .zero
            }
            fourier.inverse(UnsafeBufferPointer(spectrum), into: samples, workspace)
        }
    }

    /// The loudness of one sound of two: its share of the mixture's power, bin by bin, by the loudness of both (Wiener's filter).
    ///
    /// - Parameters: loudness, one plane each; of what is not a number the share is a half.
    package func share(of own: ArraySlice<Float>, beside other: ArraySlice<Float>, in mixture: ArraySlice<Float>)
        -> [Float]
    {
        let width = decibels.upperBound - decibels.lowerBound
        return zip(zip(own, other), mixture).map { pair, mixture in
            let difference = (pair.0 - pair.1) / 2 * width
            let share = 1 / (1 + pow(10, -(difference.isFinite ? difference : 0) / 10))
            // The lower bound is silence, and no share of silence is a sound.
            return mixture > -1 ? mixture + 2 * 20 * log10(max(share, 1e-30)) / width : -1
        }
    }
}
