package import AVPrepModel
import CFFmpeg

/// Encodes pictures and audio into a media file: for the practice corpus and the tests' clips.
///
/// The same input gives the same bytes: one thread, no dates, no version strings, no random identifiers. The two
/// streams start at the given times, to the container's tick. Where the container cannot mark an encoder's first
/// samples as priming (AAC in a transport stream, in Matroska, or delayed in mp4), these 21 ms of silence precede the
/// start of the audio. One thread at a time.
package final class MediaWriter {
    private let path: String
    private let format: UnsafeMutablePointer<AVFormatContext>
    private let video: VideoEncoder?
    private let audio: AudioEncoder?
    private var isFinished = false

    /// - Parameters:
    ///   - path: the file to write; an existing file is overwritten.
    ///   - container: FFmpeg's name of a muxer, e.g. `mp4`; nil chooses by the path's extension.
    ///   - options: of the muxer, by FFmpeg's names; unknown names are an error.
    ///   - video: nil for a file without video.
    ///   - audio: nil for a file without audio.
    /// - Throws: ``MediaError`` with `encode` when an encoder or the file system refuses.
    package init(
        path: String, container: String? = nil, options: [String: String] = [:], video: VideoEncoding?,
        audio: AudioEncoding?
    ) throws(MediaError) {
        FFmpeg.setUp
        self.path = path
        var opened: UnsafeMutablePointer<AVFormatContext>?
        try FFmpeg.check(
            avformat_alloc_output_context2(&opened, nil, container, path), .encode, "cannot write \(path)")
        let format = FFmpeg.allocated(opened)
        do {
            self.video = if let video { try VideoEncoder(video, in: format, path: path) } else { nil }
            self.audio = if let audio { try AudioEncoder(audio, in: format, path: path) } else { nil }
            format.pointee.flags |= AVFMT_FLAG_BITEXACT
            // Packets wait for the other stream without a time limit, so their order does not depend on how the write
            // calls alternate.
            format.pointee.max_interleave_delta = 0
            Self.keepStartTimes(of: format, clocks: [self.video?.ticksPerSecond, self.audio?.ticksPerSecond])
            // "file:" keeps a name with a colon from being read as a protocol.
            try FFmpeg.check(
                avio_open(&format.pointee.pb, "file:\(path)", AVIO_FLAG_WRITE), .encode, "cannot write \(path)")
            for (name, value) in options.sorted(by: { $0.key < $1.key }) {
                try FFmpeg.check(
                    av_opt_set(format, name, value, AV_OPT_SEARCH_CHILDREN), .encode,
                    "cannot write \(path) with \(name) = \(value)")
            }
            try FFmpeg.check(avformat_write_header(format, nil), .encode, "cannot write \(path)")
        } catch {
            avio_closep(&format.pointee.pb)
            avformat_free_context(format)
            throw error
        }
        self.format = format
    }

    deinit {
        avio_closep(&format.pointee.pb)
        avformat_free_context(format)
    }

    /// Writes an RGB picture that is displayed from `seconds` until the next one.
    ///
    /// - Parameter seconds: later than the previous picture, by any distance: variable rates and gaps are kept.
    package func write(frame: PixelBuffer, at seconds: Double) throws(MediaError) {
        guard let video else { preconditionFailure("the file has no video stream") }
        try video.encode(frame, at: seconds)
    }

    /// Writes interleaved samples in `[-1, 1]`.
    ///
    /// - Parameter seconds: start of the first sample of the first call; later calls continue without a gap, except
    ///   after ``skipSound(to:)``.
    package func write(samples: [Float], at seconds: Double = 0) throws(MediaError) {
        guard let audio else { preconditionFailure("the file has no audio stream") }
        try audio.encode(samples, at: seconds)
    }

    /// Leaves a gap in the audio: the next samples start at `seconds`.
    ///
    /// - Parameter seconds: not before the end of the written audio. Samples that do not fill a block of the encoder
    ///   are encoded as a shorter one.
    package func skipSound(to seconds: Double) throws(MediaError) {
        guard let audio else { preconditionFailure("the file has no audio stream") }
        try audio.skip(to: seconds)
    }

    /// Flushes the encoders and completes the file. Without this call the file is not playable.
    package func finish() throws(MediaError) {
        precondition(!isFinished, "the file is already finished")
        isFinished = true
        try video?.finish()
        try audio?.finish()
        try FFmpeg.check(av_write_trailer(format), .encode, "cannot complete \(path)")
        try FFmpeg.check(avio_closep(&format.pointee.pb), .encode, "cannot complete \(path)")
    }

    /// Keeps the muxer from shifting or rounding the start times of the streams.
    private static func keepStartTimes(of format: UnsafeMutablePointer<AVFormatContext>, clocks: [Int?]) {
        switch String(cString: format.pointee.oformat.pointee.name) {
        case "matroska", "webm":
            // Audio starts early by the encoder's priming; the muxer would shift the whole file for that.
            format.pointee.avoid_negative_ts = 0
        case "mp4", "mov", "ipod", "3gp":
            // An edit list delays a stream by ticks of the movie, milliseconds by default: choose a tick that
            // represents both streams' times exactly.
            let timescale = clocks.compactMap(\.self).reduce(1) { $0 / greatestCommonDivisor($0, $1) * $1 }
            if timescale <= Int(Int32.max) {
                FFmpeg.require(av_opt_set_int(format.pointee.priv_data, "movie_timescale", Int64(timescale), 0))
            }
        default: break
        }
    }
}

private func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
    second == 0 ? first : greatestCommonDivisor(second, first % second)
}
