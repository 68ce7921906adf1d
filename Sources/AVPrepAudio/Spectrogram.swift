import CFFTW
import Foundation

/// Makes one kind of spectrogram.
///
/// Frame i is made of samples `[i·hop, i·hop + win_length)` and of no others: frame i of the spectrogram and sample
/// `i·hop` of the sound are simultaneous. In librosa's terms this is `center=False` with the window at the start of the
/// transform instead of its middle, which magnitudes cannot tell, but times can.
///
/// There is a frame for each whole hop (`samples / hop_length`, so 100 for 1 s at 16 kHz with a hop of 160). The last ones
/// reach past the end, where they see zeros.
///
/// The plan, window and filters are read-only and shared: make one spectrogram of a kind, use it from any thread, with
/// a ``Workspace`` for each.
///
///     let spectrogram = try Spectrogram(.avts)
///     let workspace = spectrogram.makeWorkspace()
///     spectrogram.compute(samples, into: values, workspace)
package final class Spectrogram: Sendable {
    package let settings: SpectrogramSettings
    /// Values a frame has: mel bands, or `n_fft / 2 + 1` Fourier bins.
    package let bins: Int
    /// The frequency each of them stands for, in Hz: of a Fourier bin, or of a mel band's peak.
    package let frequenciesHz: [Double]

    private let window: [Float]
    private let filters: MelFilterBank?
    private let plan: FourierPlan

    /// Frames transformed at a time. The cost a frame is the same from 1 to 64; more only cost memory, and idle
    /// transforms in the last batch of a short sound.
    private static let batch = 8

    /// Largest magnitude of a sample that is believed, where 1 is full scale. Its square, summed over the longest
    /// transform, still is a finite Float.
    package static let largestSample: Float = 1e6

    /// - Throws: ``AudioError``: `setting` or `emptyBand` for settings that cannot work, `plan` when FFTW refuses.
    package init(_ settings: SpectrogramSettings) throws(AudioError) {
        try settings.check()
        self.settings = settings
        window = settings.window.coefficients(length: settings.windowLength)
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
        plan = try FourierPlan(length: settings.fftLength, batch: Self.batch)
    }

    /// Buffers for one thread to compute with; about 70 KB for `n_fft` 1024.
    package final class Workspace {
        fileprivate let buffers: FourierPlan.Buffers
        /// One power or magnitude spectrum, and zeros behind it for the filters.
        fileprivate let spectrum: UnsafeMutableBufferPointer<Float>

        fileprivate init(buffers: FourierPlan.Buffers, spectrumCount: Int) {
            self.buffers = buffers
            spectrum = .allocate(capacity: spectrumCount)
            spectrum.initialize(repeating: 0)
        }

        deinit { spectrum.deallocate() }
    }

    package func makeWorkspace() -> Workspace {
        Workspace(
            buffers: plan.makeBuffers(),
            spectrumCount: filters?.paddedBins ?? bins)
    }

    /// Frames that `samples` samples give: one for each whole hop; 0 for less than a hop.
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
        guard frames > 0, let result = output.baseAddress else { return 0 }
        for first in stride(from: 0, to: frames, by: Self.batch) {
            let count = min(Self.batch, frames - first)
            for index in 0..<count { taper(samples, frame: first + index, row: index, workspace.buffers) }
            // Rows past `count` keep what an earlier batch left there; their transforms are not looked at.
            plan.execute(workspace.buffers)
            for index in 0..<count {
                finish(row: index, workspace, into: result + (first + index) * bins)
            }
        }
        return Self.countBroken(samples)
    }

    /// Writes the samples of `frame`, times the window, to a row of the transform's input. The row is zero past the
    /// window and stays so.
    private func taper(
        _ samples: UnsafeBufferPointer<Float>, frame: Int, row: Int, _ buffers: FourierPlan.Buffers
    ) {
        let start = frame * settings.hopLength
        let count = min(settings.windowLength, samples.count - start)
        let input = buffers.input + row * buffers.inputStride
        guard let samples = samples.baseAddress else { return }
        window.withUnsafeBufferPointer { window in
            for index in 0..<count {
                let sample = samples[start + index]
                // False for NaN too.
                input[index] = abs(sample) <= Self.largestSample ? sample * window[index] : 0
            }
        }
        (input + count).update(repeating: 0, count: settings.windowLength - count)
    }

    /// Makes one frame of the result of one row of the transform's output.
    private func finish(row: Int, _ workspace: Workspace, into result: UnsafeMutablePointer<Float>) {
        let transform = workspace.buffers.output + row * workspace.buffers.outputStride
        guard let filters else {
            Self.fill(result, with: transform, count: bins, power: settings.power)
            return takeLogarithm(result)
        }
        // A buffer of at least `n_fft / 2 + 1 ≥ 2` values has an address.
        guard let spectrum = workspace.spectrum.baseAddress else { return }
        Self.fill(spectrum, with: transform, count: filters.bins, power: settings.power)
        filters.project(spectrum, into: result)
        takeLogarithm(result)
    }

    private static func fill(
        _ spectrum: UnsafeMutablePointer<Float>, with transform: UnsafeMutablePointer<fftwf_complex>, count: Int,
        power: Int
    ) {
        for bin in 0..<count {
            let (real, imaginary) = transform[bin]
            spectrum[bin] = real * real + imaginary * imaginary
        }
        guard power == 1 else { return }
        for bin in 0..<count { spectrum[bin] = spectrum[bin].squareRoot() }
    }

    private func takeLogarithm(_ values: UnsafeMutablePointer<Float>) {
        let floor = Float(settings.floor)
        switch settings.logarithm {
        case .none: return
        case .natural:
            for bin in 0..<bins { values[bin] = log(max(values[bin], floor)) }
        case .decibel:
            let factor: Float = settings.power == 2 ? 10 : 20
            for bin in 0..<bins { values[bin] = factor * log10(max(values[bin], floor)) }
        }
    }

    private static func countBroken(_ samples: UnsafeBufferPointer<Float>) -> Int {
        var count: Int32 = 0
        for sample in samples { count &+= abs(sample) <= largestSample ? 0 : 1 }
        return Int(count)
    }
}
