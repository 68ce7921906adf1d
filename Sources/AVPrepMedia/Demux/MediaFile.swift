package import AVPrepCore
package import AVPrepModel
import CFFmpeg

/// A local media file, decoded by FFmpeg in this process.
///
/// Opening it decodes the first picture and the first audio frame, because only these give the exact start of video and
/// audio. One thread at a time.
package final class MediaFile: MediaSource {
    private let file: LocalFile
    package let info: MediaInfo
    let limits: MediaLimits
    let budget: DecodeBudget
    let decoderThreads: Int
    let geometry: PictureGeometry?
    /// What the file's own structure says beside its streams.
    let layout: FileLayout
    /// An error found while decoding the start, thrown when anything beyond ``info`` is requested.
    private let pictureFailure: MediaError?
    private let soundFailure: MediaError?
    /// The tracks started when the file was opened: the first pass continues with them.
    private var pictures: VideoTrack?
    private var sound: AudioTrack?

    /// - Parameters:
    ///   - limits: beyond them the file fails with `limit`. The time limit starts now, and pauses while a consumer
    ///     works.
    ///   - range: the part to read; nil: all of it.
    ///   - decoderThreads: threads per decoder; one when many files are decoded at once.
    ///   - isCancelled: called often, from this thread; true stops with `CancellationError`.
    /// - Throws: ``MediaError`` with `unreadable`, `notMedia` and its kin for what is no media file, `corrupt` for a damaged
    ///   container, `limit` or `timeLimit`; `CancellationError`. A missing stream is not an error: ``info`` has nil in
    ///   its place.
    package convenience init(
        path: some PathConvertible, range: TimeRange? = nil, limits: MediaLimits = MediaLimits(),
        decoderThreads: Int = 1, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        try self.init(
            LocalFile(path: path), range: range, limits: limits, decoderThreads: decoderThreads,
            isCancelled: isCancelled)
    }

    /// The same for a file that is already open.
    ///
    /// - Parameter onProgress: called for each packet that is read.
    package init(
        _ file: LocalFile, range: TimeRange? = nil, limits: MediaLimits = MediaLimits(), decoderThreads: Int = 1,
        isCancelled: @escaping @Sendable () -> Bool = { false }, onProgress: @escaping @Sendable () -> Void = {}
    ) throws {
        precondition(decoderThreads > 0, "a decoder needs at least one thread")
        let budget = DecodeBudget(file, limits: limits, isCancelled: isCancelled, onProgress: onProgress)
        let demuxer = try Demuxer(file, limits: limits, budget: budget)
        let tracks = try FilmTracks(demuxer, threads: decoderThreads) {
            try Demuxer(file, limits: limits, budget: budget)
        }
        (pictures, pictureFailure) = (tracks.pictures, tracks.pictureFailure)
        (sound, soundFailure) = (tracks.sound, tracks.soundFailure)
        var description = MediaInfo(of: demuxer)
        var geometry: PictureGeometry?
        if let videoIndex = tracks.videoIndex {
            let shape = PictureGeometry(of: demuxer.stream(videoIndex), in: demuxer, first: pictures?.upcoming?.frame)
            geometry = shape
            description.video = VideoStreamInfo(
                of: demuxer.stream(videoIndex), times: demuxer.times(of: videoIndex), first: pictures?.upcoming,
                geometry: shape)
        }
        if let audioIndex = tracks.audioIndex {
            description.audio = AudioStreamInfo(
                of: demuxer.stream(audioIndex), times: demuxer.times(of: audioIndex), track: sound)
            description.audio?.isSilent = tracks.isSilent == true ? true : nil
        }
        let layout = FileLayout(demuxer)
        description.further = layout.further.isEmpty ? nil : layout.further
        self.layout = layout
        description.range = range
        description.leftOut = tracks.leftOut.isEmpty ? nil : tracks.leftOut
        self.file = file
        self.limits = limits
        self.budget = budget
        self.decoderThreads = decoderThreads
        self.geometry = geometry
        info = description
    }

    /// Packets read so far, of all streams and for any purpose.
    package var packetsRead: Int { budget.packetCount }

    /// The file's name for messages.
    package var path: String { file.path }

    package func outputSize(crop: CropMargins, shortSide: Int?) -> (width: Int, height: Int)? {
        geometry?.outputSize(crop: crop, shortSide: shortSide)
    }

    /// A track positioned before the first picture.
    ///
    /// - Throws: ``MediaError`` with `unsupported` when there is no video or no decoder, `corrupt` when nothing decodes.
    func takePictures() throws -> VideoTrack {
        if let pictureFailure { throw pictureFailure }
        if let pictures {
            self.pictures = nil
            return try positioned(pictures)
        }
        return try positioned(try reopenPictures())
    }

    /// A track at the start of the film.
    func reopenPictures() throws -> VideoTrack {
        guard let index = info.video?.index else { throw MediaError(.unsupported, "\(path) has no video stream") }
        let track = try VideoTrack(try reopen(index, threads: decoderThreads))
        guard track.upcoming != nil else { throw Self.nothing("picture", from: track.decoder) }
        return track
    }

    /// A track positioned before the first audio sample.
    func takeSound() throws -> AudioTrack {
        if let soundFailure { throw soundFailure }
        let first = sound
        sound = nil
        return try positionedSound() ?? first ?? reopenSound()
    }

    /// A track at the start of the film.
    private func reopenSound() throws -> AudioTrack {
        guard let index = info.audio?.index else { throw MediaError(.unsupported, "\(path) has no audio stream") }
        let track = try AudioTrack(try reopen(index, threads: 1))
        track.mixing = info.audio?.mixing
        guard track.startSeconds != nil else { throw Self.nothing("audio", from: track.decoder) }
        return track
    }

    func reopen(_ index: Int, threads: Int) throws -> StreamDecoder {
        let demuxer = try Demuxer(file, limits: limits, budget: budget)
        // The file may have been written to since it was opened.
        guard index < demuxer.streamCount else { throw MediaError(.corrupt, "\(path) changed while it was read") }
        return try StreamDecoder(demuxer, stream: index, threads: threads)
    }

    static func nothing(_ what: String, from decoder: StreamDecoder) -> MediaError {
        let name = FFmpeg.codecName(decoder.stream.pointee.codecpar.pointee)
        return MediaError(
            .corrupt,
            "\(decoder.demuxer.path), stream \(decoder.stream.pointee.index) (\(name)): no \(what) could be decoded from "
                + "\(decoder.packetCount) packets" + (decoder.firstError.map { ": \($0)" } ?? ""))
    }
}
