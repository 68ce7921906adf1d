/// What a test has go wrong in the decoder process of a file: a way to see that it costs that file alone.
///
/// `avprep-decode-faulty`, which tests start in the place of `avprep-decode`, is told what goes wrong with which file by its
/// argument `--faults=PLAN`. A plan is a list of `ACTION[:FRAME]@PART`, divided by commas, for files whose path contains
/// PART, at opening, or before frame FRAME. With `--until=SECONDS` (since 1970) nothing goes wrong from then on: that is how
/// a cause passes.
package struct DecoderFault: Equatable {
    package enum Action: String {
        /// Writes to address 0.
        case crash
        /// Does nothing, for ever.
        case hang
        /// Computes, for ever.
        case spin
        /// Takes memory until there is none.
        case memory
        /// Says that a frame lies where there is no memory.
        case garbage
        /// Says more than was asked for, for ever.
        case flood
        /// Ends without a word.
        case exit
        /// Every further read of the file fails with EIO.
        case readError = "read-error"
        /// These must not be possible in a confined process.
        case open, socket, execute, fork, kill, thread, executableMemory = "executable-memory"
    }

    package let action: Action
    /// Before which frame of a pass; nil at opening.
    package let frame: Int?

    package init(action: Action, frame: Int?) {
        self.action = action
        self.frame = frame
    }

    /// What `plan` has for a file; entries that are none are passed over.
    package static func planned(_ plan: String, for path: String) -> DecoderFault? {
        for entry in plan.split(separator: ",") {
            let halves = entry.split(separator: "@", maxSplits: 1)
            guard halves.count == 2, path.contains(halves[1]) else { continue }
            let words = halves[0].split(separator: ":")
            guard let action = words.first.flatMap({ Action(rawValue: String($0)) }) else { continue }
            return DecoderFault(action: action, frame: words.count > 1 ? Int(words[1]) : nil)
        }
        return nil
    }
}
