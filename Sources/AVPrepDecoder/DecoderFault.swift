/// What a test has go wrong in the decoder process of a file: a way to see that it costs that file alone.
///
/// It travels with the request to open the file, and so takes effect only where the process that asks wants it, by
/// `AVPREP_DECODER_FAULT` in its own environment: a list of `ACTION[:FRAME]@PART`, for files whose path contains PART, at
/// opening, or before frame FRAME.
struct DecoderFault: Codable, Equatable {
    enum Action: String, Codable, CaseIterable {
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
        /// These must not be possible in the box.
        case open, socket, execute, fork, kill, thread, executableMemory = "executable-memory"
    }

    let action: Action
    /// Before which frame of a pass; nil at opening.
    let frame: Int?

    /// What `plan` has for a file; entries that are none are passed over.
    static func planned(_ plan: String, for path: String) -> DecoderFault? {
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
