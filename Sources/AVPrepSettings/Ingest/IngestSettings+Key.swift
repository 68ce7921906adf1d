import AVPrepAudio
package import AVPrepCore
package import AVPrepMedia
package import AVPrepModel
import Foundation

extension IngestSettings {
    /// The key of everything that a prepared file's content depends on: twelve hexadecimal digits.
    package var key: String {
        get throws { try CanonicalJSON.key(of: KeyedSettings(revision: revision, settings: ofContent)) }
    }

    /// The settings that a prepared file's media depend on. Limits and isolation are set to their defaults, since they
    /// only decide whether there is a file at all; of the policy only the fixes remain, since dropping is decided again
    /// from what is stored.
    var ofContent: IngestSettings {
        var settings = self
        settings.policy = policy.fixesAlone
        settings.limits = MediaLimits()
        settings.isolation = .process
        return settings
    }

    /// The version of the code that turns settings into bytes. Raise it when the same settings give other bytes.
    static let currentRevision = 6

    /// Also a part of the settings since it is stored with them: without it, files of revision 5 keep their key.
    private struct KeyedSettings: Encodable {
        let revision: Int
        let settings: IngestSettings
    }

    /// The audio formats needed for stored spectrograms and waveforms and for measuring, without repetitions; the
    /// waveform's first.
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

    /// The format from which flags and fingerprints are computed, whatever is stored: two channels, since one of them
    /// may be dead, and no more bandwidth than most sounds fill.
    package static let measuredSound = AudioFormat(sampleRate: 16_000, channels: 2)

    /// The index of ``measuredSound`` in ``audioFormats``.
    package var measuredSoundIndex: Int {
        guard let index = audioFormats.firstIndex(of: Self.measuredSound) else {
            preconditionFailure("the audio formats lack the measured one")
        }
        return index
    }
}

extension IngestSettings {
    /// The key of the policy: twelve hexadecimal digits.
    package var policyKey: String {
        get throws { try CanonicalJSON.key(of: policy) }
    }

    /// The key of everything that decides which segments of a video shards hold: how it was prepared, and what was
    /// dropped.
    package var decidedKey: String {
        get throws { try CanonicalJSON.key(of: [key, policyKey]) }
    }
}

/// The paths of prepared files: made from the content of the video and the settings, so that workers need no
/// coordination.
package enum PreparedPath {
    /// Hexadecimal digits of a video's id: half of a SHA-256.
    package static let videoIDLength = 32

    /// The id of a video, from the digest of its bytes.
    package static func videoID(_ digest: SHA256Digest) -> String { String(digest.hex.prefix(videoIDLength)) }

    /// The id of a part of a video: from the digest of all its bytes, and the range.
    ///
    /// - Parameter range: nil: all of it.
    package static func videoID(_ digest: SHA256Digest, _ range: TimeRange?) -> String {
        guard let range, !range.isWhole else { return videoID(digest) }
        return videoID(SHA256.digest(of: "\(digest.hex)#t=\(range.text)"))
    }

    /// `FOLDER/ab/abcdef…-KEY.h5`.
    package static func path(video: String, key: String, in folder: String) -> String {
        "\(folder)/\(video.prefix(2))/\(video)-\(key).h5"
    }
}
