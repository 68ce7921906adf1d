import CFFmpeg

/// A part of a track's media that an mp4 or mov file presents, in seconds.
struct Edit: Equatable {
    /// Media times `[mediaStart, mediaEnd)` are presented; the end is infinite where the list leaves it open.
    var mediaStart: Double
    var mediaEnd: Double
    /// Presentation time of `mediaStart`.
    var start: Double
}

/// Reads the edit lists of an mp4 or mov file: which part of each track is presented, and when.
///
/// libavformat applies edit lists too, but moves the first picture of an edit that starts between two pictures to the
/// edit's start, which shifts video against audio by up to a frame; it cuts audio to whole packets, and it applies
/// lists in fragmented files only in part. (ISO/IEC 14496-12, 8.6.5 and 8.6.6.)
struct EditListReader {
    private let io: UnsafeMutablePointer<AVIOContext>
    /// Boxes read so far: a damaged file must not make us read more than a real file has.
    private var boxCount = 0
    private var movieTimescale = 0.0
    private var isFragmented = false
    private var tracks: [Track] = []
    private var isUnderstood = true

    private struct Track {
        var id: Int32 = 0
        var timescale = 0.0
        var duration = 0.0
        var entries: [(duration: UInt64, mediaTime: Int64)] = []
    }

    private static let maxBoxes = 100_000
    private static let maxEntries = 1000

    private init(_ io: UnsafeMutablePointer<AVIOContext>) { self.io = io }

    /// The lists by track number, or nil where there are none or where only libavformat can apply them: parts presented
    /// twice, out of order, or at another speed. The file offset is unchanged afterwards.
    static func read(_ io: UnsafeMutablePointer<AVIOContext>) -> [Int32: [Edit]]? {
        let place = avio_tell(io)
        var reader = EditListReader(io)
        reader.readFile()
        guard avio_seek(io, place, SEEK_SET) >= 0 else { return nil }
        return reader.edits()
    }

    private mutating func readFile() {
        var isFound = false
        forEachBox(until: max(0, avio_size(io))) { reader, type, end in
            guard type == "moov" else { return true }
            isFound = true
            reader.readMovie(until: end)
            return false
        }
        if !isFound { isUnderstood = false }
    }

    private mutating func readMovie(until end: Int64) {
        forEachBox(until: end) { reader, type, end in
            switch type {
            case "mvhd":
                reader.movieTimescale = reader.readTimescale().timescale
            case "mvex":
                reader.isFragmented = true
            case "trak":
                reader.tracks.append(Track())
                reader.readTrack(until: end)
            default: break
            }
            return true
        }
    }

    private mutating func readTrack(until end: Int64) {
        forEachBox(until: end) { reader, type, end in
            let last = reader.tracks.count - 1
            switch type {
            case "tkhd":
                let version = avio_r8(reader.io)
                avio_skip(reader.io, version == 1 ? 19 : 11)
                reader.tracks[last].id = Int32(bitPattern: avio_rb32(reader.io))
            case "mdhd":
                (reader.tracks[last].timescale, reader.tracks[last].duration) = reader.readTimescale()
            case "elst":
                reader.readEntries()
            case "mdia", "edts":
                reader.readTrack(until: end)
            default: break
            }
            return true
        }
    }

    private func readTimescale() -> (timescale: Double, duration: Double) {
        let version = avio_r8(io)
        avio_skip(io, version == 1 ? 19 : 11)
        let timescale = Double(avio_rb32(io))
        let isOpen: Bool
        let duration: Double
        if version == 1 {
            let ticks = avio_rb64(io)
            (isOpen, duration) = (ticks == .max, Double(ticks))
        } else {
            let ticks = avio_rb32(io)
            (isOpen, duration) = (ticks == .max, Double(ticks))
        }
        return (timescale, isOpen || timescale == 0 ? 0 : duration / timescale)
    }

    private mutating func readEntries() {
        let version = avio_r8(io)
        avio_skip(io, 3)
        let count = Int(avio_rb32(io))
        guard version <= 1, count <= Self.maxEntries else { return isUnderstood = false }
        var entries: [(UInt64, Int64)] = []
        for _ in 0..<count where avio_feof(io) == 0 {
            let isLong = version == 1
            let duration = isLong ? avio_rb64(io) : UInt64(avio_rb32(io))
            let mediaTime = isLong ? Int64(bitPattern: avio_rb64(io)) : Int64(Int32(bitPattern: avio_rb32(io)))
            let rate = avio_rb32(io)
            if rate != 0x1_0000, mediaTime != -1 { isUnderstood = false }
            let isOpen = duration == (isLong ? .max : UInt64(UInt32.max))
            entries.append((isOpen ? 0 : duration, mediaTime))
        }
        tracks[tracks.count - 1].entries = entries
    }

    private func edits() -> [Int32: [Edit]]? {
        guard isUnderstood, movieTimescale > 0 else { return nil }
        var lists: [Int32: [Edit]] = [:]
        for track in tracks where !track.entries.isEmpty {
            guard track.timescale > 0, let list = edits(of: track) else { return nil }
            lists[track.id] = list
        }
        return lists.isEmpty ? nil : lists
    }

    private func edits(of track: Track) -> [Edit]? {
        var list: [Edit] = []
        var start = 0.0
        for (number, entry) in track.entries.enumerated() {
            let seconds = Double(entry.duration) / movieTimescale
            if entry.mediaTime == -1 {
                start += seconds
                continue
            }
            let mediaStart = Double(entry.mediaTime) / track.timescale
            let isLast = number == track.entries.count - 1
            // Presented once and in media order: everything else is left to libavformat.
            guard entry.mediaTime >= 0, mediaStart >= (list.last?.mediaEnd ?? 0) - 1 / movieTimescale,
                entry.duration > 0 || isLast
            else { return nil }
            // Fragments add media that the header's list does not cover, and the movie's tick is coarse.
            let isOpen = entry.duration == 0 || (isLast && isFragmented)
            list.append(
                Edit(
                    mediaStart: mediaStart,
                    mediaEnd: isOpen ? .infinity : mediaStart + seconds + (isLast ? 1 / movieTimescale : 0),
                    start: start))
            start += seconds
        }
        // A list that presents nothing is damage.
        if let first = list.first, track.duration > 0, !isFragmented, first.mediaStart >= track.duration { return nil }
        return list.isEmpty ? nil : list
    }

    /// Visits the boxes from here to `end`, until `body` returns false. When `body` is called the file offset is at the
    /// box's content.
    private mutating func forEachBox(
        until end: Int64, _ body: (_ reader: inout EditListReader, _ type: String, _ end: Int64) -> Bool
    ) {
        while avio_feof(io) == 0 {
            let place = avio_tell(io)
            boxCount += 1
            guard end - place >= 8, boxCount <= Self.maxBoxes else { return }
            var size = Int64(avio_rb32(io))
            let type = withUnsafeBytes(of: avio_rb32(io).bigEndian) { String(decoding: $0, as: UTF8.self) }
            if size == 1 { size = Int64(clamping: avio_rb64(io)) }
            if size == 0 { size = end - place }
            guard size >= 8, size <= end - place else { return }
            guard body(&self, type, place + size) else { return }
            guard avio_seek(io, place + size, SEEK_SET) >= 0 else { return }
        }
    }
}
