import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// What opens, what does not, and what is said about it.
@Suite struct MediaFileTests {
    private static let rate = Rational(25)

    /// Expects an error of this code whose one line names the file.
    private func expect(_ code: MediaError.Code, for path: String, _ body: () throws -> Void) {
        let error = #expect(throws: MediaError.self, performing: body)
        #expect(error?.code == code, "\(error?.description ?? "")")
        #expect(error?.description.contains(path) == true)
        #expect(error?.description.contains("\n") == false)
    }

    private func decodeAll(_ path: String) throws -> DecodeSummary {
        let request = DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 16_000, channels: 1)])
        return try MediaFile(path: path).decode(request, to: Recorder(request))
    }

    @Test func whatIsNoMediaIsRefusedByItsContent() throws {
        try withTemporaryFolder { folder in
            let text = "\(folder)/notes.mp4"
            try String(repeating: "This is a shopping list, not a film.\n", count: 300).write(
                toFile: text, atomically: true, encoding: .utf8)
            expect(.notMedia, for: text) { _ = try MediaFile(path: text) }
            let empty = "\(folder)/empty.mkv"
            #expect(FileManager.default.createFile(atPath: empty, contents: nil))
            expect(.empty, for: empty) { _ = try MediaFile(path: empty) }
        }
    }

    @Test func whatTheSystemDoesNotOpenIsUnreadable() throws {
        try withTemporaryFolder { folder in
            expect(.unreadable, for: folder + "/missing.mp4") { _ = try MediaFile(path: folder + "/missing.mp4") }
            expect(.unreadable, for: folder) { _ = try MediaFile(path: folder) }
            // A pipe without a writer must not make us wait.
            let pipe = folder + "/pipe.mp4"
            #expect(mkfifo(pipe, 0o600) == 0)
            expect(.unreadable, for: pipe) { _ = try MediaFile(path: pipe) }
        }
    }

    @Test func playlistsReachNoOtherFile() throws {
        try withTemporaryFolder { folder in
            let target = "\(folder)/clip.ts"
            try PlantedClock(rate: Self.rate, seconds: 1).write(to: target, rate: Self.rate)
            let playlists = [
                "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.0,\n\(target)\n#EXT-X-ENDLIST\n",
                "list.ffconcat": "ffconcat version 1.0\nfile '\(target)'\n",
                "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
                    + "a=rtpmap:96 H264/90000\n",
            ]
            for (name, text) in playlists {
                let path = "\(folder)/\(name)"
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                expect(.pointer, for: path) { _ = try MediaFile(path: path) }
            }
        }
    }

    @Test func truncatedFilesGiveWhatTheyHaveOrAreCorrupt() throws {
        try withTemporaryFolder { folder in
            for (container, survives) in [("mp4", false), ("mkv", true), ("ts", true)] {
                let path = "\(folder)/clip.\(container)"
                try PlantedClock(rate: Self.rate, seconds: 3).write(to: path, rate: Self.rate)
                let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                try bytes.prefix(bytes.count * 6 / 10).write(to: URL(fileURLWithPath: path))
                if survives {
                    let summary = try decodeAll(path)
                    #expect((20..<70).contains(summary.frameCount), "\(container): \(summary)")
                } else {
                    expect(.corrupt, for: path) { _ = try decodeAll(path) }
                }
            }
        }
    }

    @Test func damageCostsPicturesNotTheFile() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.ts"
            try PlantedClock(rate: Self.rate, seconds: 4).write(to: path, rate: Self.rate)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            var random = SeededRandom(seed: 3)
            for packet in stride(from: bytes.count / 3 / 188 * 188, to: bytes.count / 2, by: 188) {
                // Packet headers stay, their content goes.
                for index in packet + 40..<min(packet + 188, bytes.count) { bytes[index] = UInt8(random.below(256)) }
            }
            try bytes.write(to: URL(fileURLWithPath: path))
            let summary = try decodeAll(path)
            #expect(summary.frameCount > 60)
            #expect(summary.decodeErrors > 0)
        }
    }

    @Test func aStreamOfNoiseIsCorrupt() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            try PlantedClock(rate: Self.rate, seconds: 2).write(to: path, rate: Self.rate)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            var random = SeededRandom(seed: 4)
            // The header and its codec descriptions end long before a kilobyte of this clip; the rest becomes noise, a
            // few bytes at a time so that the container still finds its blocks.
            for index in 1000..<bytes.count where index % 3 != 0 { bytes[index] = UInt8(random.below(256)) }
            try bytes.write(to: URL(fileURLWithPath: path))
            expect(.corrupt, for: path) { _ = try decodeAll(path) }
        }
    }

    @Test func missingStreamsAreNoErrorUntilTheyAreAskedFor() throws {
        try withTemporaryFolder { folder in
            let silent = "\(folder)/silent.mp4"
            let picture = PixelBuffer(width: 64, height: 48, channels: 3)
            let video = try MediaWriter(
                path: silent, video: VideoEncoding(width: 64, height: 48, frameRate: Self.rate), audio: nil)
            for index in 0..<25 { try video.write(frame: picture, at: Double(index) / 25) }
            try video.finish()
            let file = try MediaFile(path: silent)
            #expect(file.info.audio == nil && file.info.video != nil && file.info.startSkewSeconds == nil)
            let wanted = DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 16_000, channels: 1)])
            expect(.unsupported, for: silent) { _ = try file.decode(wanted, to: Recorder(wanted)) }
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [])
            #expect(try file.decode(request, to: Recorder(request)).frameCount == 25)

            let blind = "\(folder)/blind.mkv"
            let audio = try MediaWriter(
                path: blind, video: nil, audio: AudioEncoding(codec: "pcm_s16le", sampleRate: 16_000, channels: 1))
            try audio.write(samples: Array(repeating: 0.1, count: 16_000))
            try audio.finish()
            let sound = try MediaFile(path: blind)
            #expect(sound.info.video == nil && sound.info.audio?.sampleRate == 16_000)
            #expect(sound.outputSize(crop: .none, shortSide: 64) == nil)
            expect(.unsupported, for: blind) { _ = try sound.decode(request, to: Recorder(request)) }
            expect(.unsupported, for: blind) { _ = try sound.spreadFrames(count: 3) }
        }
    }

    @Test func limitsEndOneFileWithItsReason() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            try PlantedClock(rate: Self.rate, seconds: 1).write(to: path, rate: Self.rate)
            let whole = DecodeRequest(fps: 25, shortSide: nil, audio: [])
            var limits = MediaLimits()
            limits.maxPixels = PlantedClock.width * PlantedClock.height - 1
            expect(.limit, for: path) { _ = try MediaFile(path: path, limits: limits) }
            limits = MediaLimits()
            limits.maxStreams = 1
            expect(.limit, for: path) { _ = try MediaFile(path: path, limits: limits) }
            limits.maxStreams = 2
            _ = try MediaFile(path: path, limits: limits)
            limits.maxPackets = 10
            expect(.limit, for: path) {
                _ = try MediaFile(path: path, limits: limits).decode(whole, to: Recorder(whole))
            }
            limits = MediaLimits()
            limits.maxHours = 0.5 / 3600
            expect(.limit, for: path) {
                _ = try MediaFile(path: path, limits: limits).decode(whole, to: Recorder(whole))
            }
            limits = MediaLimits()
            limits.maxSeconds = 0
            limits.secondsPerMegabyte = 0
            expect(.timeLimit, for: path) { _ = try MediaFile(path: path, limits: limits) }
        }
    }

    @Test func timeAConsumerTakesIsNotTheFilesFault() throws {
        final class Slow: DecodeConsumer {
            var frames = 0
            func consume(frame picture: PixelBuffer, index: Int) {
                frames += 1
                if index == 0 { usleep(1_100_000) }
            }
            func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
        }
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            try PlantedClock(rate: Self.rate, seconds: 1).write(to: path, rate: Self.rate)
            var limits = MediaLimits()
            limits.maxSeconds = 1
            limits.secondsPerMegabyte = 0
            let slow = Slow()
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [])
            _ = try MediaFile(path: path, limits: limits).decode(request, to: slow)
            #expect(slow.frames == 25)
        }
    }

    @Test func cancellationEndsThePassAtOnce() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            try PlantedClock(rate: Self.rate, seconds: 2).write(to: path, rate: Self.rate)
            let cancellation = Cancellation()
            let file = try MediaFile(path: path, isCancelled: { cancellation.isCancelled })
            cancellation.cancel(.interrupted)
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [])
            #expect(throws: CancellationError.self) { try file.decode(request, to: Recorder(request)) }
            #expect(throws: CancellationError.self) {
                try MediaFile(path: path, isCancelled: { cancellation.isCancelled })
            }
        }
    }

    @Test func whatAConsumerThrowsComesThroughAndTheFileCanBeReadAgain() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            try PlantedClock(rate: Self.rate, seconds: 1).write(to: path, rate: Self.rate)
            let file = try MediaFile(path: path)
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 8000, channels: 1)])
            let first = Recorder(request)
            first.frameLimit = 5
            #expect(throws: Recorder.Enough.self) { try file.decode(request, to: first) }
            let passes = try (0..<2).map { _ in
                let recorder = Recorder(request)
                _ = try file.decode(request, to: recorder)
                return recorder
            }
            #expect(passes[0].brightness.count == 25)
            #expect(passes[0].brightness == passes[1].brightness && passes[0].samples == passes[1].samples)
        }
    }

    @Test func theProbeSaysWhatWasWritten() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            try PlantedClock(rate: Rational(30_000, 1001), audioStart: 0.2, seconds: 2).write(
                to: path, rate: Rational(30_000, 1001))
            let info = try MediaFile(path: path).info
            #expect(info.container.contains("mp4"))
            #expect(info.video?.codec == "h264" && info.audio?.codec == "aac")
            #expect(info.video?.pixelFormat == "yuv420p")
            #expect(info.video?.width == 96 && info.video?.displayHeight == 64)
            #expect(abs((info.video?.averageFrameRate ?? 0) - 29.97) < 0.01)
            #expect(info.audio?.sampleRate == 48_000 && info.audio?.channels == 2)
            #expect(abs((info.durationSeconds ?? 0) - 2.2) < 0.05)
            #expect(abs((info.startSkewSeconds ?? 0) - (0.2 - 1024.0 / 48_000)) < 0.001)
            #expect(info.bitRate > 0)
        }
    }
}
