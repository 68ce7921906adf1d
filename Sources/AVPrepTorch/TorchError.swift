package import AVPrepCore

/// An error of the tensor engine, or of the tensors and files passed to it.
package struct TorchError: ActionableError, Equatable {
    /// The kind of error.
    package enum Code: String, Sendable {
        /// The engine is missing, of another version, or lacks the device asked for.
        case engine
        /// An operation of the engine failed; the message contains libtorch's own.
        case operation
        /// A tensor file (checkpoint, exported weights) is damaged or of another kind.
        case tensorFile = "tensor-file"
        /// Weights do not fit the network that they are loaded into.
        case weights
    }

    package let code: Code
    package let description: String
    package let exitStatus: ExitStatus

    /// - Parameters:
    ///   - code: the kind of error.
    ///   - description: one line: what failed, on what, and what to do.
    ///   - exitStatus: nil uses the code's default: bad input for files and weights, otherwise failed.
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
