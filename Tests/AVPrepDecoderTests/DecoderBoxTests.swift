import AVPrepMedia
import Foundation
import TestSupport
import Testing

@testable import AVPrepDecoder

/// A decoder process can touch nothing: what it tries is refused, or ends it.
@Suite struct DecoderBoxTests {
    /// A library may ask for a file, and gets along without: that is refused. So are a second thread and memory to run.
    @Test(arguments: ["open", "thread", "executable-memory"])
    func whatLibrariesMayAskForIsRefused(attempt: String) throws {
        try expectEnd(attempt, .untrustworthy, saying: "exit code 72")
    }

    @Test(arguments: ["socket", "execute", "fork", "kill"])
    func whatNoDecoderAsksForEndsTheProcess(attempt: String) throws {
        try expectEnd(attempt, .crashed, saying: "SIGSYS")
    }

    /// A kernel without the filter still takes the file system away.
    @Test func withoutTheFilterLandlockTakesTheFilesAway() throws {
        let host = try DecoderClient(arguments: ["--without-filter"])
        let protection = try host.protection()
        #expect(!protection.systemCallFilter && !protection.isComplete)
        if protection.landlock > 0 {
            try expectEnd("open", .untrustworthy, saying: "exit code 72", ["--without-filter"])
        }
        // And without either, the same attempt gets through: the tests above do see a difference.
        let bare = ["--without-filter", "--without-landlock"]
        try expectEnd("open", .untrustworthy, saying: "exit code 0", bare)
        try expectEnd("socket", .untrustworthy, saying: "exit code 0", bare)
    }

    @Test func withoutAnyOfItDecodingAndItsLimitsStillWork() throws {
        let bare = ["--without-filter", "--without-landlock"]
        try withVideo { path in
            let record = PassRecord(formats: 2)
            _ = try SandboxedMediaSource(path: path, on: DecoderClient(arguments: bare)).decode(wholePass, to: record)
            #expect(record.frames.count > 40)
        }
        try expectEnd("crash", .crashed, saying: "SIGSEGV", bare)
    }

    private func expectEnd(
        _ attempt: String, _ code: MediaError.Code, saying words: String, _ arguments: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try withVideo { path in
            let host = try faultyClient("\(attempt):1@video", arguments)
            expectFailure(code, of: path, saying: words, sourceLocation: sourceLocation) {
                _ = try SandboxedMediaSource(path: path, on: host).decode(wholePass, to: PassRecord(formats: 2))
            }
        }
    }
}
