/// A message of a pass: short, of fixed size, one for each frame and each piece of audio.
package struct Signal: Message, Equatable {
    package enum Kind: Int64 {
        /// Frame `index` of a pass is in picture slot `slot`.
        case frame = 1
        /// `count` sample frames of format `format`, starting at sample frame `index`, are in audio slot `slot`.
        case samples
        /// Spread picture `index` is in picture slot `slot`; `seconds` is its time.
        case picture
        /// Packets are being read: there is no output yet, but the process makes progress.
        case progress
        /// The oldest `count` unreleased messages of the pass have been consumed, and their slots are free.
        case release
        /// Frame `index` of the pass, which comes next, is presented at `seconds`: the clock jumps. Not to be released.
        case discontinuity
        /// Of the audio of frame `index`, which comes next, `seconds` were patched; its clock drifts by `count` parts per billion,
        /// if `format` is 1. Not to be released.
        case repair
    }

    var kind: Kind
    var slot = 0
    var index = 0
    var format = 0
    var count = 0
    /// Presentation time of a spread picture, or after a discontinuity; of a repair, its length.
    var seconds = 0.0

    /// Six words of eight bytes in the machine's byte order: both ends run on the same machine.
    static let byteCount = 48

    package init(_ kind: Kind, slot: Int = 0, index: Int = 0, format: Int = 0, count: Int = 0, seconds: Double = 0) {
        self.kind = kind
        self.slot = slot
        self.index = index
        self.format = format
        self.count = count
        self.seconds = seconds
    }

    /// - Returns: nil for bytes that are not a signal. The numbers are checked elsewhere.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount, let kind = Kind(rawValue: bytes.loadUnaligned(as: Int64.self)) else {
            return nil
        }
        func word(_ place: Int) -> Int64 { bytes.loadUnaligned(fromByteOffset: place * 8, as: Int64.self) }
        self.init(
            kind, slot: Int(word(1)), index: Int(word(2)), format: Int(word(3)), count: Int(word(4)),
            seconds: Double(bitPattern: UInt64(bitPattern: word(5))))
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let words = [
            kind.rawValue, Int64(slot), Int64(index), Int64(format), Int64(count),
            Int64(bitPattern: seconds.bitPattern),
        ]
        return words.withUnsafeBytes(body)
    }
}
