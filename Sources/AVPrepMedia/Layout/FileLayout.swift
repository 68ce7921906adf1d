import CFFmpeg

/// What a file's own structure says and libavformat does not: how long the file should be, and what lies behind the first
/// film.
struct FileLayout {
    /// Bytes that the structure states and the file lacks.
    private(set) var missingBytes = 0
    /// Films behind the first one, which is the only one that is read.
    private(set) var further: [FurtherFilm] = []
    /// Duration that the header states, in seconds, where libavformat corrects it by what it finds.
    private(set) var statedSeconds: Double?

    init(_ demuxer: Demuxer) {
        let file = demuxer.source
        let container = String(cString: demuxer.format.pointee.iformat.pointee.name)
        if container.hasPrefix("mov") {
            readMovies(demuxer.boxes.movies, size: file.size)
        } else if container == "avi" {
            readRIFF(file)
        } else if container.hasPrefix("matroska") {
            readSegment(file)
        }
    }

    /// A movie with fragments goes on with those of a second one, and a movie without duration is a header alone.
    private mutating func readMovies(_ movies: [MovieBoxes.Movie], size: Int) {
        guard let first = movies.first, !first.isFragmented else { return }
        for (number, movie) in movies.enumerated().dropFirst() where movie.seconds != nil {
            guard further.count < Self.mostFilms else { return }
            let end = number + 1 < movies.count ? movies[number + 1].offset : size
            further.append(FurtherFilm(offset: movie.offset, bytes: end - movie.offset, seconds: movie.seconds))
        }
    }

    /// A file of more than a gigabyte goes on in lists of type `AVIX` (OpenDML AVI 1.02); another list of type `AVI ` is
    /// another film.
    private mutating func readRIFF(_ file: LocalFile) {
        var place = 0
        for _ in 0..<Self.mostLists where file.size - place >= 12 && further.count < Self.mostFilms {
            let head = file.read(at: place, count: 12)
            guard head.count == 12, head.starts(with: Array("RIFF".utf8)) else { return }
            if place == 0 { statedSeconds = Self.seconds(file, at: 0) }
            let size = Self.littleEndian(head[4..<8])
            let end = place + 8 + size + size % 2
            // Recorders that were cut off leave 0.
            guard size > 4 else { return }
            if place > 0, head[8...].elementsEqual("AVI ".utf8) {
                further.append(
                    FurtherFilm(
                        offset: place, bytes: min(end, file.size) - place, seconds: Self.seconds(file, at: place)))
            } else if end > file.size + 1 {
                missingBytes = end - file.size
            }
            place = end
        }
    }

    /// Offset at which the first film of a file ends. libavformat reads on in a second AVI as if it belonged to the first:
    /// its packets would be decoded as the first one's, and as far out of sync as the first one's streams differ in length.
    static func endOfFirstFilm(in file: LocalFile) -> Int {
        guard file.read(at: 0, count: 4).elementsEqual("RIFF".utf8) else { return file.size }
        var layout = FileLayout()
        layout.readRIFF(file)
        return layout.further.first?.offset ?? file.size
    }

    private init() {}

    /// More films in one file, and more lists of a gigabyte, are damage.
    private static let mostFilms = 100
    private static let mostLists = 10_000

    /// From the main header, the first chunk of the first list.
    private static func seconds(_ file: LocalFile, at place: Int) -> Double? {
        let header = file.read(at: place + 24, count: 28)
        guard header.count == 28, header.starts(with: Array("avih".utf8)) else { return nil }
        let seconds = Double(littleEndian(header[8..<12])) * 1e-6 * Double(littleEndian(header[24..<28]))
        return seconds > 0 ? seconds : nil
    }

    /// A segment of stated size that ends behind the file's end (RFC 8794, 6).
    private mutating func readSegment(_ file: LocalFile) {
        var place = 0
        for _ in 0..<16 {
            let head = file.read(at: place, count: 12)
            guard let idLength = Self.vintLength(head.first), head.count > idLength,
                let sizeLength = Self.vintLength(head[idLength]), head.count >= idLength + sizeLength
            else { return }
            let digits = head[idLength..<idLength + sizeLength]
            let mask = UInt64(1) << UInt64(7 * sizeLength)
            let size = digits.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } & (mask - 1)
            let isOpen = size == mask - 1
            place += idLength + sizeLength
            if head.starts(with: [0x18, 0x53, 0x80, 0x67]) {
                if !isOpen, size < UInt64(Int32.max) << 16 { missingBytes = max(0, place + Int(size) - file.size) }
                return
            }
            guard !isOpen, size < UInt64(file.size) else { return }
            place += Int(size)
        }
    }

    private static func vintLength(_ first: UInt8?) -> Int? {
        guard let first, first > 0 else { return nil }
        return first.leadingZeroBitCount + 1
    }

    private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
