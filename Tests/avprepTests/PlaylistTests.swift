import Foundation
import TestSupport
import Testing

/// Files that name other files and addresses read nothing of them.
@Suite struct PlaylistTests {
    @Test func playlistsAndReferenceMoviesReadNothing() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 1)
            let listener = try Listener()
            let outside = folder + "/outside.mp4"
            try FileManager.default.moveItem(atPath: corpus.folder + "/videos/video-00000.mp4", toPath: outside)
            let address = "http://127.0.0.1:\(listener.port)/video.mp4"
            var names: Set<String> = []
            func add(_ name: String, _ content: Data) throws {
                names.insert("videos/" + name)
                try content.write(to: URL(fileURLWithPath: "\(corpus.folder)/videos/\(name)"))
            }
            for (target, word) in [("/etc/passwd", "passwd"), (outside, "video"), (address, "http")] {
                for (kind, content) in Self.lists(of: target) { try add("\(kind)-\(word).mp4", Data(content.utf8)) }
                let movie = try Data(contentsOf: URL(fileURLWithPath: outside))
                try add("reference-\(word).mp4", Self.referenceMovie(movie, to: target))
            }
            // A name that FFmpeg would take for a pattern of names, and one that it would take for an address.
            try add("pattern-%d.mp4", Data("no video".utf8))
            try add("http:..127.0.0.1:\(listener.port).mp4", Data("no video".utf8))

            let result = try corpus.run(["ingest", "-q", "--json", "--set", "ingest.limits.max_stall_seconds=60"])
            #expect(result.status == 2, "\(result.standardError)")
            let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput.utf8))
            // A movie whose samples lie in another file has no picture of its own: at best, its own bytes are read.
            #expect(report.counts.done == 0 && report.counts.pending == 0, "\(result.standardOutput)")
            #expect(report.counts.failed + report.counts.skipped == names.count)
            #expect(!result.standardOutput.contains("root:"))
            #expect(!listener.wasCalled())
            // It would have been noticed.
            listener.call()
            #expect(listener.wasCalled())
        }
    }

    /// Lists that name `target`, by kind.
    private static func lists(of target: String) -> [(String, String)] {
        [
            ("hls", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n\(target)\n#EXT-X-ENDLIST\n"),
            (
                "hlsmaster",
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000,RESOLUTION=64x48\n\(target)\n"
            ),
            ("concat", "ffconcat version 1.0\nfile '\(target)'\n"),
            (
                "dash",
                "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
                    + "mediaPresentationDuration=\"PT4S\"><Period><AdaptationSet mimeType=\"video/mp4\"><Representation "
                    + "id=\"1\" bandwidth=\"100000\"><BaseURL>\(target)</BaseURL></Representation></AdaptationSet>"
                    + "</Period></MPD>"
            ),
            ("sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"),
            ("subtitles", "1\n00:00:00,000 --> 00:00:04,000\n<font face=\"\(target)\">words</font>\n"),
            ("smooth", "<SmoothStreamingMedia><StreamIndex Url=\"\(target)\"/></SmoothStreamingMedia>"),
        ]
    }

    /// The movie with every track's samples said to lie in `target` (QuickTime File Format, data reference atom).
    private static func referenceMovie(_ movie: Data, to target: String) -> Data {
        rewritten([UInt8](movie)[...], target: Array(target.utf8))
    }

    private static let containers: Set<String> = ["moov", "trak", "mdia", "minf", "dinf"]

    private static func rewritten(_ bytes: ArraySlice<UInt8>, target: [UInt8]) -> Data {
        var result = Data()
        var place = bytes.startIndex
        while place + 8 <= bytes.endIndex {
            let size =
                Int(bytes[place]) << 24 | Int(bytes[place + 1]) << 16 | Int(bytes[place + 2]) << 8
                | Int(bytes[place + 3])
            let kind = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
            let end = size < 8 ? bytes.endIndex : min(bytes.endIndex, place + size)
            if containers.contains(kind) {
                result += box(kind, rewritten(bytes[place + 8..<end], target: target))
            } else if kind == "dref" {
                result += box(kind, Data([0, 0, 0, 0, 0, 0, 0, 1]) + alias(to: target))
            } else {
                result += Data(bytes[place..<end])
            }
            place = end
        }
        return result
    }

    private static func box(_ kind: String, _ content: Data) -> Data {
        be32(8 + content.count) + Data(kind.utf8) + content
    }

    /// An alias record as libavformat reads it: the path as its item 2.
    private static func alias(to path: [UInt8]) -> Data {
        var record = Data([0, 0, 0, 0]) + Data(repeating: 0, count: 10)
        record += Data([4]) + Data("disk".utf8) + Data(repeating: 0, count: 27 - 4) + Data(repeating: 0, count: 12)
        let name = Array((String(decoding: path, as: UTF8.self) as NSString).lastPathComponent.utf8.prefix(63))
        record += Data([UInt8(name.count)]) + Data(name) + Data(repeating: 0, count: 63 - name.count)
        record += Data(repeating: 0, count: 16) + Data([0, 1, 0, 1]) + Data(repeating: 0, count: 16)
        record += Data([0, 2, 0, UInt8(path.count)]) + Data(path) + Data(repeating: 0, count: path.count % 2)
        record += Data([0xFF, 0xFF, 0, 0])
        return box("alis", record)
    }

    private static func be32(_ value: Int) -> Data { Data([24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) }) }

    private struct Report: Decodable {
        struct Counts: Decodable {
            let done: Int
            let skipped: Int
            let failed: Int
            let pending: Int
        }
        let counts: Counts
    }
}

/// A port on this machine that waits for calls.
private final class Listener {
    let port: Int
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        self.descriptor = descriptor
        var address = Self.local(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 16) == 0
                    ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard status == 0 else { throw CocoaError(.fileReadUnknown) }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    /// Whether somebody has connected since the last time.
    func wasCalled() -> Bool {
        let caller = accept(descriptor, nil, nil)
        if caller >= 0 { close(caller) }
        return caller >= 0
    }

    func call() {
        let caller = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.local(port)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = connect(caller, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        close(caller)
    }

    private static func local(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
