extension SpectrogramSettings {
    /// Longest Fourier transform, in samples: 0.34 s at 192 kHz.
    package static let longestTransform = 65_536
    /// Highest sample rate, in Hz.
    package static let highestSampleRate = 768_000

    /// `fmax` with its default resolved, in Hz.
    package var highestFrequencyHz: Double { maxFrequencyHz == 0 ? Double(sampleRate) / 2 : maxFrequencyHz }

    /// Checks the range and the consistency of every value.
    ///
    /// - Throws: ``AudioError`` with `setting`, naming the first invalid value by its key in the pipeline file.
    package func check() throws(AudioError) {
        let letters = "abcdefghijklmnopqrstuvwxyz"
        try require(
            name.first.map(letters.contains) == true && name.allSatisfy { (letters + "0123456789_").contains($0) }
                && name != "pcm",
            "its name must begin with a letter and consist of a-z, 0-9 and _; \"pcm\" is reserved for the waveform")
        try require(
            (1...Self.highestSampleRate).contains(sampleRate),
            "sr \(sampleRate) is not in 1 ... \(Self.highestSampleRate) Hz")
        try require(
            (2...Self.longestTransform).contains(fftLength),
            "n_fft \(fftLength) is not in 2 ... \(Self.longestTransform)")
        try require(windowLength >= 1, "win_length \(windowLength) is not positive")
        try require(
            windowLength <= fftLength,
            "win_length \(windowLength) is longer than n_fft \(fftLength); lower win_length or raise n_fft")
        try require(
            (1...Self.highestSampleRate).contains(hopLength),
            "hop_length \(hopLength) is not in 1 ... \(Self.highestSampleRate)")
        try require(power == 1 || power == 2, "power \(power) is neither 1 (magnitude) nor 2 (power)")
        // Below the smallest normal Float, amin would vanish and log(0) could occur.
        try require(
            amin >= Double(Float.leastNormalMagnitude) && amin <= Double(Float.greatestFiniteMagnitude),
            "amin \(amin) is not a positive number of at least 1.2e-38")
        try require(reference > 0 && reference.isFinite, "ref \(reference) is not a positive number")
        // With larger values, loud signals would not be finite.
        try require(gain >= 1e-12 && gain <= 1e12, "gain \(gain) is not in 1e-12 ... 1e12")
        try require(scale >= 1e-6 && scale <= 1e6, "scale \(scale) is not in 1e-6 ... 1e6")
        try require(topDecibels >= 0 && topDecibels.isFinite, "top_db \(topDecibels) is not a number of at least 0")
        try require(
            logarithm.isDecibel || !referenceIsMaximum && topDecibels == 0,
            "ref: max and top_db need decibels; set log: power_to_db or amplitude_to_db, or remove them")
        if kind == .mel { try checkBands() }
    }

    private func checkBands() throws(AudioError) {
        let nyquist = Double(sampleRate) / 2
        try require(
            (1...fftLength).contains(melBands), "n_mels \(melBands) is not in 1 ... n_fft (\(fftLength))")
        try require(
            highestFrequencyHz > 0 && highestFrequencyHz <= nyquist,
            "fmax \(maxFrequencyHz) Hz is not between 0 and half of sr (\(nyquist) Hz)")
        try require(
            minFrequencyHz >= 0 && minFrequencyHz < highestFrequencyHz,
            "fmin \(minFrequencyHz) Hz is not between 0 and fmax (\(highestFrequencyHz) Hz)")
    }

    private func require(_ holds: Bool, _ problem: @autoclosure () -> String) throws(AudioError) {
        guard holds else { throw AudioError(.setting, "spectrogram \(name): \(problem())") }
    }
}
