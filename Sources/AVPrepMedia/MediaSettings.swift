import AVPrepCore

/// Limits on decoding a file. A file that exceeds one fails alone, with the reason.
///
/// The defaults accept real files: 8K pictures, many hours. Time limits grow with a file's size, because a file cannot
/// misstate it; a second of 8K at 80 Mbit/s is 10 MB, and ten hours of slides at 50 kbit/s are 225 MB.
package struct MediaLimits: Sendable, Equatable, StoredSettings {
    /// Largest coded picture in pixels; the default accepts 8K (7680 × 4320) with room to spare.
    package var maxPixels = 67_108_864
    /// Largest number of streams in one file.
    package var maxStreams = 64
    /// Maximum packets read from one file, over all passes: ten hours at 120 fps with audio are 7 million per pass.
    package var maxPackets = 50_000_000
    /// Longest common range of video and audio, in hours.
    package var maxHours: Double = 24
    /// Wall-clock time for reading one file, in seconds, plus what ``secondsPerMegabyte`` adds; the consumer's own work
    /// does not count.
    package var maxSeconds: Double = 600
    /// CPU time of a decoder process for one file, in seconds, plus what ``secondsPerMegabyte`` adds.
    package var maxCPUSeconds: Double = 600
    /// Addition to both times per MiB of the file, in seconds: decoding takes 0.3 s at 1080p, 2 s at 8K, 15 s where
    /// stills are shown for hours.
    package var secondsPerMegabyte: Double = 20
    /// Longest time without progress of a decoder process, in seconds.
    package var maxStallSeconds: Double = 120
    /// Memory of a decoder process, in MiB: 8K in 10 bits with 16 reference pictures takes 2.5 GiB. The same for what a
    /// worker holds of one video.
    package var maxMemoryMegabytes = 4096

    package init() {}

    /// The wall-clock limit for a file of this many bytes, in seconds.
    package func seconds(forBytes size: Int) -> Double { maxSeconds + secondsPerMegabyte * megabytes(size) }

    /// The CPU time limit for a file of this many bytes, in seconds.
    package func cpuSeconds(forBytes size: Int) -> Double { maxCPUSeconds + secondsPerMegabyte * megabytes(size) }

    private func megabytes(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }
}

/// A sample rate and channel layout that audio is resampled to.
package struct AudioFormat: Sendable, Hashable, Codable {
    /// Samples per second.
    package var sampleRate: Int
    /// 1 or 2.
    ///
    /// More channels are mixed down by FFmpeg's matrix of ITU-R BS.775: centre and surround at −3 dB, the low-frequency
    /// channel omitted; mono is the sum of left and right, so for two channels their mean. The matrix is scaled so that
    /// no output can exceed the loudest input channel: nothing clips, and equal channels keep their level. Channels
    /// with unknown positions are averaged; mono is copied to both channels at its level.
    package var channels: Int

    package init(sampleRate: Int, channels: Int) {
        self.sampleRate = sampleRate
        self.channels = channels
    }
}
