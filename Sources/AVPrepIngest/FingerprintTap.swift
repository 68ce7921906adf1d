import AVPrepAudio
import AVPrepMedia
package import AVPrepModel
import AVPrepSettings
import AVPrepVision

/// Computes the fingerprint of a video from a decode pass, and passes everything on to the consumer.
final class FingerprintTap: DecodeConsumer {
    private let consumer: any DecodeConsumer
    private let fps: Double
    private let format: Int
    private let pictureHash = PictureHash()
    private let audioFingerprint: AudioFingerprint
    private var pictures: [VideoFingerprint.Picture] = []

    init(settings: IngestSettings, consumer: any DecodeConsumer) throws {
        self.consumer = consumer
        fps = settings.video.fps
        format = settings.measuredSoundIndex
        let sound = IngestSettings.measuredSound
        audioFingerprint = try AudioFingerprint(sampleRate: sound.sampleRate, channels: sound.channels)
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        // The first frame at or after each moment.
        while Double(index) / fps >= Double(pictures.count) / Double(VideoFingerprint.pictureRate) {
            pictures.append(try pictureHash.hash(picture))
        }
        try consumer.consume(frame: picture, index: index)
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        if format == self.format { audioFingerprint.append(samples) }
        try consumer.consume(samples: samples, format: format, firstSample: firstSample)
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        try consumer.consumeDiscontinuity(beforeFrame: index, seconds: seconds)
    }

    func consume(repair: AudioRepair, ofFrame index: Int) throws {
        try consumer.consume(repair: repair, ofFrame: index)
    }

    /// The fingerprint. Call it after the pass.
    func finish() -> VideoFingerprint { VideoFingerprint(pictures: pictures, sounds: audioFingerprint.finish()) }
}

extension VideoFingerprint {
    /// The fingerprint of a media file, decoded in this process.
    ///
    /// - Throws: `MediaError`.
    package static func make(of path: String) throws -> VideoFingerprint {
        let settings = IngestSettings()
        let tap = try FingerprintTap(settings: settings, consumer: NoConsumer())
        let media = try MediaFile(path: path)
        _ = try media.decode(
            DecodeRequest(fps: settings.video.fps, shortSide: nil, audio: settings.audioFormats), to: tap)
        return tap.finish()
    }
}

/// Ignores its input.
private final class NoConsumer: DecodeConsumer {
    func consume(frame picture: PixelBuffer, index: Int) {}
    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
}
