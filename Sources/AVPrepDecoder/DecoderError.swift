package import AVPrepCore

/// Decoder processes cannot be used at all: a problem of the machine, not of a file.
package struct DecoderError: ActionableError, Equatable {
    package let description: String
    package let exitStatus = ExitStatus.failed

    init(_ description: String) { self.description = description }
}
