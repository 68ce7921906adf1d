import AVPrepMedia

/// The layout of memory that two processes share: slots for pictures, then slots for audio.
///
/// A slot is written by one side, announced in a message, read by the other, and released in a message; the fixed
/// number of slots gives back pressure.
struct RingLayout: Codable, Equatable {
    /// Bytes of a picture slot, a multiple of a cache line.
    let pictureBytes: Int
    let pictureSlots: Int
    /// Samples (of all channels together) in an audio slot.
    let soundSamples: Int
    let soundSlots: Int

    /// Total bytes of pictures that may wait; there are always two slots, so that both sides can work.
    private static let pictureBudget = 32 << 20
    private static let maxPictureSlots = 8

    /// - Parameters:
    ///   - width: of the RGB pictures.
    ///   - request: whose audio is to be sent; nil for pictures only.
    init(width: Int, height: Int, _ request: DecodeRequest?) {
        pictureBytes = (width * height * 3 + 63) / 64 * 64
        pictureSlots = min(Self.maxPictureSlots, max(2, Self.pictureBudget / pictureBytes))
        // One message holds the audio of one frame, unless frames are rare.
        let perFrame = (request?.audio ?? []).map { format in
            (Int(Double(format.sampleRate) / (request?.fps ?? 1)) + 2) * format.channels
        }
        soundSamples = min(16_384, perFrame.max() ?? 0)
        soundSlots = soundSamples == 0 ? 0 : 16
    }

    /// Total bytes.
    var byteCount: Int { soundStart + soundSlots * soundSamples * MemoryLayout<Float>.stride }

    /// Whether the numbers form a valid layout; the process that receives one checks it too.
    var isSound: Bool {
        pictureBytes > 0 && pictureBytes % 64 == 0 && pictureBytes <= 1 << 33 && (2...64).contains(pictureSlots)
            && (0...16_384).contains(soundSamples) && (0...64).contains(soundSlots)
    }

    /// Offset of a picture slot, in bytes.
    func pictureStart(_ slot: Int) -> Int { slot * pictureBytes }

    /// Offset of an audio slot, in bytes.
    func soundStart(_ slot: Int) -> Int { soundStart + slot * soundSamples * MemoryLayout<Float>.stride }

    private var soundStart: Int { pictureSlots * pictureBytes }
}
