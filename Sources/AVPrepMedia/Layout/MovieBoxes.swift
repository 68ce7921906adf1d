/// The boxes of an mp4 or mov file that libavformat does not tell of: protected tracks, and a second movie behind the
/// first (ISO/IEC 14496-12).
struct MovieBoxes {
    /// A `moov` box.
    struct Movie {
        /// Offset of the `ftyp` that belongs to it, or of the box itself.
        var offset: Int
        /// Stated duration in seconds; nil where none is stated.
        var seconds: Double?
        /// Whether its media lie in fragments that follow, wherever they are in the file.
        var isFragmented = false
        /// Protection schemes by track number: `cenc`, `cbcs`, or the sample entry's own name.
        var protections: [Int32: String] = [:]
    }

    private(set) var movies: [Movie] = []
    /// Whether there are media, whole or cut off, beside headers.
    private(set) var hasMedia = false
    private let file: LocalFile
    /// Boxes read so far: a damaged file must not make us read more than a real file has.
    private var boxCount = 0
    private var track: Int32 = 0
    private var depth = 0

    private static let maxBoxes = 100_000
    private static let maxMovies = 1000
    private static let maxDepth = 16
    private static let maxEntryBytes = 1 << 16
    /// Sample entries of protected media: Common Encryption's, and iTunes' and Audible's own.
    private static let protectedEntries: Set = ["encv", "enca", "enct", "encs", "encm", "drms", "drmi", "drmt", "aavd"]

    init(_ file: LocalFile) {
        self.file = file
        var beginning: Int?
        forEachBox(from: 0, until: file.size) { boxes, type, start, content, end in
            switch type {
            case "ftyp": beginning = start
            case "moov":
                guard boxes.movies.count < Self.maxMovies else { return false }
                boxes.movies.append(Movie(offset: beginning ?? start))
                beginning = nil
                boxes.readMovie(from: content, until: end)
            default: break
            }
            return true
        }
    }

    /// The first movie's protection schemes by track number.
    var protections: [Int32: String] { movies.first?.protections ?? [:] }

    private mutating func readMovie(from start: Int, until end: Int) {
        forEachBox(from: start, until: end) { boxes, type, _, content, end in
            let last = boxes.movies.count - 1
            switch type {
            case "mvhd": boxes.movies[last].seconds = boxes.seconds(ofHeader: content)
            case "mvex": boxes.movies[last].isFragmented = true
            case "trak", "mdia", "minf", "stbl": boxes.readMovie(from: content, until: end)
            case "tkhd":
                boxes.track = Int32(truncatingIfNeeded: boxes.number(at: content + boxes.step(content, 12, 20)))
            case "stsd":
                // After version, flags and the number of entries.
                boxes.forEachBox(from: content + 8, until: end) { boxes, entry, _, body, end in
                    if Self.protectedEntries.contains(entry) {
                        boxes.movies[last].protections[boxes.track] = boxes.scheme(from: body, until: end) ?? entry
                    }
                    return true
                }
            default: break
            }
            return true
        }
    }

    private func seconds(ofHeader content: Int) -> Double? {
        let place = content + step(content, 12, 20)
        let timescale = number(at: place)
        let isLong = step(content, 0, 1) == 1
        let ticks = isLong ? number(at: place + 4) << 32 | number(at: place + 8) : number(at: place + 4)
        let isOpen = ticks == (isLong ? -1 : 0xFFFF_FFFF)
        return timescale > 0 && ticks > 0 && !isOpen ? Double(ticks) / Double(timescale) : nil
    }

    /// The scheme in the `schm` box of a sample entry.
    private func scheme(from start: Int, until end: Int) -> String? {
        let bytes = file.read(at: start, count: min(end - start, Self.maxEntryBytes))
        let name = Array("schm".utf8)
        guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: name) }), place + 12 <= bytes.count
        else { return nil }
        // After the name, version and flags.
        return Self.name(bytes[(place + 8)..<(place + 12)])
    }

    private func number(at offset: Int) -> Int {
        file.read(at: offset, count: 4).reduce(0) { $0 << 8 | Int($1) }
    }

    /// One of two numbers, by the version of the full box at `content`.
    private func step(_ content: Int, _ version0: Int, _ version1: Int) -> Int {
        file.read(at: content, count: 1) == [1] ? version1 : version0
    }

    /// Visits boxes until `body` returns false.
    private mutating func forEachBox(
        from start: Int, until end: Int,
        _ body: (_ boxes: inout MovieBoxes, _ type: String, _ start: Int, _ content: Int, _ end: Int) -> Bool
    ) {
        guard depth < Self.maxDepth else { return }
        depth += 1
        defer { depth -= 1 }
        var place = start
        while end - place >= 8, boxCount < Self.maxBoxes {
            boxCount += 1
            let head = file.read(at: place, count: 16)
            guard head.count >= 8, let type = Self.name(head[4..<8]) else { return }
            var size = head[..<4].reduce(0) { $0 << 8 | Int($1) }
            var content = place + 8
            if size == 1, head.count == 16, head[8] < 0x40 {
                size = head[8...].reduce(0) { $0 << 8 | Int($1) }
                content = place + 16
            } else if size == 0 {
                size = end - place
            }
            if type == "mdat" { hasMedia = true }
            guard size >= content - place, size <= end - place else { return }
            guard body(&self, type, place, content, place + size) else { return }
            place += size
        }
    }

    /// Four printable characters.
    private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
        bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0xA9 }
            ? String(decoding: bytes.map { $0 == 0xA9 ? 0x63 : $0 }, as: UTF8.self) : nil
    }
}
