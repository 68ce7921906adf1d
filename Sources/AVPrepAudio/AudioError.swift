package import AVPrepCore

/// A setting of the audio features does not work out.
package struct AudioError: ActionableError, Equatable {
    /// What kind of trouble.
    package enum Code: String, Sendable, Codable {
        /// A value is out of its range, or contradicts another one.
        case setting = "bad-setting"
        /// A mel band is narrower than the distance of two Fourier bins and would be zero for every sound.
        case emptyBand = "empty-mel-band"
        /// FFTW makes no plan for this length.
        case plan = "no-fourier-plan"
        /// FFTW does not accept the wisdom in the settings, or it lacks a length.
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
