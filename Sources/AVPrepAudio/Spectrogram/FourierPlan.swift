import CFFTW
import CKernels
import Foundation
import Synchronization

/// FFTW's plan for the power spectra of a batch of real signals in single precision, and the buffers it runs on.
///
/// A real transform of even length is taken as a complex one of half the length, whose result is untangled while the power
/// is computed: FFTW's complex transforms use whole vectors where its real ones mostly do not, and the transform with the
/// untangling takes less than half of `fftwf_plan_many_dft_r2c` by `FFTW_ESTIMATE`, and less than by `FFTW_PATIENT`. Odd
/// lengths take FFTW's real transform.
///
/// The plan itself is read-only: any number of threads execute it, each on a ``Buffers`` of its own (fftw.org,
/// "Thread safety": `fftwf_execute_dft` is, everything else is not). Plans of one length are one plan:
/// ``shared(length:wisdom:)``.
///
/// It is made with `FFTW_ESTIMATE`, or as ``TransformWisdom`` says: never by measuring, since the same input has to give
/// the same bytes.
final class FourierPlan: @unchecked Sendable {
    // Sendable because `plan` is written in init alone, and executing a plan is thread-safe.
    private let plan: fftwf_plan
    /// Samples a transform.
    let length: Int
    /// Transforms a batch. The cost of each is the same from 1 to 64; with more than these, input and output do not fit into
    /// the innermost cache together, and the last batch of a short sound holds more idle ones.
    static let batch = 4
    /// cos and sin of 2πk / length for k = 0 ... length / 4. Empty for odd lengths.
    private let cosines: [Float]
    private let sines: [Float]

    private struct Key: Hashable {
        let length: Int
        let wisdom: TransformWisdom?
    }

    // FFTW's planner is not thread-safe: plans are made under the lock of those that there are. They stay until the process
    // ends, being few and small.
    private static let plans = Mutex<[Key: FourierPlan]>([:])

    /// The plan of this length, made when first asked for.
    ///
    /// - Parameter wisdom: what says how the transform is done; nil leaves it to FFTW's estimate.
    /// - Throws: ``AudioError``: `plan` when FFTW has none for this length, `wisdom` when it does not accept the wisdom, or
    ///   when that says nothing of this length.
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

    /// Runs `body` while nobody else makes plans.
    static func exclusively<Trouble>(_ body: () throws(Trouble) -> Void) throws(Trouble) {
        try plans.withLock { _ throws(Trouble) in try body() }
    }

    /// To be called while nobody else makes plans.
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
        // These buffers lend their alignment alone; the plan is executed on others that have the same.
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
                    "fftw_wisdom says nothing of transforms of \(length) samples; put in what avprep wisdom prints now")
            }
            throw AudioError(.plan, "FFTW has no plan for transforms of \(length) samples; choose another n_fft")
        }
        self.plan = plan
    }

    deinit { fftwf_destroy_plan(plan) }

    /// Buffers for one thread.
    func makeBuffers() -> Buffers { Buffers(length: length) }

    /// Transforms all rows of `buffers.input`. The input keeps its values.
    func execute(_ buffers: Buffers) {
        precondition(buffers.length == length, "buffers of another plan")
        if length % 2 == 0 {
            fftwf_execute_dft(plan, buffers.complexInput, buffers.output)
        } else {
            fftwf_execute_dft_r2c(plan, buffers.input, buffers.output)
        }
    }

    /// Writes |X|² of one row that was transformed: `length / 2 + 1` values.
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
    /// Rows start at multiples of 64 bytes, so that every transform of a batch meets the same alignment and rounds the
    /// same way: a frame's values do not depend on its place in the batch.
    final class Buffers {
        fileprivate let length: Int
        /// `[batch, inputStride]`, of which the first `length` of a row are transformed. Zero at the beginning.
        let input: UnsafeMutablePointer<Float>
        let inputStride: Int
        /// `[batch, outputStride]` pairs (real, imaginary).
        fileprivate let output: UnsafeMutablePointer<fftwf_complex>
        fileprivate let outputStride: Int

        fileprivate init(length: Int) {
            self.length = length
            inputStride = (length + 15) / 16 * 16
            outputStride = (length / 2 + 1 + 7) / 8 * 8
            // Only want of memory makes these fail.
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
