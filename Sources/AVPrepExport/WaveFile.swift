/// The header of a WAVE file of 16-bit PCM (RIFF; Microsoft and IBM, "Multimedia Programming Interface and Data
/// Specifications 1.0", 1991).
package enum WaveFile {
    /// - Parameter frames: sample frames (all channels together) that follow, interleaved and little-endian.
    package static func header(sampleRate: Int, channels: Int, frames: Int) -> [UInt8] {
        func little(_ value: Int, bytes: Int) -> [UInt8] {
            (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let frameBytes = 2 * channels
        let dataBytes = frames * frameBytes
        return Array("RIFF".utf8) + little(36 + dataBytes, bytes: 4) + Array("WAVEfmt ".utf8) + little(16, bytes: 4)
            + little(1, bytes: 2) + little(channels, bytes: 2) + little(sampleRate, bytes: 4)
            + little(sampleRate * frameBytes, bytes: 4) + little(frameBytes, bytes: 2) + little(16, bytes: 2)
            + Array("data".utf8) + little(dataBytes, bytes: 4)
    }
}
