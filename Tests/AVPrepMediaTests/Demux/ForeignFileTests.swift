import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// What lies in a video's place without being one is said as what it is, with what to do about it.
@Suite struct ForeignFileTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let code: MediaError.Code
        /// What the message must say.
        let words: [String]

        init(_ name: String, _ bytes: [UInt8], _ code: MediaError.Code, _ words: String...) {
            (self.name, self.bytes, self.code, self.words) = (name, bytes, code, words)
        }

        init(_ name: String, _ text: String, _ code: MediaError.Code, _ words: String...) {
            (self.name, self.bytes, self.code, self.words) = (name, Array(text.utf8), code, words)
        }

        var testDescription: String { name }
    }

    private static let lfs =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
    private static let torrent =
        Array("d8:announce24:http://tracker.example/a4:infod6:lengthi9e4:name3:a.b6:pieces20:".utf8)
        + [0x01, 0x80, 0xFF, 0x00, 0x1B]

    static let cases = [
        Case("empty", [], .empty, "an empty file", "download it again"),
        Case("zeros", [UInt8](repeating: 0, count: 300_000), .empty, "zeros alone"),
        Case("zeros first", [UInt8](repeating: 0, count: 300_000) + [1], .empty, "zeros at its beginning"),
        Case("lfs", lfs, .pointer, "Git LFS pointer", "12345", "git lfs pull"),
        Case("annex", "../.git/annex/objects/x/y/SHA256E-s1--a.mp4", .pointer, "git-annex", "git annex get"),
        Case("link", "../store/film.mp4", .pointer, "symbolic link", "../store/film.mp4"),
        Case("absolute link", "/mnt/old/film 1.mkv", .pointer, "symbolic link"),
        Case(
            "url", "[InternetShortcut]\r\nURL=https://example.org/f\r\n", .pointer, "shortcut", "https://example.org/f"),
        Case("address", "https://example.org/film.mp4\n", .pointer, "address"),
        Case("lnk", [0x4C, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xC0], .pointer, "Windows shortcut"),
        Case("alias", Array("book\0\0\0\0mark\0\0\0\0".utf8), .pointer, "macOS alias"),
        Case("AppleDouble", [0, 5, 0x16, 7, 0, 2, 0, 0], .notMedia, "AppleDouble"),
        Case("torrent", torrent, .pointer, "torrent"),
        Case("m3u8", "#EXTM3U\nhttps://example.org/a\n", .pointer, "playlist", "HLS"),
        Case(
            "encrypted m3u8", "#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://a\"\na.ts\n", .pointer, "playlist",
            "encrypted"),
        Case("mpd", "<?xml version=\"1.0\"?>\n<MPD><ContentProtection/></MPD>", .pointer, "DASH", "encrypted"),
        Case(
            "html", "\n<!DOCTYPE html><html><title>Too Many\nRequests</title>", .errorPage, "web page",
            "Too Many Requests"),
        Case("bare html", "<!-- x -->\n<center><h1>502</h1></center>", .errorPage, "web page"),
        Case(
            "html in UTF-16", [0xFF, 0xFE] + "<html></html>".utf16.flatMap { [UInt8($0 & 255), 0] }, .errorPage,
            "web page"),
        Case(
            "html in Latin-1", Array("<html><title>P".utf8) + [0xE1] + Array("gina</title>".utf8), .errorPage,
            "web page"),
        Case("json", "{\"error\": {\"code\": 403}}", .errorPage, "JSON", "403"),
        Case(
            "xml", "<?xml version=\"1.0\"?><Error><Message>Access Denied</Message></Error>", .errorPage, "XML",
            "Access Denied"),
        Case("http", "HTTP/1.1 403 Forbidden\r\nServer: x\r\n\r\n", .errorPage, "403 Forbidden"),
        Case("plain answer", "404: Not Found", .errorPage, "404: Not Found"),
        Case("text", String(repeating: "A shopping list.\n", count: 400), .notMedia, "a text", "A shopping list."),
        Case("zip", Array("PK\u{3}\u{4}".utf8) + [20, 0, 0, 0], .archive, "ZIP", "unpack"),
        Case("rar", [0x52, 0x61, 0x72, 0x21, 0x1A, 0x07, 1, 0], .archive, "RAR"),
        Case("gzip", [0x1F, 0x8B, 8, 0, 1, 2, 3, 4], .archive, "gzip"),
        Case("7z", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4], .archive, "7z"),
        Case("tar", [UInt8](repeating: 65, count: 257) + Array("ustar\0".utf8), .archive, "tar"),
        Case("pdf", "%PDF-1.7\n", .notMedia, "PDF"),
        Case("a name with controls", "<html><title>\u{1B}[31mred\u{7}</title>", .errorPage, "web page"),
    ]

    @Test(arguments: cases) func aFileThatIsNoVideoIsSaidAsWhatItIs(_ it: Case) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/film.mp4"
            try Data(it.bytes).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: MediaError.self) { try MediaFile(path: path) }
            let text = error?.description ?? ""
            #expect(error?.code == it.code, "\(text)")
            for word in it.words { #expect(text.contains(word), "\(text)") }
            #expect(text.contains(path) && text.contains("; "), "\(text)")
            #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control }, "\(text)")
        }
    }

    @Test(.enabled(if: SharedData.isAvailable, "the shared data are not beside the repository"))
    func whatDownloadsLeaveIsRecognised() throws {
        let codes: [String: MediaError.Code] = [
            "git-lfs-pointer.mp4": .pointer, "html-error-page.mp4": .errorPage, "m3u8-text.mp4": .pointer,
            "zero-bytes.mp4": .empty,
        ]
        for (name, code) in codes {
            let path = try #require(SharedData.files(in: "cases").first { $0.hasSuffix("/" + name) })
            #expect(#expect(throws: MediaError.self) { try MediaFile(path: path) }?.code == code, "\(name)")
        }
    }

    /// A header that is no film yet, and one whose index was never written.
    @Test func aMovieWithoutItsIndexIsSaidToBeCutOff() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/film.mp4"
            let head = [0, 0, 0, 0x10] + Array("ftypisom".utf8) + [0, 0, 2, 0]
            let media = [0, 1, 0, 0] + Array("mdat".utf8) + [UInt8](repeating: 7, count: 5000)
            try Data(head + media).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: MediaError.self) { try MediaFile(path: path) }
            #expect(error?.code == .corrupt)
            #expect(error?.description.contains("cut off") == true, "\(error?.description ?? "")")
        }
    }
}
