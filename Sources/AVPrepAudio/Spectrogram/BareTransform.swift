import CFFTW

/// FFTW's plain real transform: the baseline that the spectrogram's speed is compared with.
package final class BareTransform {
    /// FFTW's planning effort.
    package enum Rigor: String, Sendable, CaseIterable {
        case estimate, measure, patient
    }

    private let plan: fftwf_plan
    private let input: UnsafeMutablePointer<Float>
    private let output: UnsafeMutablePointer<fftwf_complex>
    /// Number of transforms per execution.
    package let batch = FourierPlan.batch

    /// Plans a batch of `fftwf_plan_many_dft_r2c`, on rows aligned to 64 bytes.
    ///
    /// - Throws: ``AudioError`` with `plan` when FFTW has none for this length.
    package init(length: Int, rigor: Rigor) throws(AudioError) {
        let inputStride = (length + 15) / 16 * 16
        let outputStride = (length / 2 + 1 + 7) / 8 * 8
        guard let input = fftwf_alloc_real(batch * inputStride), let output = fftwf_alloc_complex(batch * outputStride)
        else { fatalError("out of memory for a Fourier transform of \(batch) × \(length) samples") }
        var size = Int32(length)
        let flag =
            switch rigor {
            case .estimate: FFTW_ESTIMATE
            case .measure: FFTW_MEASURE
            case .patient: FFTW_PATIENT
            }
        let count = Int32(batch)
        var plan: fftwf_plan?
        FourierPlan.exclusively {
            // Results of another planning effort must not be reused.
            fftwf_forget_wisdom()
            defer { fftwf_forget_wisdom() }
            plan = fftwf_plan_many_dft_r2c(
                1, &size, count, input, nil, 1, Int32(inputStride), output, nil, 1, Int32(outputStride), flag)
        }
        guard let plan else {
            throw AudioError(.plan, "FFTW has no plan for transforms of \(length) samples; choose another n_fft")
        }
        for index in 0..<batch * inputStride { input[index] = Float(index % 251) / 251 - 0.5 }
        self.plan = plan
        self.input = input
        self.output = output
    }

    deinit {
        fftwf_destroy_plan(plan)
        fftwf_free(input)
        fftwf_free(output)
    }

    /// Executes the batch once.
    package func execute() { fftwf_execute(plan) }
}
