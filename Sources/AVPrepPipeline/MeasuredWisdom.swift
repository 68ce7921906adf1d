import AVPrepAudio
import AVPrepSettings
package import AVPrepWorkspace

/// FFTW's fastest plans for a pipeline's spectrograms on this machine: `avprep wisdom`.
package struct MeasuredWisdom: Sendable, Codable {
    /// Lengths of the transforms, in samples, ascending.
    package let lengths: [Int]
    /// The value of the key `ingest.fftw_wisdom`.
    package let wisdom: String

    /// - Throws: ``AudioError`` when FFTW has no plan for a length.
    package static func measure(_ workspace: Workspace) throws -> MeasuredWisdom {
        let lengths = Set(workspace.settings.ingest.spectrograms.map(\.fftLength)).sorted()
        return MeasuredWisdom(lengths: lengths, wisdom: try TransformWisdom.measured(lengths: lengths).text)
    }

    /// The value as quoted YAML; unquoted, its `#` would begin a comment.
    package var text: String { "\"\(wisdom)\"" }
}
