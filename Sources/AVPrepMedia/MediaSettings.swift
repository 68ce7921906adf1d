import AVPrepCore

/// Limits within which a file is decoded. Whatever goes past one fails that file alone, with its reason.
///
/// The defaults let pass what is real: 8K pictures, files of many hours. Time grows with a file's size, because that is
/// what a file cannot lie about; a second of 8K at 80 Mbit/s is 10 MB, and ten hours of slides at 50 kbit/s are 225 MB.
package struct MediaLimits: Sendable, Equatable, StoredSettings {
    /// Largest coded picture in pixels; the default takes 8K (7680 × 4320) with room to spare.
    package var maxPixels = 67_108_864
    /// Largest number of streams in one file.
    package var maxStreams = 64
    /// Packets read of one file, over all its passes: ten hours at 120 fps with sound are 7 million a pass.
    package var maxPackets = 50_000_000
    /// Longest common range of picture and sound, in hours.
    package var maxHours: Double = 24
    /// Wall-clock time for reading one file, in seconds, beside what ``secondsPerMegabyte`` adds; what a consumer takes
    /// for its own work does not count.
    package var maxSeconds: Double = 600
    /// CPU time of a decoder process for one file, in seconds, beside what ``secondsPerMegabyte`` adds.
    package var maxCPUSeconds: Double = 600
    /// What each MiB of a file adds to both times, in seconds: decoding takes 0.3 s at 1080p, 2 s at 8K, 15 s where
    /// stills are shown for hours.
    package var secondsPerMegabyte: Double = 20
    /// Longest time in seconds for which a decoder process may show no sign of progress.
    package var maxStallSeconds: Double = 120
    /// Memory of a decoder process, in MiB: 8K in 10 bits with 16 reference pictures takes 2.5 GiB.
    package var maxMemoryMegabytes = 4096

    package init() {}

    /// The wall-clock limit for a file of so many bytes, in seconds.
    package func seconds(forBytes size: Int) -> Double { maxSeconds + secondsPerMegabyte * megabytes(size) }

    /// The limit on CPU time for a file of so many bytes, in seconds.
    package func cpuSeconds(forBytes size: Int) -> Double { maxCPUSeconds + secondsPerMegabyte * megabytes(size) }

    private func megabytes(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }
}

/// A rate and channel layout that audio is resampled to.
package struct AudioFormat: Sendable, Hashable, Codable {
    /// Samples a second.
    package var sampleRate: Int
    /// 1 or 2.
    ///
    /// More channels are mixed down by the matrix of ITU-R BS.775 as FFmpeg has it: centre and surround at −3 dB beside
    /// left and right, the low-frequency channel left out; mono is the sum of left and right, so of two channels the
    /// mean. The matrix is scaled so that no output can exceed the loudest input channel: nothing clips, and equal
    /// channels keep their level. Channels without known places are averaged; mono is put in both at its level.
    package var channels: Int

    package init(sampleRate: Int, channels: Int) {
        self.sampleRate = sampleRate
        self.channels = channels
    }
}
