import CKernels

/// Computes one kind of spectrogram.
///
/// Frame i is computed from samples `[first + i·hop, first + i·hop + win_length)` only, where `first` is the settings'
/// ``SpectrogramSettings/firstSample``: 0, or half a transform before the signal under `center`. Its time is that of
/// sample `i·hop`, with and without `center`.
///
/// The plan, window and filters are read-only and shared: make one spectrogram of a kind and use it from any thread,
/// with one ``Workspace`` per thread.
///
///     let spectrogram = try Spectrogram(.avts)
///     let workspace = spectrogram.makeWorkspace()
///     spectrogram.compute(samples, into: values, workspace)
package final class Spectrogram: Sendable {
    package let settings: SpectrogramSettings
    /// Values per frame: mel bands, or `n_fft / 2 + 1` Fourier bins.
    package let bins: Int
    /// The frequency of each value, in Hz: of a Fourier bin, or of a mel band's peak.
    package let frequenciesHz: [Double]

    private let window: [Float]
    private let filters: MelFilterBank?
    private let plan: FourierPlan
    private let logarithm: SpectrumLogarithm

    /// Largest valid magnitude of a sample, where 1 is full scale. Its square, summed over the longest transform, is
    /// still a finite Float.
    package static let largestSample: Float = 1e6

    /// - Parameter wisdom: selects the algorithm of the transform; nil leaves it to FFTW's estimate.
    /// - Throws: ``AudioError``: `setting` or `emptyBand` for invalid settings, `plan` when FFTW has no plan, `wisdom`
    ///   when it rejects the wisdom.
    package init(_ settings: SpectrogramSettings, wisdom: TransformWisdom? = nil) throws(AudioError) {
        try settings.check()
        self.settings = settings
        window = settings.window.coefficients(length: settings.windowLength, periodic: settings.periodicWindow)
        bins = settings.bins
        switch settings.kind {
        case .mel:
            let filters = try MelFilterBank(settings)
            frequenciesHz = filters.centresHz
            self.filters = filters
        case .linear:
            let binHz = Double(settings.sampleRate) / Double(settings.fftLength)
            frequenciesHz = (0..<settings.bins).map { Double($0) * binHz }
            filters = nil
        }
        logarithm = SpectrumLogarithm(settings)
        plan = try FourierPlan.shared(length: settings.fftLength, wisdom: wisdom)
    }

    /// Buffers for one thread; about 70 KB for `n_fft` 1024.
    package final class Workspace {
        fileprivate let buffers: FourierPlan.Buffers
        /// A batch of power or magnitude spectra, each zero-padded for the filters.
        fileprivate let spectra: UnsafeMutablePointer<Float>

        fileprivate init(buffers: FourierPlan.Buffers, spectrumLength: Int) {
            self.buffers = buffers
            let count = FourierPlan.batch * spectrumLength
            spectra = .allocate(capacity: count)
            spectra.initialize(repeating: 0, count: count)
        }

        deinit { spectra.deallocate() }
    }

    package func makeWorkspace() -> Workspace {
        Workspace(buffers: plan.makeBuffers(), spectrumLength: filters?.paddedBins ?? 0)
    }

    /// Number of frames for this number of samples: see ``SpectrogramSettings/frameCount(samples:)``.
    package func frameCount(samples: Int) -> Int { settings.frameCount(samples: samples) }

    /// Computes the spectrogram of a mono signal.
    ///
    /// - Parameters:
    ///   - samples: at the settings' sample rate, full scale 1. NaN, infinities and values beyond ``largestSample``,
    ///     which occur only in broken streams, count as 0.
    ///   - output: `[frame, bin]`, row-major. Its length determines the number of frames: at most
    ///     `frameCount(samples:)`; fewer where the samples past them are needed by the last frames.
    ///   - workspace: made by this spectrogram, of the calling thread.
    /// - Returns: the number of broken samples, which counted as 0.
    /// - Complexity: O(frames · n_fft · log n_fft), no allocation.
    @discardableResult
    package func compute(
        _ samples: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>, _ workspace: Workspace
    ) -> Int {
        let frames = output.count / bins
        precondition(
            output.count == frames * bins && frames <= frameCount(samples: samples.count),
            "\(output.count) values do not fit a spectrogram of \(samples.count) samples")
        guard frames > 0, let result = output.baseAddress, let sound = samples.baseAddress else { return 0 }
        let broken = Int(ckernels_spectrum_broken(sound, Int64(samples.count), Self.largestSample))
        for first in stride(from: 0, to: frames, by: FourierPlan.batch) {
            let count = min(FourierPlan.batch, frames - first)
            for index in 0..<count {
                taper(samples, frame: first + index, row: index, workspace.buffers, isBroken: broken > 0)
            }
            // Rows past `count` keep data of an earlier batch; their transforms are ignored.
            plan.execute(workspace.buffers)
            let place = result + first * bins
            finish(rows: count, workspace, into: place)
            logarithm.apply(to: place, count: count * bins)
        }
        return broken
    }

    /// Writes the windowed samples of `frame` to a row of the transform's input. The row is zero past the window and
    /// stays so.
    private func taper(
        _ samples: UnsafeBufferPointer<Float>, frame: Int, row: Int, _ buffers: FourierPlan.Buffers, isBroken: Bool
    ) {
        let start = settings.firstSample + frame * settings.hopLength
        let input = buffers.input + row * buffers.inputStride
        let count = Int64(settings.windowLength)
        guard let sound = samples.baseAddress else { return }
        let isWithin = start >= 0 && start + settings.windowLength <= samples.count
        if isWithin && !isBroken {
            ckernels_spectrum_taper(sound + start, window, count, input)
        } else {
            for index in 0..<settings.windowLength { input[index] = settings.sample(start + index, of: samples) }
            ckernels_spectrum_taper_limited(input, window, count, Self.largestSample, input)
        }
    }

    /// Computes frames, without the logarithm, from the first rows of the transform's output.
    private func finish(rows: Int, _ workspace: Workspace, into result: UnsafeMutablePointer<Float>) {
        let spectra = filters == nil ? result : workspace.spectra
        let stride = filters?.paddedBins ?? bins
        for row in 0..<rows {
            plan.power(ofRow: row, workspace.buffers, into: spectra + row * stride)
            if settings.power == 1 && !logarithm.takesRoot {
                ckernels_spectrum_square_root(spectra + row * stride, Int64(settings.fftLength / 2 + 1))
            }
        }
        filters?.project(spectra, count: rows, into: result)
    }
}

extension SpectrogramSettings {
    /// The sample at a position that may lie before the first or after the last one, according to the padding.
    fileprivate func sample(_ place: Int, of samples: UnsafeBufferPointer<Float>) -> Float {
        if samples.indices.contains(place) { return samples[place] }
        let last = samples.count - 1
        guard center, last >= 0 else { return 0 }
        switch padding {
        case .constant: return 0
        case .edge: return samples[min(max(place, 0), last)]
        case .reflect:
            guard last > 0 else { return samples[0] }
            // Reflection: a triangular wave of period 2·last.
            let phase = (place % (2 * last) + 2 * last) % (2 * last)
            return samples[min(phase, 2 * last - phase)]
        }
    }
}
