package import AVPrepCore

/// The settings of the audio features are invalid.
package struct AudioError: ActionableError, Equatable {
    /// The kind of error.
    package enum Code: String, Sendable, Codable {
        /// A value is out of range, or contradicts another one.
        case setting = "bad-setting"
        /// A mel band is narrower than the spacing of two Fourier bins and would be zero for every signal.
        case emptyBand = "empty-mel-band"
        /// FFTW has no plan for this length.
        case plan = "no-fourier-plan"
        /// FFTW does not accept the wisdom in the settings, or the wisdom lacks a length.
        case wisdom = "bad-wisdom"
    }

    package let code: Code
    /// One line: which spectrogram, what is wrong with it, and what to change.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    package var exitStatus: ExitStatus { code == .plan ? .failed : .badInput }
}
