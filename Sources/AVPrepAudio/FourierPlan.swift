import CFFTW
import Foundation

/// FFTW's plan for a batch of real Fourier transforms in single precision, and the buffers it runs on.
///
/// The plan itself is read-only: any number of threads execute it, each on a ``Buffers`` of its own (fftw.org,
/// "Thread safety": `fftwf_execute_dft_r2c` is, everything else is not).
///
/// It is made with `FFTW_ESTIMATE`. `FFTW_MEASURE` chooses by timing, so that two runs may take different algorithms,
/// whose results differ in the last bit; the same input has to give the same bytes.
final class FourierPlan: @unchecked Sendable {
    // Sendable because `plan` is written in init and deinit alone, and executing a plan is thread-safe.
    private let plan: fftwf_plan
    /// Samples a transform.
    let length: Int
    /// Transforms a batch.
    let batch: Int

    // FFTW's planner, plan destruction included, is not thread-safe.
    private static let planner = NSLock()

    /// - Throws: ``AudioError`` with `plan` when FFTW has none for this length.
    init(length: Int, batch: Int) throws(AudioError) {
        self.length = length
        self.batch = batch
        let buffers = Buffers(length: length, batch: batch)
        Self.planner.lock()
        defer { Self.planner.unlock() }
        var size = Int32(length)
        // These buffers lend their alignment alone; the plan is executed on others that have the same.
        let plan = fftwf_plan_many_dft_r2c(
            1, &size, Int32(batch), buffers.input, nil, 1, Int32(buffers.inputStride), buffers.output, nil, 1,
            Int32(buffers.outputStride), FFTW_ESTIMATE | FFTW_PRESERVE_INPUT)
        guard let plan else {
            throw AudioError(.plan, "FFTW has no plan for transforms of \(length) samples; choose another n_fft")
        }
        self.plan = plan
    }

    deinit {
        Self.planner.lock()
        fftwf_destroy_plan(plan)
        Self.planner.unlock()
    }

    /// Buffers for one thread.
    func makeBuffers() -> Buffers { Buffers(length: length, batch: batch) }

    /// Transforms all rows of `buffers.input` into `buffers.output`. The input keeps its values.
    func execute(_ buffers: Buffers) {
        precondition(buffers.length == length && buffers.batch == batch, "buffers of another plan")
        fftwf_execute_dft_r2c(plan, buffers.input, buffers.output)
    }

    /// Input and output of one batch. Belongs to one thread.
    ///
    /// Rows start at multiples of 64 bytes, so that every transform of a batch meets the same alignment and rounds the
    /// same way: a frame's values do not depend on its place in the batch.
    final class Buffers {
        fileprivate let length: Int
        fileprivate let batch: Int
        /// `[batch, inputStride]`, of which the first `length` of a row are transformed. Zero at the beginning.
        let input: UnsafeMutablePointer<Float>
        let inputStride: Int
        /// `[batch, outputStride]` pairs (real, imaginary), of which the first `length / 2 + 1` of a row are filled.
        let output: UnsafeMutablePointer<fftwf_complex>
        let outputStride: Int

        fileprivate init(length: Int, batch: Int) {
            self.length = length
            self.batch = batch
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
    }
}
