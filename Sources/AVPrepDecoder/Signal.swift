/// A message of a pass: short, of fixed size, one for each frame and each piece of sound.
package struct Signal: Message, Equatable {
    package enum Kind: Int64 {
        /// Frame `index` of a pass lies in picture slot `slot`.
        case frame = 1
        /// `count` sample frames of format `format` from sample frame `index` on lie in sound slot `slot`.
        case samples
        /// Spread picture `index` lies in picture slot `slot`; `seconds` is its time.
        case picture
        /// Packets are being read: nothing is there yet, but it goes on.
        case progress
        /// The oldest `count` messages of the pass that have not been released are done with, and so are their slots.
        case release
        /// Frame `index` of the pass, which comes next, is presented at `seconds`: the clock jumps. Not to be released.
        case discontinuity
    }

    var kind: Kind
    var slot = 0
    var index = 0
    var format = 0
    var count = 0
    /// Presentation time of a spread picture, or after a discontinuity.
    var seconds = 0.0

    /// Six words of eight bytes, in the byte order of the machine: both ends run on it.
    static let byteCount = 48

    package init(_ kind: Kind, slot: Int = 0, index: Int = 0, format: Int = 0, count: Int = 0, seconds: Double = 0) {
        self.kind = kind
        self.slot = slot
        self.index = index
        self.format = format
        self.count = count
        self.seconds = seconds
    }

    /// - Returns: nil for what is no signal. What the numbers say is for others to check.
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
