import AVPrepCore

/// How frames are stored.
package struct FrameSettings: Sendable, Equatable, StoredSettings {
    package enum Codec: String, Sendable, Codable, CaseIterable {
        case jpeg, png, raw
    }

    /// Constant frame rate, in frames per second of presentation time.
    package var fps = 25.0
    /// Length of the shorter side in pixels; 0 keeps the size of the source.
    package var shortSide = 256
    package var codec = Codec.jpeg
    /// JPEG quality, 1 to 100.
    package var quality = 90

    package init() {}
}

/// The waveform stored beside the spectrograms.
package struct PCMSettings: Sendable, Equatable, StoredSettings {
    /// Samples per second; 0 stores no waveform.
    package var sampleRate = 16_000
    /// 1 or 2.
    package var channels = 1

    package init() {}
}

/// An additional stored waveform, with a name of its own.
package struct WaveformSettings: Sendable, Equatable, StoredSettings {
    /// The dataset's name under /audio.
    package var name = "waveform"
    /// Samples per second.
    package var sampleRate = 21_000
    /// 1 or 2.
    package var channels = 2

    package init() {}
}
