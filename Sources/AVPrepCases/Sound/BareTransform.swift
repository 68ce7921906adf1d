import CCases

/// FFTW's real transform with nothing around it: what spectrograms are measured against.
package final class BareTransform {
    /// How long FFTW looks for a plan.
    package enum Rigor: String, Sendable, CaseIterable {
        case estimate, measure, patient

        fileprivate var code: ccases_rigor {
            switch self {
            case .estimate: ccases_rigor_estimate
            case .measure: ccases_rigor_measure
            case .patient: ccases_rigor_patient
            }
        }
    }

    private let transform: OpaquePointer
    /// Transforms an execution. The cost of each is the same from 1 to 64.
    package let batch = 4

    /// Plans a batch of `fftwf_plan_many_dft_r2c`, on rows that begin at multiples of 64 bytes.
    ///
    /// FFTW's planner serves one thread at a time: no spectrogram may be planned meanwhile. FFTW's wisdom is forgotten.
    ///
    /// - Parameter length: in samples; any number from 1 on has a plan.
    package init(length: Int, rigor: Rigor) {
        guard let transform = ccases_transform_create(Int32(length), Int32(batch), rigor.code) else {
            fatalError("out of memory for a Fourier transform of \(batch) × \(length) samples")
        }
        self.transform = transform
    }

    deinit { ccases_transform_destroy(transform) }

    /// Transforms the batch once more.
    package func execute() { ccases_transform_execute(transform) }
}
