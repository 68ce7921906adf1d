import CFFTW

/// FFTW's wisdom: the fastest algorithms it found for transforms of some lengths, in FFTW's export format.
///
/// Measuring depends on timing, so two measurements may choose different algorithms, whose results differ in the last
/// bit. That is why plans are not measured while a corpus is prepared: wisdom is measured once, separately, and is part
/// of the settings from then on. The same wisdom always gives the same plans; FFTW rejects it on a machine whose
/// processor or build of FFTW has other algorithms.
package struct TransformWisdom: Sendable, Hashable, Codable {
    /// On one line.
    package let text: String

    package init(text: String) { self.text = text }

    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// Measures with `FFTW_PATIENT`, in about a second for the lengths of the presets.
    ///
    /// - Parameter lengths: lengths of the spectrograms' transforms, in samples.
    /// - Throws: ``AudioError`` with `plan` when FFTW has none for a length.
    package static func measured(lengths: some Sequence<Int>) throws(AudioError) -> Self {
        var text = ""
        try FourierPlan.exclusively { () throws(AudioError) in
            fftwf_forget_wisdom()
            defer { fftwf_forget_wisdom() }
            for length in Set(lengths).sorted() { _ = try FourierPlan(length: length, rigor: FFTW_PATIENT) }
            guard let exported = fftwf_export_wisdom_to_string() else {
                fatalError("out of memory for the wisdom of FFTW")
            }
            defer { fftwf_free(exported) }
            let words = String(cString: exported).split(whereSeparator: \.isWhitespace)
            text = words.joined(separator: " ")
        }
        return Self(text: text)
    }

    /// Replaces FFTW's accumulated wisdom. Must be called while holding the planner's lock.
    ///
    /// - Throws: ``AudioError`` with `wisdom` when FFTW does not accept it.
    func install() throws(AudioError) {
        fftwf_forget_wisdom()
        guard fftwf_import_wisdom_from_string(text) == 1 else {
            throw AudioError(
                .wisdom,
                "fftw_wisdom was not measured with this processor and \(String(cString: avprep_fftwf_version())); "
                    + "remove it from the pipeline file, or replace it with the output of avprep wisdom on this machine"
            )
        }
    }
}
