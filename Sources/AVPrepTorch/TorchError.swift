package import AVPrepCore

/// What goes wrong in the tensor engine, or with the tensors and files that it is given.
package struct TorchError: ActionableError, Equatable {
    /// What kind of thing went wrong.
    package enum Code: String, Sendable {
        /// The engine is missing, of another version, or lacks the device asked for.
        case engine
        /// An operation of the engine failed; the message carries libtorch's own words.
        case operation
        /// A tensor file (checkpoint, exported weights) is damaged or of another kind.
        case tensorFile = "tensor-file"
        /// Weights do not fit the network they are read into.
        case weights
    }

    package let code: Code
    package let description: String
    package let exitStatus: ExitStatus

    /// - Parameters:
    ///   - code: what kind of thing went wrong.
    ///   - description: one line: what failed, on what, and what to do.
    ///   - exitStatus: nil takes the code's own: bad input for files and weights, else failed.
    package init(_ code: Code, _ description: String, exitStatus: ExitStatus? = nil) {
        self.code = code
        self.description = description
        self.exitStatus =
            exitStatus
            ?? {
                switch code {
                case .engine, .operation: .failed
                case .tensorFile, .weights: .badInput
                }
            }()
    }
}
