import CFFTW
import CKernels
import Foundation
import Synchronization

/// FFTW's plan for the power spectra of a batch of real signals in single precision, and its buffers.
///
/// A real transform of even length is computed as a complex one of half the length, whose result is separated while the
/// power is computed: FFTW's complex transforms use whole vectors where its real ones mostly do not, and the transform
/// with the separation takes less than half of the time of `fftwf_plan_many_dft_r2c` with `FFTW_ESTIMATE`, and less
/// than with `FFTW_PATIENT`. Odd lengths use FFTW's real transform.
///
/// The plan itself is read-only: any number of threads execute it, each with its own ``Buffers`` (fftw.org, "Thread
/// safety": `fftwf_execute_dft` is thread-safe, everything else is not). Plans of one length are shared:
/// ``shared(length:wisdom:)``.
///
/// It is made with `FFTW_ESTIMATE`, or from a ``TransformWisdom``: never by measuring, since the same input has to give
/// the same bytes.
final class FourierPlan: @unchecked Sendable {
    // Sendable because `plan` is written only in init, and executing a plan is thread-safe.
    private let plan: fftwf_plan
    /// Samples per transform.
    let length: Int
    /// Transforms per batch. The cost of each is the same from 1 to 64; with more, input and output do not fit into the
    /// innermost cache together, and the last batch of a short signal holds more unused ones.
    static let batch = 4
    /// cos and sin of 2πk / length for k = 0 ... length / 4. Empty for odd lengths.
    private let cosines: [Float]
    private let sines: [Float]

    private struct Key: Hashable {
        let length: Int
        let wisdom: TransformWisdom?
    }

    // FFTW's planner is not thread-safe: plans are made under the lock of the plan cache. They live until the process
    // ends, being few and small.
    private static let plans = Mutex<[Key: FourierPlan]>([:])

    /// The plan of this length, made on first use.
    ///
    /// - Parameter wisdom: selects the algorithm; nil leaves it to FFTW's estimate.
    /// - Throws: ``AudioError``: `plan` when FFTW has none for this length, `wisdom` when it does not accept the
    ///   wisdom, or when the wisdom lacks this length.
    static func shared(length: Int, wisdom: TransformWisdom? = nil) throws(AudioError) -> FourierPlan {
        let key = Key(length: length, wisdom: wisdom)
        return try plans.withLock { plans throws(AudioError) in
            if let plan = plans[key] { return plan }
            let plan: FourierPlan
            if let wisdom {
                try wisdom.install()
                defer { fftwf_forget_wisdom() }
                plan = try FourierPlan(length: length, rigor: FFTW_PATIENT | FFTW_WISDOM_ONLY)
            } else {
                plan = try FourierPlan(length: length, rigor: FFTW_ESTIMATE)
            }
            plans[key] = plan
            return plan
        }
    }

    /// Runs `body` while holding the planner's lock.
    static func exclusively<Trouble>(_ body: () throws(Trouble) -> Void) throws(Trouble) {
        try plans.withLock { _ throws(Trouble) in try body() }
    }

    /// Must be called while holding the planner's lock.
    ///
    /// - Parameter rigor: FFTW's planner flag.
    init(length: Int, rigor: UInt32) throws(AudioError) {
        self.length = length
        let isHalved = length % 2 == 0
        let half = length / 2
        let angles = isHalved ? (0...half / 2).map { Double.pi * Double($0) / Double(half) } : []
        cosines = angles.map { Float(cos($0)) }
        sines = angles.map { Float(sin($0)) }
        let buffers = Buffers(length: length)
        // Only the alignment of these buffers matters; the plan is executed on others with the same alignment.
        var size = Int32(isHalved ? half : length)
        let count = Int32(Self.batch)
        let plan =
            if isHalved {
                fftwf_plan_many_dft(
                    1, &size, count, buffers.complexInput, nil, 1, Int32(buffers.inputStride / 2), buffers.output, nil,
                    1, Int32(buffers.outputStride), FFTW_FORWARD, rigor | FFTW_PRESERVE_INPUT)
            } else {
                fftwf_plan_many_dft_r2c(
                    1, &size, count, buffers.input, nil, 1, Int32(buffers.inputStride), buffers.output, nil, 1,
                    Int32(buffers.outputStride), rigor | FFTW_PRESERVE_INPUT)
            }
        guard let plan else {
            guard rigor & FFTW_WISDOM_ONLY == 0 else {
                throw AudioError(
                    .wisdom,
                    "fftw_wisdom has no entry for transforms of \(length) samples; replace it with the output of avprep wisdom"
                )
            }
            throw AudioError(.plan, "FFTW has no plan for transforms of \(length) samples; choose another n_fft")
        }
        self.plan = plan
    }

    deinit { fftwf_destroy_plan(plan) }

    /// Buffers for one thread.
    func makeBuffers() -> Buffers { Buffers(length: length) }

    /// Transforms all rows of `buffers.input`. The input is preserved.
    func execute(_ buffers: Buffers) {
        precondition(buffers.length == length, "the buffers belong to another plan")
        if length % 2 == 0 {
            fftwf_execute_dft(plan, buffers.complexInput, buffers.output)
        } else {
            fftwf_execute_dft_r2c(plan, buffers.input, buffers.output)
        }
    }

    /// Writes |X|² of one transformed row: `length / 2 + 1` values.
    func power(ofRow row: Int, _ buffers: Buffers, into power: UnsafeMutablePointer<Float>) {
        let transform = UnsafeRawPointer(buffers.output + row * buffers.outputStride).assumingMemoryBound(
            to: Float.self)
        if length % 2 == 0 {
            ckernels_spectrum_power_from_half(transform, cosines, sines, Int64(length / 2), power)
        } else {
            ckernels_spectrum_power(transform, Int64(length / 2 + 1), power)
        }
    }

    /// Input and output of one batch. Belongs to one thread.
    ///
    /// Rows start at multiples of 64 bytes, so that every transform of a batch has the same alignment and rounds the
    /// same way: a frame's values do not depend on its position in the batch.
    final class Buffers {
        fileprivate let length: Int
        /// `[batch, inputStride]`, of which the first `length` of a row are transformed. Initially zero.
        let input: UnsafeMutablePointer<Float>
        let inputStride: Int
        /// `[batch, outputStride]` pairs (real, imaginary).
        fileprivate let output: UnsafeMutablePointer<fftwf_complex>
        fileprivate let outputStride: Int

        fileprivate init(length: Int) {
            self.length = length
            inputStride = (length + 15) / 16 * 16
            outputStride = (length / 2 + 1 + 7) / 8 * 8
            // These fail only for lack of memory.
            guard let input = fftwf_alloc_real(batch * inputStride),
                let output = fftwf_alloc_complex(batch * outputStride)
            else { fatalError("out of memory for a Fourier transform of \(batch) × \(length) samples") }
            input.initialize(repeating: 0, count: batch * inputStride)
            output.initialize(repeating: (0, 0), count: batch * outputStride)
            self.input = input
            self.output = output
        }

        deinit {
            fftwf_free(input)
            fftwf_free(output)
        }

        /// The input as pairs of samples.
        fileprivate var complexInput: UnsafeMutablePointer<fftwf_complex> {
            UnsafeMutableRawPointer(input).assumingMemoryBound(to: fftwf_complex.self)
        }
    }
}
