import CFFmpeg

/// Which picture and sound stream of a container are the film, by what the container says and by counting packets.
///
/// Flags lie: stills are marked as default, previews too. So a stream that shows hardly a picture, or that is tiny beside
/// another, is the film only where there is no other. Sound of another broadcast programme is never the film's.
struct StreamChoice {
    /// Candidates, the best first.
    let video: [Int]
    private let demuxer: Demuxer
    /// Pictures seen by stream; empty where there is only one candidate.
    private let pictureCounts: [Int: Int]
    /// Streams that are not meant for everyone. Noted at once, since selecting a stream discards the others.
    private let special: Set<Int>

    /// A stream with fewer pictures than this fraction of another's is no film: 1 picture in a second beside 25.
    private static let leastPictureShare = 0.05
    /// A stream with less than this fraction of another's pixels is a preview, whatever its flags.
    private static let leastAreaShare = 1.0 / 9
    /// Streams that are not meant for everyone, or not as they are.
    private static let specialDispositions =
        AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_DEPENDENT
        | AV_DISPOSITION_COMMENT | AV_DISPOSITION_CLEAN_EFFECTS | AV_DISPOSITION_KARAOKE | AV_DISPOSITION_DESCRIPTIONS
        | AV_DISPOSITION_TIMED_THUMBNAILS | AV_DISPOSITION_STILL_IMAGE
    /// Words in a track's title that say as much.
    private static let specialWords = ["comment", "descri", "narrat", "thumbnail", "preview"]

    /// - Parameter reopen: opens the container once more, to count packets.
    init(_ demuxer: Demuxer, reopen: () throws -> Demuxer) throws {
        self.demuxer = demuxer
        let special = Set((0..<demuxer.streamCount).filter { Self.isSpecial(demuxer, $0) })
        self.special = special
        let candidates = (0..<demuxer.streamCount).filter { Self.isCandidate(demuxer, $0, AVMEDIA_TYPE_VIDEO) }
        let counts = candidates.count > 1 ? try Self.countPictures(candidates, demuxer, reopen) : [:]
        pictureCounts = counts
        let most = counts.values.max() ?? 0
        let areas = candidates.filter { Self.isFilm(counts[$0], most) }.map { Self.area(demuxer, $0) }
        let largest = areas.max() ?? 0
        func rank(_ index: Int) -> [Int64] {
            let stream = demuxer.stream(index).pointee
            let area = Self.area(demuxer, index)
            return [
                Self.isUsable(demuxer, index) ? 1 : 0, Self.isFilm(counts[index], most) ? 1 : 0,
                Self.hasSound(demuxer, with: index) ? 1 : 0, special.contains(index) ? 0 : 1,
                Double(area) < Self.leastAreaShare * Double(largest) ? 0 : 1,
                stream.disposition & AV_DISPOSITION_DEFAULT == 0 ? 0 : 1, area, stream.codecpar.pointee.bit_rate,
                Int64(-index),
            ]
        }
        video = candidates.sorted { rank($1).lexicographicallyPrecedes(rank($0)) }
    }

    /// Sound streams for a picture stream, the best first: those of its programme, in files with programmes.
    func audio(with companion: Int?) -> [Int] {
        func rank(_ index: Int) -> [Int64] {
            let stream = demuxer.stream(index).pointee
            let parameters = stream.codecpar.pointee
            return [
                Self.isUsable(demuxer, index) ? 1 : 0, special.contains(index) ? 0 : 1,
                stream.disposition & AV_DISPOSITION_DEFAULT == 0 ? 0 : 1, Int64(parameters.ch_layout.nb_channels),
                parameters.bit_rate, Int64(-index),
            ]
        }
        return (0..<demuxer.streamCount).filter {
            Self.isCandidate(demuxer, $0, AVMEDIA_TYPE_AUDIO) && Self.areTogether(demuxer, $0, companion)
        }.sorted { rank($1).lexicographicallyPrecedes(rank($0)) }
    }

    /// Whether a sound stream is meant for everyone: not a commentary or a description.
    func isMain(_ index: Int) -> Bool { !special.contains(index) }

    /// The picture and sound streams that are not used, and why.
    func leftOut(video used: Int?, audio sound: Int?, silent: Set<Int>, failed: Set<Int>) -> [LeftOutStream] {
        (0..<demuxer.streamCount).compactMap { index in
            let kind = demuxer.stream(index).pointee.codecpar.pointee.codec_type
            let isVideo = kind == AVMEDIA_TYPE_VIDEO
            guard index != used, index != sound, isVideo || kind == AVMEDIA_TYPE_AUDIO else { return nil }
            let stream = demuxer.stream(index)
            return LeftOutStream(
                index: index, kind: isVideo ? .video : .audio, codec: FFmpeg.codecName(stream.pointee.codecpar.pointee),
                language: FFmpeg.language(of: stream),
                reason: reason(index, isVideo, video: used, silent: silent, failed: failed))
        }
    }

    private func reason(_ index: Int, _ isVideo: Bool, video used: Int?, silent: Set<Int>, failed: Set<Int>)
        -> LeftOutStream.Reason
    {
        if demuxer.stream(index).pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0 { return .attachedPicture }
        if demuxer.encryption(of: index) != nil { return .encrypted }
        if failed.contains(index) || !Self.isUsable(demuxer, index) { return .undecodable }
        if silent.contains(index) { return .silent }
        if isVideo, let count = pictureCounts[index] {
            if count < 2 { return .onePicture }
            if !Self.isFilm(count, pictureCounts.values.max() ?? 0) { return .fewPictures }
        }
        if !Self.areTogether(demuxer, index, used) { return .otherProgramme }
        return special.contains(index) ? .special : .notPreferred
    }

    // MARK: - Facts

    private static func isCandidate(_ demuxer: Demuxer, _ index: Int, _ kind: AVMediaType) -> Bool {
        let stream = demuxer.stream(index).pointee
        return stream.codecpar.pointee.codec_type == kind && stream.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
    }

    /// Whether the stream can be decoded, as far as its description shows.
    private static func isUsable(_ demuxer: Demuxer, _ index: Int) -> Bool {
        let stream = demuxer.stream(index)
        let parameters = stream.pointee.codecpar.pointee
        let isKnown =
            parameters.codec_type == AVMEDIA_TYPE_VIDEO
            ? parameters.width > 0 && parameters.height > 0 && !StreamPictures.needsDolbyVision(stream)
            : parameters.sample_rate > 0 && parameters.ch_layout.nb_channels > 0
        return isKnown && avcodec_find_decoder(parameters.codec_id) != nil && demuxer.encryption(of: index) == nil
    }

    private static func isFilm(_ count: Int?, _ most: Int) -> Bool {
        guard let count else { return true }
        return count > 1 && Double(count) >= leastPictureShare * Double(most)
    }

    private static func area(_ demuxer: Demuxer, _ index: Int) -> Int64 {
        let parameters = demuxer.stream(index).pointee.codecpar.pointee
        return Int64(parameters.width) * Int64(parameters.height)
    }

    private static func isSpecial(_ demuxer: Demuxer, _ index: Int) -> Bool {
        let stream = demuxer.stream(index).pointee
        if stream.disposition & specialDispositions != 0 || stream.discard == AVDISCARD_ALL { return true }
        return ["title", "handler_name"].contains { key in
            guard let value = av_dict_get(stream.metadata, key, nil, 0)?.pointee.value else { return false }
            let title = String(cString: value).lowercased()
            return specialWords.contains(where: title.contains)
        }
    }

    /// Whether a sound stream that can be decoded belongs to the picture stream.
    private static func hasSound(_ demuxer: Demuxer, with video: Int) -> Bool {
        (0..<demuxer.streamCount).contains {
            isCandidate(demuxer, $0, AVMEDIA_TYPE_AUDIO) && isUsable(demuxer, $0) && areTogether(demuxer, $0, video)
        }
    }

    /// Whether two streams may be shown together: not where they are in different programmes.
    private static func areTogether(_ demuxer: Demuxer, _ index: Int, _ companion: Int?) -> Bool {
        guard let companion else { return true }
        let own = demuxer.programmes(of: index)
        let others = demuxer.programmes(of: companion)
        return own.isEmpty || others.isEmpty || !own.isDisjoint(with: others)
    }

    // MARK: - Counting

    /// Packets to read and bytes to pass at most, for counting where no index holds the numbers.
    private static let mostPackets = 2000
    private static let enoughPictures = 60

    private static func countPictures(_ candidates: [Int], _ demuxer: Demuxer, _ reopen: () throws -> Demuxer) throws
        -> [Int: Int]
    {
        let stated = candidates.map { index -> Int in
            let stream = demuxer.stream(index)
            // An index of a movie without fragments is complete; other containers may list key pictures alone.
            return demuxer.hasCompleteIndex ? Int(avformat_index_get_entries_count(stream)) : 0
        }
        if stated.allSatisfy({ $0 > 0 }) { return Dictionary(uniqueKeysWithValues: zip(candidates, stated)) }
        return try reopen().countPackets(of: candidates, atMost: mostPackets, enough: enoughPictures)
    }
}

extension Demuxer {
    /// Whether the index lists every packet.
    var hasCompleteIndex: Bool {
        String(cString: format.pointee.iformat.pointee.name).hasPrefix("mov")
            && boxes.movies.first?.isFragmented == false
    }

    /// The programmes that a stream belongs to, by position; empty for files without programmes.
    func programmes(of index: Int) -> Set<Int> {
        var found: Set<Int> = []
        for number in 0..<Int(format.pointee.nb_programs) {
            guard let programme = format.pointee.programs[number] else { continue }
            let members = UnsafeBufferPointer(
                start: programme.pointee.stream_index, count: Int(programme.pointee.nb_stream_indexes))
            if members.contains(UInt32(index)) { found.insert(number) }
        }
        return found
    }

    /// Counts packets of some streams from the beginning on, until `limit` packets are read or each stream has `enough`.
    func countPackets(of streams: [Int], atMost limit: Int, enough: Int) throws -> [Int: Int] {
        var counts = Dictionary(uniqueKeysWithValues: streams.map { ($0, 0) })
        for other in 0..<streamCount where counts[other] == nil { stream(other).pointee.discard = AVDISCARD_ALL }
        let packet = FFmpeg.allocated(av_packet_alloc())
        defer {
            var packet: UnsafeMutablePointer<AVPacket>? = packet
            av_packet_free(&packet)
        }
        for _ in 0..<limit {
            try budget.check()
            guard av_read_frame(format, packet) >= 0 else { break }
            try budget.countPacket()
            let index = Int(packet.pointee.stream_index)
            if let count = counts[index], packet.pointee.size > 0 { counts[index] = count + 1 }
            av_packet_unref(packet)
            if counts.values.allSatisfy({ $0 >= enough }) { break }
        }
        return counts
    }
}
