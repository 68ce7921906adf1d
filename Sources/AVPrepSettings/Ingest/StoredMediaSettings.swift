import AVPrepCore

/// How frames are stored.
package struct FrameSettings: Sendable, Equatable, StoredSettings {
    package enum Codec: String, Sendable, Codable, CaseIterable {
        case jpeg, png, raw
    }

    /// Constant frame rate, by presentation time.
    package var fps = 25.0
    /// Length of the shorter side in pixels; 0 keeps the source's size.
    package var shortSide = 256
    package var codec = Codec.jpeg
    /// JPEG quality, of 100.
    package var quality = 90

    package init() {}
}

/// The waveform that is stored beside spectrograms.
package struct PCMSettings: Sendable, Equatable, StoredSettings {
    /// Samples a second; 0 stores no waveform.
    package var sampleRate = 16_000
    /// 1 or 2.
    package var channels = 1

    package init() {}
}

/// A waveform that is stored beside that one, under a name of its own.
package struct WaveformSettings: Sendable, Equatable, StoredSettings {
    /// The dataset's name under /audio.
    package var name = "waveform"
    /// Samples a second.
    package var sampleRate = 21_000
    /// 1 or 2.
    package var channels = 2

    package init() {}
}
