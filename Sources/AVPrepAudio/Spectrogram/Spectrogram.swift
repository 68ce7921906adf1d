import CKernels

/// Makes one kind of spectrogram.
///
/// Frame i is made of samples `[first + i·hop, first + i·hop + win_length)` and of no others, `first` being the settings'
/// ``SpectrogramSettings/firstSample``: 0, or half a transform before the sound under `center`. It belongs to the moment
/// of sample `i·hop`, with and without `center`.
///
/// The plan, window and filters are read-only and shared: make one spectrogram of a kind, use it from any thread, with
/// a ``Workspace`` for each.
///
///     let spectrogram = try Spectrogram(.avts)
///     let workspace = spectrogram.makeWorkspace()
///     spectrogram.compute(samples, into: values, workspace)
package final class Spectrogram: Sendable {
    package let settings: SpectrogramSettings
    /// Values per frame has: mel bands, or `n_fft / 2 + 1` Fourier bins.
    package let bins: Int
    /// The frequency each of them stands for, in Hz: of a Fourier bin, or of a mel band's peak.
    package let frequenciesHz: [Double]

    private let window: [Float]
    private let filters: MelFilterBank?
    private let plan: FourierPlan
    private let logarithm: SpectrumLogarithm

    /// Largest magnitude of a sample that is believed, where 1 is full scale. Its square, summed over the longest
    /// transform, still is a finite Float.
    package static let largestSample: Float = 1e6

    /// - Parameter wisdom: how to do the transform; nil leaves it to FFTW's estimate.
    /// - Throws: ``AudioError``: `setting` or `emptyBand` for settings that cannot work, `plan` when FFTW refuses, `wisdom`
    ///   when it refuses the wisdom.
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

    /// Buffers for one thread to compute with; about 70 KB for `n_fft` 1024.
    package final class Workspace {
        fileprivate let buffers: FourierPlan.Buffers
        /// A batch of power or magnitude spectra, each with zeros behind it for the filters.
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

    /// Frames that `samples` samples give: see ``SpectrogramSettings/frameCount(samples:)``.
    package func frameCount(samples: Int) -> Int { settings.frameCount(samples: samples) }

    /// Computes the spectrogram of a mono sound.
    ///
    /// - Parameters:
    ///   - samples: at the settings' sample rate, full scale 1. NaN, infinities and values beyond
    ///     ``largestSample``, which only a broken stream holds, count as 0.
    ///   - output: `[frame, bin]`, row-major. Its length says how many frames are wanted: at most
    ///     `frameCount(samples:)`; fewer where the samples past them are given to be seen by the last frames.
    ///   - workspace: one that this spectrogram made, of the calling thread.
    /// - Returns: the number of samples that counted as 0 for being broken.
    /// - Complexity: O(frames · n_fft · log n_fft), no allocation.
    @discardableResult
    package func compute(
        _ samples: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>, _ workspace: Workspace
    ) -> Int {
        let frames = output.count / bins
        precondition(
            output.count == frames * bins && frames <= frameCount(samples: samples.count),
            "\(output.count) values are no spectrogram of \(samples.count) samples")
        guard frames > 0, let result = output.baseAddress, let sound = samples.baseAddress else { return 0 }
        let broken = Int(ckernels_spectrum_broken(sound, Int64(samples.count), Self.largestSample))
        for first in stride(from: 0, to: frames, by: FourierPlan.batch) {
            let count = min(FourierPlan.batch, frames - first)
            for index in 0..<count {
                taper(samples, frame: first + index, row: index, workspace.buffers, isBroken: broken > 0)
            }
            // Rows past `count` keep what an earlier batch left there; their transforms are not looked at.
            plan.execute(workspace.buffers)
            let place = result + first * bins
            finish(rows: count, workspace, into: place)
            logarithm.apply(to: place, count: count * bins)
        }
        return broken
    }

    /// Writes the samples of `frame`, times the window, to a row of the transform's input. The row is zero past the
    /// window and stays so.
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

    /// Makes frames of the result, but for the logarithm, of the first rows of the transform's output.
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
    /// The sample at a place that may lie before the first or after the last one: what the padding says.
    fileprivate func sample(_ place: Int, of samples: UnsafeBufferPointer<Float>) -> Float {
        if samples.indices.contains(place) { return samples[place] }
        let last = samples.count - 1
        guard center, last >= 0 else { return 0 }
        switch padding {
        case .constant: return 0
        case .edge: return samples[min(max(place, 0), last)]
        case .reflect:
            guard last > 0 else { return samples[0] }
            // To and fro: a triangular wave of period 2·last.
            let phase = (place % (2 * last) + 2 * last) % (2 * last)
            return samples[min(phase, 2 * last - phase)]
        }
    }
}
