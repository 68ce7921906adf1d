import AVPrepCore
import AVPrepModel
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AVPrepDownload

/// Files arrive whole and right, or not at all, whatever the server does.
@Suite(.enabled(if: Oracle.isAvailable, "needs the Python of `make venv`"))
struct DownloaderTests {
    private let data = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })

    /// Runs `body` with a server of one file `a.mp4`, and an empty folder.
    private func withServer(_ body: (_ server: FileServer, _ folder: String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/served", withIntermediateDirectories: true)
            try data.write(to: URL(fileURLWithPath: "\(folder)/served/a.mp4"))
            try body(try FileServer(folder: "\(folder)/served"), "\(folder)/downloads")
        }
    }

    private func address(_ text: String) throws -> WebAddress { try #require(WebAddress(BytePath(text))) }

    /// Fetches with pauses of no length.
    private func fetch(
        _ text: String, to target: String, _ settings: DownloadSettings = DownloadSettings(),
        _ cancellation: Cancellation = Cancellation(), shared: Downloader.Shared = Downloader.Shared()
    ) throws -> Downloader.Result {
        let downloader = try Downloader(settings, shared, cancellation: cancellation, secondsPerSecond: 0)
        return try downloader.fetch(try address(text), to: target)
    }

    private func content(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

    private func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    private func reason(_ result: Downloader.Result) throws -> Outcome.Reason {
        var reason: Outcome.Reason?
        if case .failed(let found) = result { reason = found }
        return try #require(reason, "it did not fail: \(result)")
    }

    @Test(arguments: ["plain", "untagged", "weak", "chunked", "busy-2"])
    func aFileArrivesWhole(_ habit: String) throws {
        try withServer { server, folder in
            let result = try fetch("\(server.address)/\(habit)/a.mp4", to: "\(folder)/a.mp4")
            #expect(result == .fetched(bytes: 300_000, received: 300_000))
            #expect(content("\(folder)/a.mp4") == data && names(folder) == ["a.mp4"])
        }
    }

    @Test func whatBreaksOffGoesOnWhereItEnded() throws {
        try withServer { server, folder in
            // Attempts that bring something do not count.
            let result = try fetch("\(server.address)/cut-40000/a.mp4", to: "\(folder)/a.mp4")
            #expect(result == .fetched(bytes: 300_000, received: 300_000))
            #expect(content("\(folder)/a.mp4") == data && names(folder) == ["a.mp4"])
            let ranges = server.requests.map { $0.split(separator: " ")[2] }
            #expect(ranges == ["-"] + (1...7).map { "bytes=\($0 * 40_000)-" })
        }
    }

    @Test func aLaterRunGoesOnWithWhatIsThere() throws {
        try withServer { server, folder in
            var settings = DownloadSettings()
            settings.attempts = 1
            var result = try fetch("\(server.address)/cut-70000/a.mp4", to: "\(folder)/a.mp4", settings)
            let reason = try reason(result)
            #expect(reason.code == "download-error" && reason.isPassing && reason.detail.contains("/cut-70000/a.mp4"))
            #expect(names(folder) == ["a.mp4.part", "a.mp4.part.json"])
            for _ in 0..<3 { _ = try fetch("\(server.address)/cut-70000/a.mp4", to: "\(folder)/a.mp4", settings) }
            result = try fetch("\(server.address)/cut-70000/a.mp4", to: "\(folder)/a.mp4", settings)
            #expect(result == .fetched(bytes: 300_000, received: 20_000))
            #expect(content("\(folder)/a.mp4") == data)
        }
    }

    /// Killed between the last byte and the rename.
    @Test func whatIsWholeAndNotInItsPlaceIsNotFetchedAgain() throws {
        try withServer { server, folder in
            var settings = DownloadSettings()
            settings.attempts = 1
            _ = try fetch("\(server.address)/cut-70000/a.mp4", to: "\(folder)/a.mp4", settings)
            try data.write(to: URL(fileURLWithPath: "\(folder)/a.mp4.part"))
            let result = try fetch("\(server.address)/cut-70000/a.mp4", to: "\(folder)/a.mp4", settings)
            #expect(result == .fetched(bytes: 300_000, received: 0))
            #expect(content("\(folder)/a.mp4") == data)
        }
    }

    /// Halves of two versions would be a video of neither.
    @Test(arguments: ["changed-90000", "stubborn-90000"])
    func partsOfTwoVersionsAreNeverJoined(_ habit: String) throws {
        try withServer { server, folder in
            let result = try fetch("\(server.address)/\(habit)/a.mp4", to: "\(folder)/a.mp4")
            #expect(result == .fetched(bytes: 300_000, received: 390_000))
            #expect(content("\(folder)/a.mp4") == Data(data.map { 255 - $0 }))
        }
    }

    /// Without a version nobody can say that the rest belongs to the beginning.
    @Test func withoutAVersionAFileIsBegunAnew() throws {
        try withServer { server, folder in
            var settings = DownloadSettings()
            settings.attempts = 2
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try data.prefix(1000).write(to: URL(fileURLWithPath: "\(folder)/a.mp4.part"))
            _ = try fetch("\(server.address)/untagged/a.mp4", to: "\(folder)/a.mp4", settings)
            #expect(server.requests == ["GET /untagged/a.mp4 - -"] && content("\(folder)/a.mp4") == data)
        }
    }

    /// A note that is damaged, of another address, or of a later version says nothing of the part.
    @Test(arguments: ["", "{", #"{"address":"http://other/a.mp4","total":1,"validator":"\"x\"","version":1}"#])
    func aPartOfUnknownOriginIsBegunAnew(_ note: String) throws {
        try withServer { server, folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(count: 5000).write(to: URL(fileURLWithPath: "\(folder)/a.mp4.part"))
            try Data(note.utf8).write(to: URL(fileURLWithPath: "\(folder)/a.mp4.part.json"))
            _ = try fetch("\(server.address)/plain/a.mp4", to: "\(folder)/a.mp4")
            #expect(content("\(folder)/a.mp4") == data && names(folder) == ["a.mp4"])
        }
    }

    @Test(arguments: [
        ("status-404/a.mp4", "HTTP status 404"), ("status-403/a.mp4", "netrc"), ("page/a.mp4", "web page"),
        ("loop/a.mp4", "redirect"), ("to/ftp://127.0.0.1/a.mp4", "ftp"), ("to/file:///etc/hostname", "file"),
        ("empty/a.mp4", "empty"),
    ])
    func whatCannotBeHadIsSaidOnceAndNotAskedForAgain(_ path: String, _ word: String) throws {
        try withServer { server, folder in
            let reason = try reason(try fetch("\(server.address)/\(path)", to: "\(folder)/a.mp4"))
            #expect(reason.code == "download-failed" && !reason.isPassing)
            #expect(reason.detail.lowercased().contains(word.lowercased()), "\(reason.detail)")
            #expect(reason.detail.contains("\(server.address)/\(path)") && !reason.detail.contains("\n"))
            #expect(names(folder).isEmpty)
            #expect(server.requests.count == (path.hasPrefix("loop") ? 11 : 1))
        }
    }

    @Test func aServerThatAsksToWaitForLongIsLeftToTheNextRun() throws {
        try withServer { server, folder in
            let reason = try reason(try fetch("\(server.address)/later/a.mp4", to: "\(folder)/a.mp4"))
            #expect(reason.code == "download-error" && server.requests.count == 1)
            #expect(names(folder).isEmpty)
        }
    }

    @Test(arguments: ["plain", "chunked", "endless"])
    func aFileLargerThanTheLimitIsNotKept(_ habit: String) throws {
        try withServer { server, folder in
            try Data(count: 1_100_000).write(to: URL(fileURLWithPath: "\(server.folder)/b.mp4"))
            var settings = DownloadSettings()
            settings.maxMegabytes = 1
            let reason = try reason(try fetch("\(server.address)/\(habit)/b.mp4", to: "\(folder)/b.mp4", settings))
            #expect(reason.code == "over-limit" && reason.detail.contains("download.max_megabytes (1)"))
            #expect(names(folder).isEmpty)
        }
    }

    @Test func aTransferThatStallsIsGivenUp() throws {
        try withServer { server, folder in
            var settings = DownloadSettings()
            settings.stallSeconds = 1
            settings.attempts = 1
            let begin = ContinuousClock.now
            let reason = try reason(try fetch("\(server.address)/slow/a.mp4", to: "\(folder)/a.mp4", settings))
            #expect(reason.code == "download-error" && ContinuousClock.now - begin < .seconds(10))
        }
    }

    @Test func aFileThatIsShorterThanItsHeadSaysIsNotTaken() throws {
        try withServer { server, folder in
            var settings = DownloadSettings()
            settings.attempts = 1
            let reason = try reason(try fetch("\(server.address)/short/a.mp4", to: "\(folder)/a.mp4", settings))
            #expect(reason.code == "download-error" && !names(folder).contains("a.mp4"))
        }
    }

    @Test func theDigestOfTheAddressIsCompared() throws {
        try withServer { server, folder in
            let digest = SHA256.digest(of: "something else").hex
            let wrong = "\(server.address)/plain/a.mp4#sha256=\(digest)"
            let reason = try reason(try fetch(wrong, to: "\(folder)/a.mp4"))
            #expect(reason.code == "download-failed" && reason.detail.contains(digest))
            #expect(names(folder).isEmpty)
            let right = try SHA256.digest(ofFile: "\(server.folder)/a.mp4").hex.uppercased()
            let result = try fetch("\(server.address)/plain/a.mp4#sha256=\(right)&t=1,2", to: "\(folder)/a.mp4")
            #expect(result == .fetched(bytes: 300_000, received: 300_000))
        }
    }

    @Test func aServerThatIsGoneIsNotAskedAMillionTimes() throws {
        try withTemporaryFolder { folder in
            var settings = DownloadSettings()
            settings.attempts = 1
            let shared = Downloader.Shared()
            for number in 0..<20 {
                // Nothing listens at port 1.
                let target = "\(folder)/\(number).mp4"
                let result = try fetch("http://127.0.0.1:1/\(number).mp4", to: target, settings, shared: shared)
                let reason = try reason(result)
                #expect(reason.isPassing && reason.detail.contains("was not asked for") == (number >= 16))
            }
            #expect(names(folder).isEmpty)
        }
    }

    @Test func theRateIsKept() throws {
        try withServer { server, folder in
            var settings = DownloadSettings()
            settings.connections = 1
            settings.megabytesPerSecond = 2
            try Data(count: 6 << 20).write(to: URL(fileURLWithPath: "\(server.folder)/b.mp4"))
            let begin = ContinuousClock.now
            _ = try fetch("\(server.address)/plain/b.mp4", to: "\(folder)/b.mp4", settings)
            #expect(ContinuousClock.now - begin > .milliseconds(1500))
        }
    }

    @Test func twoProcessesFetchAFileOnce() throws {
        try withServer { server, folder in
            let target = "\(folder)/a.mp4"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let text = "\(server.address)/plain/a.mp4"
            let results = Mutex<[Downloader.Result]>([])
            let done = DispatchGroup()
            do {
                let other = try #require(try PartialFile.open(for: target, address: try address("http://other/a.mp4")))
                #expect(try PartialFile.open(for: target, address: try address("http://other/a.mp4")) == nil)
                DispatchQueue.global().async(group: done) {
                    let result = try? fetch(text, to: target)
                    results.withLock { $0 += result.map { [$0] } ?? [] }
                }
                usleep(300_000)
                #expect(Data([1, 2, 3]).withUnsafeBytes { other.append($0) })
                try other.finish()
            }
            done.wait()
            let result = results.withLock { $0.first }
            #expect(result == .fetched(bytes: 3, received: 0) && server.requests.isEmpty)
            #expect(names(folder) == ["a.mp4"])
        }
    }

    @Test func cancellingEndsATransfer() throws {
        try withServer { server, folder in
            let cancellation = Cancellation()
            DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { cancellation.cancel(.interrupted) }
            let begin = ContinuousClock.now
            #expect(throws: CancellationError.self) {
                try fetch("\(server.address)/slow/a.mp4", to: "\(folder)/a.mp4", DownloadSettings(), cancellation)
            }
            #expect(ContinuousClock.now - begin < .seconds(3))
        }
    }

    @Test func aDiskThatIsFullEndsTheRun() throws {
        try withServer { server, folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            // A link to a device that is always full, in the place of the part: no regular file.
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/a.mp4.part", withDestinationPath: "/dev/full")
            let error = #expect(throws: Failure.self) {
                try fetch("\(server.address)/plain/a.mp4", to: "\(folder)/a.mp4")
            }
            #expect(error?.endsRun == true)
        }
    }
}
