import Foundation

/// Recognises files that are named like videos and are none: what downloads, version control and file systems leave.
///
/// libavformat is asked afterwards, because it takes some of them for media, and says of the others only that they are
/// invalid.
struct ForeignFile: Equatable {
    let code: MediaError.Code
    /// What the file is, as it follows "is": `a web page ("404 Not Found"), not a video`.
    let what: String
    /// What to do about it.
    let remedy: String

    init(_ code: MediaError.Code, _ what: String, _ remedy: String) {
        self.code = code
        self.what = what
        self.remedy = remedy
    }

    /// The file as an error.
    func error(_ path: String) -> MediaError { MediaError(code, "\(path) is \(what); \(remedy)") }

    /// How much of a file's beginning is read.
    private static let headBytes = 4096
    static let downloadAgain = "download it again"

    /// - Returns: nil for whatever may be media.
    init?(_ file: LocalFile) {
        let head = file.read(at: 0, count: Self.headBytes)
        if file.size == 0 {
            self.init(.empty, "an empty file", Self.downloadAgain)
        } else if let found = Self.bySignature(head) ?? ForeignText(head, size: file.size).map(\.file) {
            self = found
        } else if !head.isEmpty, head.allSatisfy({ $0 == 0 }), let first = Self.firstByteSeen(of: file) {
            self.init(
                .empty,
                first < file.size
                    ? "filled with zeros at its beginning: a download that is not complete"
                    : "filled with zeros alone: a download that is not complete, or lost data",
                Self.downloadAgain)
        } else {
            return nil
        }
    }

    /// What libavformat does not recognise either.
    ///
    /// - Returns: nil where nothing can be said of it.
    init?(unknown file: LocalFile) {
        let head = file.read(at: 0, count: Self.headBytes)
        guard let text = ForeignText.anyText(head, size: file.size) else { return nil }
        self = text
    }

    /// Offset of a byte that is not 0, as far as places spread over the file show; the file's size where all are 0. Nil
    /// when it cannot be read.
    private static func firstByteSeen(of file: LocalFile) -> Int? {
        let places = 64
        let length = 1 << 16
        for place in 0..<places {
            let offset = Int((Double(max(0, file.size - length)) * Double(place) / Double(places - 1)).rounded())
            let bytes = file.read(at: offset, count: length)
            if bytes.isEmpty { return nil }
            if let index = bytes.firstIndex(where: { $0 != 0 }) { return offset + index }
        }
        return file.size
    }

    /// A signature at an offset; several are alternatives.
    private struct Signature: Sendable {
        let bytes: [UInt8]
        var offset = 0
        let code: MediaError.Code
        let what: String
        let remedy: String

        init(_ bytes: [UInt8], at offset: Int = 0, _ code: MediaError.Code, _ what: String, _ remedy: String) {
            (self.bytes, self.offset, self.code, self.what, self.remedy) = (bytes, offset, code, what, remedy)
        }

        init(_ text: String, at offset: Int = 0, _ code: MediaError.Code, _ what: String, _ remedy: String) {
            self.init(Array(text.utf8), at: offset, code, what, remedy)
        }
    }

    private static func bySignature(_ head: [UInt8]) -> ForeignFile? {
        signatures.first { head.dropFirst($0.offset).starts(with: $0.bytes) }
            .map { ForeignFile($0.code, $0.what, $0.remedy) }
    }

    private static let unpack = "unpack it and ingest what is inside"
    private static let leaveOut = "leave it out"
    private static let copyTarget = "copy the file that it leads to into its place"

    private static let signatures: [Signature] = [
        Signature("PK\u{3}\u{4}", .archive, "a ZIP archive (or a document in one), not a video", unpack),
        Signature("PK\u{5}\u{6}", .archive, "an empty ZIP archive", leaveOut),
        Signature([0x52, 0x61, 0x72, 0x21, 0x1A, 0x07], .archive, "a RAR archive, not a video", unpack),
        Signature([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .archive, "a 7z archive, not a video", unpack),
        Signature([0x1F, 0x8B, 0x08], .archive, "compressed with gzip", unpack),
        Signature("BZh", .archive, "compressed with bzip2", unpack),
        Signature([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], .archive, "compressed with xz", unpack),
        Signature([0x28, 0xB5, 0x2F, 0xFD], .archive, "compressed with zstd", unpack),
        Signature([0x04, 0x22, 0x4D, 0x18], .archive, "compressed with lz4", unpack),
        Signature("MSCF\0\0\0\0", .archive, "a cabinet archive, not a video", unpack),
        Signature("!<arch>\n", .archive, "an ar archive, not a video", unpack),
        Signature("ustar", at: 257, .archive, "a tar archive, not a video", unpack),
        Signature("%PDF-", .notMedia, "a PDF document, not a video", leaveOut),
        Signature("%!PS", .notMedia, "a PostScript document, not a video", leaveOut),
        Signature("{\\rtf", .notMedia, "an RTF document, not a video", leaveOut),
        Signature([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], .notMedia, "an Office document", leaveOut),
        Signature([0x7F, 0x45, 0x4C, 0x46], .notMedia, "a program (ELF), not a video", leaveOut),
        Signature("SQLite format 3\0", .notMedia, "an SQLite database, not a video", leaveOut),
        Signature([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], .notMedia, "an HDF5 file, not a video", leaveOut),
        Signature([0x93] + Array("NUMPY".utf8), .notMedia, "a NumPy array, not a video", leaveOut),
        Signature([0x4C, 0, 0, 0, 0x01, 0x14, 0x02, 0], .pointer, "a Windows shortcut (.lnk)", copyTarget),
        Signature("book\0\0\0\0mark\0\0\0\0", .pointer, "a macOS alias", copyTarget),
        Signature("!<symlink>", .pointer, "a symbolic link as Cygwin writes them", copyTarget),
        Signature("IntxLNK\u{1}", .pointer, "a symbolic link as Interix writes them", copyTarget),
        Signature("bplist00", .pointer, "a property list (such as .webloc), which may name an address", copyTarget),
        Signature(
            [0x00, 0x05, 0x16, 0x07], .notMedia,
            "an AppleDouble file: what macOS stores beside a file, without the file",
            leaveOut),
        Signature(
            [0x00, 0x05, 0x16, 0x00], .archive, "an AppleSingle file: a file wrapped with its attributes",
            "unwrap it on macOS"),
    ]
}

extension LocalFile {
    /// Up to `count` bytes from `offset` on: fewer at the end, none where reading fails.
    func read(at offset: Int, count: Int) -> [UInt8] {
        let wanted = max(0, min(count, size - offset))
        return [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            filled = 0
            while filled < wanted {
                let got = pread(descriptor, buffer.baseAddress! + filled, wanted - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return }
                filled += got
            }
        }
    }
}
