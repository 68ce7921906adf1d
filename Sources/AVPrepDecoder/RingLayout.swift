import AVPrepMedia

/// How memory that two processes share is divided: slots for pictures, then slots for sound.
///
/// A slot is written by one side, announced in a message, read by the other, and released in a message; back pressure is
/// that there are only so many.
struct RingLayout: Codable, Equatable {
    /// Bytes of a picture's slot, a multiple of a cache line.
    let pictureBytes: Int
    let pictureSlots: Int
    /// Samples (of all channels together) in a slot for sound.
    let soundSamples: Int
    let soundSlots: Int

    /// Pictures up to this many bytes in sum may wait; two slots there always are, so that both sides can work.
    private static let pictureBudget = 32 << 20
    private static let maxPictureSlots = 8

    /// - Parameters:
    ///   - width: of the pictures, which are RGB.
    ///   - request: whose sound is to pass; nil for pictures alone.
    init(width: Int, height: Int, _ request: DecodeRequest?) {
        pictureBytes = (width * height * 3 + 63) / 64 * 64
        pictureSlots = min(Self.maxPictureSlots, max(2, Self.pictureBudget / pictureBytes))
        // Sound of one frame in a message, unless frames are rare.
        let perFrame = (request?.audio ?? []).map { format in
            (Int(Double(format.sampleRate) / (request?.fps ?? 1)) + 2) * format.channels
        }
        soundSamples = min(16_384, perFrame.max() ?? 0)
        soundSlots = soundSamples == 0 ? 0 : 16
    }

    /// Bytes in sum.
    var byteCount: Int { soundStart + soundSlots * soundSamples * MemoryLayout<Float>.stride }

    /// Whether the numbers can be a layout: the process that is given one checks it all the same.
    var isSound: Bool {
        pictureBytes > 0 && pictureBytes % 64 == 0 && pictureBytes <= 1 << 33 && (2...64).contains(pictureSlots)
            && (0...16_384).contains(soundSamples) && (0...64).contains(soundSlots)
    }

    /// Where a picture's slot begins, in bytes.
    func pictureStart(_ slot: Int) -> Int { slot * pictureBytes }

    /// Where a slot for sound begins, in bytes.
    func soundStart(_ slot: Int) -> Int { soundStart + slot * soundSamples * MemoryLayout<Float>.stride }

    private var soundStart: Int { pictureSlots * pictureBytes }
}
