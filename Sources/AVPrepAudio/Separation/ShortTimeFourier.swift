import CFFTW
import Foundation

/// The short-time Fourier transform of a sound, and the sound of one: Hann windows (periodic) from sample 0 on, each
/// transformed with zeros behind it.
///
/// Read-only: any number of threads use it, each with its own ``Workspace``.
package final class ShortTimeFourier: @unchecked Sendable {
    // Sendable because plans are written only in init, and executing one is thread-safe.

    /// Samples of a window, and from one to the next.
    package let window: Int
    package let step: Int
    /// Samples of a transform, at least those of the window.
    package let length: Int
    private let weights: [Float]
    /// Squares of the weights that fall on one sample where windows overlap fully: the least of them.
    private let steadySum: Float
    private let forward: fftwf_plan
    private let backward: fftwf_plan

    /// - Throws: ``AudioError`` for sizes that make no transform.
    package init(window: Int, step: Int, length: Int) throws(AudioError) {
        guard window >= 2, step >= 1, step <= window / 2, length >= window, length <= 1 << 20 else {
            throw AudioError(
                .setting,
                "windows of \(window) samples every \(step), transformed as \(length): give 2 <= 2 · step <= window <= length"
            )
        }
        self.window = window
        self.step = step
        self.length = length
        let weights = (0..<window).map { Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(window))) }
        self.weights = weights
        steadySum =
            (0..<step).map { first in
                stride(from: first, to: window, by: step).reduce(Float(0)) { $0 + weights[$1] * weights[$1] }
            }.min() ?? 1
        let buffers = Workspace(length: length)
        var plans: (fftwf_plan?, fftwf_plan?)
        FourierPlan.exclusively {
            plans.0 = fftwf_plan_dft_r2c_1d(Int32(length), buffers.samples, buffers.spectrum, FFTW_ESTIMATE)
            plans.1 = fftwf_plan_dft_c2r_1d(Int32(length), buffers.spectrum, buffers.samples, FFTW_ESTIMATE)
        }
        guard let forward = plans.0, let backward = plans.1 else {
            throw AudioError(.plan, "FFTW has no plan for transforms of \(length) samples; choose another n_fft")
        }
        self.forward = forward
        self.backward = backward
    }

    deinit {
        FourierPlan.exclusively {
            fftwf_destroy_plan(forward)
            fftwf_destroy_plan(backward)
        }
    }

    package var bins: Int { length / 2 + 1 }

    /// Windows that lie within so many samples.
    package func frameCount(samples: Int) -> Int { samples < window ? 0 : 1 + (samples - window) / step }

    /// Samples that so many windows span.
    package func sampleCount(frames: Int) -> Int { frames < 1 ? 0 : (frames - 1) * step + window }

    package func makeWorkspace() -> Workspace { Workspace(length: length) }

    /// - Parameters:
    ///   - samples: those of ``sampleCount(frames:)`` or more.
    ///   - spectrum: `[frame, bin]`, real and imaginary part.
    package func transform(
        _ samples: UnsafeBufferPointer<Float>, into spectrum: UnsafeMutableBufferPointer<SIMD2<Float>>,
        _ workspace: Workspace
    ) {
        let frames = spectrum.count / bins
        precondition(samples.count >= sampleCount(frames: frames), "\(samples.count) samples for \(frames) windows")
        precondition(workspace.length == length, "the workspace of another transform")
        for frame in 0..<frames {
            for index in 0..<window { workspace.samples[index] = samples[frame * step + index] * weights[index] }
            for index in window..<length { workspace.samples[index] = 0 }
            fftwf_execute_dft_r2c(forward, workspace.samples, workspace.spectrum)
            for bin in 0..<bins {
                spectrum[frame * bins + bin] = SIMD2(workspace.spectrum[bin].0, workspace.spectrum[bin].1)
            }
        }
    }

    /// The sound whose windows come closest to a spectrum (Griffin & Lim, 1984): windows are weighted once more, added up, and
    /// divided by the sum of their squared weights.
    ///
    /// - Parameters:
    ///   - spectrum: `[frame, bin]`.
    ///   - samples: ``sampleCount(frames:)`` of them.
    ///   - leastSum: sums of squared weights count as at least this share of what they are where windows overlap: at either
    ///     end one window alone reaches a sample, nearly 0 there, and dividing by that would make noise of what is not a
    ///     transform of any sound. 0 divides by whatever there is.
    package func inverse(
        _ spectrum: UnsafeBufferPointer<SIMD2<Float>>, into samples: UnsafeMutableBufferPointer<Float>,
        leastSum: Float = 0.1, _ workspace: Workspace
    ) {
        let frames = spectrum.count / bins
        precondition(samples.count == sampleCount(frames: frames), "\(samples.count) samples for \(frames) windows")
        samples.update(repeating: 0)
        var sums = [Float](repeating: 0, count: samples.count)
        for frame in 0..<frames {
            for bin in 0..<bins {
                let value = spectrum[frame * bins + bin]
                workspace.spectrum[bin] = (value.x, value.y)
            }
            fftwf_execute_dft_c2r(backward, workspace.spectrum, workspace.samples)
            for index in 0..<window {
                samples[frame * step + index] += workspace.samples[index] * weights[index]
                sums[frame * step + index] += weights[index] * weights[index]
            }
        }
        let least = max(leastSum * steadySum, .leastNormalMagnitude)
        for index in samples.indices { samples[index] /= max(sums[index], least) * Float(length) }
    }

    /// What one thread computes with.
    package final class Workspace {
        fileprivate let length: Int
        fileprivate let samples: UnsafeMutablePointer<Float>
        fileprivate let spectrum: UnsafeMutablePointer<fftwf_complex>

        fileprivate init(length: Int) {
            // These fail only for lack of memory.
            guard let samples = fftwf_alloc_real(length), let spectrum = fftwf_alloc_complex(length / 2 + 1) else {
                fatalError("out of memory for a Fourier transform of \(length) samples")
            }
            samples.initialize(repeating: 0, count: length)
            spectrum.initialize(repeating: (0, 0), count: length / 2 + 1)
            self.length = length
            self.samples = samples
            self.spectrum = spectrum
        }

        deinit {
            fftwf_free(samples)
            fftwf_free(spectrum)
        }
    }
}
