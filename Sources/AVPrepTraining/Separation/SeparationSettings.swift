package import AVPrepCore

/// How the sounds of mixtures are told apart (Owens & Efros, ECCV 2018, §5).
package struct SeparationSettings: Sendable, Equatable, StoredSettings {
    package enum Loss: String, Sendable, Codable, CaseIterable {
        /// The first sound is that of what is seen, the second is the other.
        case onOff = "on-off"
        /// Either order of the two counts, whichever fits better (Yu et al., ICASSP 2017).
        case permutationInvariant = "permutation-invariant"
    }

    package enum Phase: String, Sendable, Codable, CaseIterable {
        /// The network's.
        case predicted
        /// That of the mixture.
        case mixture
    }

    package enum Mask: String, Sendable, Codable, CaseIterable {
        /// Each sound is what the network finds.
        case none
        /// Each sound is its share of the mixture's power, bin by bin, by what the network finds of both (Wiener's filter): what
        /// it says of either need not be right, but of one beside the other.
        case ratio
    }

    package enum Features: String, Sendable, Codable, CaseIterable {
        /// Of a Multisensory network that sees the pictures and hears the mixture.
        case multisensory
        /// None: what is seen plays no part.
        case none
    }

    package var loss = Loss.onOff
    package var phase = Phase.predicted
    package var mask = Mask.none
    package var features = Features.multisensory
    /// Samples a second, as stored. The waveform is that of `model.multisensory`.
    package var sampleRate = 21_000
    /// Frames a second, as stored.
    package var fps = 29.97
    /// Samples of a window, from one to the next, and of a transform: 64 ms every 16 ms.
    package var window = 1344
    package var step = 336
    package var fft = 2048
    /// Windows of a clip.
    package var windows = 128
    /// Root mean square of each sound in a mixture.
    package var level = 0.1
    /// Decibels of a bin that the network sees as -1 and 1. What is quieter than the first is silence to it.
    package var quietest = -100.0
    package var loudest = 80.0
    /// Weight of the phase in the loss beside that of the loudness, 1.
    package var phaseWeight = 0.01
    /// Channels of the first convolution.
    package var width = 64
    /// Convolutions down, and up again.
    package var layers = 9

    package init() {}

    package static var laterKeys: [String: LaterKey] {
        ["mask": .omitted(at: Mask.none), "quietest": .omitted(at: -100.0), "loudest": .omitted(at: 80.0)]
    }

    /// Samples of a clip.
    package var sampleCount: Int { (windows - 1) * step + window }
    /// Bins that the network sees.
    package var bins: Int { fft / 2 }

    /// - Throws: ``TrainingError`` naming the first setting that makes no network.
    func check() throws {
        func insist(_ isRight: Bool, _ key: TrainKey, _ value: Any, _ advice: String) throws {
            if !isRight { throw TrainingError(.settings, "\(key) is \(value); give \(advice)") }
        }
        try insist((5...12).contains(layers), .separationLayers, layers, "a number from 5 to 12")
        try insist((1...1024).contains(width), .separationWidth, width, "a number from 1 to 1024")
        try insist(
            step >= 1 && step <= window / 2, .separationStep, step, "1 to half of the window's \(window) samples")
        try insist(fft >= window && fft <= 1 << 16, .separationFFT, fft, "\(window) (the window) to 65536")
        try insist(
            bins % (1 << layers) == 0, .separationFFT, fft,
            "a multiple of \(2 << layers), since \(layers) layers halve the bins each")
        try insist(
            windows > 0 && windows % SeparationNetwork.timeReduction(layers: layers) == 0 && windows <= 1 << 16,
            .separationWindows, windows,
            "a multiple of \(SeparationNetwork.timeReduction(layers: layers)), since all of \(layers) layers but two halve the time"
        )
        try insist(level > 0 && level <= 1, .separationLevel, level, "a number above 0 and up to 1")
        try insist(
            quietest.isFinite && loudest.isFinite && (-200...200).contains(quietest) && loudest - quietest >= 1
                && loudest <= 200, .separationLoudest, loudest,
            "a number of decibels at least 1 above \(TrainKey.separationQuietest), \(quietest), and both from -200 to 200"
        )
        try insist(
            mask == .none || phase == .mixture, .separationMask, mask.rawValue,
            "none, or set \(TrainKey.separationPhase) to mixture: shares of the mixture have its phase")
        try insist(phaseWeight >= 0 && phaseWeight.isFinite, .separationPhaseWeight, phaseWeight, "0 or more")
        try insist((100...1_000_000).contains(sampleRate), .separationSampleRate, sampleRate, "samples a second")
        try insist(fps > 0 && fps <= 1000, .separationFPS, fps, "frames a second")
    }
}
