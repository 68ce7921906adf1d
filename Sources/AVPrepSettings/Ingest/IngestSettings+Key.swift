import AVPrepAudio
package import AVPrepCore
package import AVPrepMedia
import AVPrepModel
import Foundation

extension IngestSettings {
    /// The key of everything that a prepared file's content depends on: twelve hexadecimal digits.
    package var key: String {
        get throws { try CanonicalJSON.key(of: KeyedSettings(settings: ofContent)) }
    }

    /// The settings that a prepared file's media depend on. Limits and the place of decoding, which decide only whether
    /// there is a file at all, are as by default, and of the policy what is fixed alone counts: what is dropped is
    /// decided anew on what is stored.
    var ofContent: IngestSettings {
        var settings = self
        settings.policy = policy.fixesAlone
        settings.limits = MediaLimits()
        settings.isolation = .process
        return settings
    }

    /// Settings with the version of the code that turns them into bytes: raised when the same settings give others.
    private struct KeyedSettings: Encodable {
        var revision = 5
        let settings: IngestSettings
    }

    /// The sound formats that the stored kinds need and what is measured is made of, each once: the waveform's first.
    package var audioFormats: [AudioFormat] {
        var formats: [AudioFormat] = []
        if pcm.sampleRate > 0 {
            formats.append(AudioFormat(sampleRate: pcm.sampleRate, channels: pcm.channels))
        }
        for waveform in waveforms {
            let format = AudioFormat(sampleRate: waveform.sampleRate, channels: waveform.channels)
            if !formats.contains(format) { formats.append(format) }
        }
        for kind in spectrograms {
            let format = AudioFormat(sampleRate: kind.sampleRate, channels: 1)
            if !formats.contains(format) { formats.append(format) }
        }
        if !formats.contains(Self.measuredSound) { formats.append(Self.measuredSound) }
        return formats
    }

    /// What flags and fingerprints are made of, whatever is stored: two channels, since one of them may be dead, and no
    /// more of the spectrum than most sounds fill.
    package static let measuredSound = AudioFormat(sampleRate: 16_000, channels: 2)

    /// The place of ``measuredSound`` among ``audioFormats``.
    package var measuredSoundIndex: Int {
        guard let index = audioFormats.firstIndex(of: Self.measuredSound) else {
            preconditionFailure("formats without the measured one")
        }
        return index
    }
}

extension IngestSettings {
    /// Stands for the policy: twelve hexadecimal digits.
    package var policyKey: String {
        get throws { try CanonicalJSON.key(of: policy) }
    }

    /// Stands for everything that decides what shards hold of a video: how it was prepared, and what was dropped.
    package var decidedKey: String {
        get throws { try CanonicalJSON.key(of: [key, policyKey]) }
    }
}

/// Where prepared files lie: named by the content of the video and the settings, so that workers need not agree.
package enum PreparedPath {
    /// Digits of a video's id: half of a SHA-256.
    static let videoIDLength = 32

    /// The id of a video by the digest of its bytes.
    package static func videoID(_ digest: SHA256Digest) -> String { String(digest.hex.prefix(videoIDLength)) }

    /// `FOLDER/ab/abcdef…-KEY.h5`.
    package static func path(video: String, key: String, in folder: String) -> String {
        "\(folder)/\(video.prefix(2))/\(video)-\(key).h5"
    }
}
