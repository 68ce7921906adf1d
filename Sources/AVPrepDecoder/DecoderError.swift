package import AVPrepCore

/// Decoder processes cannot be used: a problem of the machine, not of a file; or the memory for the pictures of one file
/// is not to be had.
package struct DecoderError: ActionableError, RunEndingError, Equatable {
    package let description: String
    package let exitStatus = ExitStatus.failed
    package let endsRun: Bool

    init(_ description: String, endsRun: Bool = true) {
        self.description = description
        self.endsRun = endsRun
    }
}
