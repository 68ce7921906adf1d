import AVPrepCore
import AVPrepMedia
import Foundation
import TestSupport
import Testing

@testable import AVPrepDecoder

/// Whatever goes wrong in a decoder process costs the file that it happens with, with its own reason; the next file is
/// decoded as if nothing had been.
@Suite struct DecoderFaultTests {
    @Test(arguments: ["crash", "crash:0", "crash:20"])
    func aCrashCostsOneFileAndNamesTheSignal(fault: String) throws {
        try expectFault(fault, .crashed, saying: "SIGSEGV")
    }

    @Test(arguments: ["hang", "hang:3"])
    func aHangEndsByTheLimitOnStalling(fault: String) throws {
        var limits = MediaLimits()
        limits.maxStallSeconds = 0.3
        try expectFault(fault, .timeLimit, saying: "limits.max_stall_seconds", limits)
    }

    @Test func anEndlessComputationEndsByTheLimitOnTime() throws {
        var limits = MediaLimits()
        limits.maxSeconds = 0.5
        limits.secondsPerMegabyte = 0
        try expectFault("spin:2", .timeLimit, saying: "limits.max_seconds", limits)
    }

    @Test func anEndlessComputationEndsByTheLimitOnCPUTime() throws {
        var limits = MediaLimits()
        limits.maxCPUSeconds = 1
        limits.secondsPerMegabyte = 0
        limits.maxSeconds = 60
        try expectFault("spin", .timeLimit, saying: "limits.max_cpu_seconds", limits)
    }

    @Test(arguments: ["memory", "memory:5"])
    func aMemoryBombEndsByTheLimitOnMemory(fault: String) throws {
        var limits = MediaLimits()
        limits.maxMemoryMegabytes = 96
        try expectFault(fault, .memoryLimit, saying: "limits.max_memory_mb (96)", limits)
    }

    @Test(arguments: ["garbage", "garbage:4"])
    func garbageIsNotBelieved(fault: String) throws {
        try expectFault(fault, .untrustworthy)
    }

    @Test func aProcessThatNeverStopsTalkingEndsByTheLimitOnTime() throws {
        var limits = MediaLimits()
        limits.maxSeconds = 0.5
        limits.secondsPerMegabyte = 0
        try expectFault("flood:2", .timeLimit, saying: "limits.max_seconds", limits)
    }

    @Test(arguments: ["exit", "exit:1"])
    func anEndWithoutAWordIsAFailure(fault: String) throws {
        try expectFault(fault, .untrustworthy, saying: "exit code 72")
    }

    /// At opening, and in the middle of a file that is larger than what is read at once.
    @Test(arguments: ["read-error", "read-error:20"])
    func anErrorOfTheDiskIsToldAsOne(fault: String) throws {
        try withNoise { path in
            expectFailure(.readError, of: path, saying: String(cString: strerror(EIO))) {
                let media = try SandboxedMediaSource(path: path, on: try faultyClient("\(fault)@noise"))
                _ = try media.decode(wholePass, to: PassRecord(formats: 2))
            }
        }
    }

    @Test func aFileThatIsCutWhileItIsDecodedIsToldAsChanging() throws {
        try withNoise { path in
            expectFailure(.changing, of: path) {
                let media = try SandboxedMediaSource(path: path, on: DecoderClient())
                let record = PassRecord(formats: 2)
                record.onFrame = { if $0 == 2 { truncate(path, 200_000) } }
                _ = try media.decode(wholePass, to: record)
            }
        }
    }

    /// A real file, not a planted fault: full HD does not fit.
    @Test(.enabled(if: SharedData.isAvailable, "the real clips are not beside the repository"))
    func aFileTooLargeForTheMemoryLimitSaysSo() throws {
        let path = try #require(SharedData.files(in: "real-av").first { $0.contains("1080p") })
        var limits = MediaLimits()
        limits.maxMemoryMegabytes = 16
        let host = try DecoderClient()
        expectFailure(.memoryLimit, of: path, saying: "limits.max_memory_mb (16)") {
            let media = try SandboxedMediaSource(path: path, on: host, limits: limits)
            _ = try media.decode(wholePass, to: PassRecord(formats: 2))
        }
    }

    @Test func aConsumerThatThrowsEndsTheProcess() throws {
        struct Enough: Error {}
        try withVideo { path in
            let host = try DecoderClient()
            let media = try SandboxedMediaSource(path: path, on: host)
            let record = PassRecord(formats: 2)
            record.onFrame = { if $0 == 3 { throw Enough() } }
            #expect(throws: Enough.self) { try media.decode(wholePass, to: record) }
            #expect(throws: Enough.self) { try media.spreadFrames(count: 1) }
            try expectWhole(path, on: host)
        }
    }

    @Test func cancellationEndsTheProcessAtOnce() throws {
        try withVideo { path in
            let host = try faultyClient("hang:2@video")
            let cancellation = Cancellation()
            let media = try SandboxedMediaSource(path: path, on: host) { cancellation.isCancelled }
            let record = PassRecord(formats: 2)
            record.onFrame = { if $0 == 1 { cancellation.cancel(.interrupted) } }
            let start = ContinuousClock.now
            #expect(throws: CancellationError.self) { try media.decode(wholePass, to: record) }
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func timeAConsumerTakesIsNotTheFilesFault() throws {
        try withVideo { path in
            var limits = MediaLimits()
            limits.maxSeconds = 2
            limits.secondsPerMegabyte = 0
            limits.maxStallSeconds = 2
            let media = try SandboxedMediaSource(path: path, on: DecoderClient(), limits: limits)
            let record = PassRecord(formats: 2)
            record.onFrame = { if $0 == 0 { usleep(2_500_000) } }
            _ = try media.decode(wholePass, to: record)
            #expect(record.frames.count > 40)
        }
    }

    @Test func aServiceThatDiesIsReplaced() throws {
        try withVideo { path in
            let host = try DecoderClient()
            try expectWhole(path, on: host)
            let process = try #require(host.process)
            kill(process, SIGKILL)
            try expectWhole(path, on: host)
            #expect(host.process != process)
        }
    }

    @Test func nothingIsLeftOfAHostThatIsGone() throws {
        try withVideo { path in
            var host: DecoderClient? = try DecoderClient()
            var media: SandboxedMediaSource? = try SandboxedMediaSource(path: path, on: try #require(host))
            let process = try #require(host?.process)
            #expect(media?.info.video != nil && kill(process, 0) == 0)
            media = nil
            host = nil
            #expect(kill(process, 0) == -1 && errno == ESRCH)
        }
    }

    /// What goes wrong with one file, and that the next one on the same host is decoded whole.
    private func expectFault(
        _ fault: String, _ code: MediaError.Code, saying words: String = "", _ limits: MediaLimits = MediaLimits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try withVideo(named: "bad") { bad in
            let host = try faultyClient("\(fault)@/bad.mp4")
            let good = bad.replacing("bad.mp4", with: "good.mp4")
            try FileManager.default.copyItem(atPath: bad, toPath: good)
            expectFailure(code, of: bad, saying: words, sourceLocation: sourceLocation) {
                let media = try SandboxedMediaSource(path: bad, on: host, limits: limits)
                _ = try media.decode(wholePass, to: PassRecord(formats: 2))
            }
            try expectWhole(good, on: host)
        }
    }

    private func expectWhole(_ path: String, on host: DecoderClient) throws {
        let record = PassRecord(formats: 2)
        let media = try SandboxedMediaSource(path: path, on: host)
        #expect(try media.decode(wholePass, to: record).frameCount == record.frames.count)
        #expect(record.frames.count > 40)
    }
}
