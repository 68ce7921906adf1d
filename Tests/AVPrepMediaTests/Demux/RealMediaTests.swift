import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// Real files, good and bad.
@Suite(.enabled(if: SharedData.isAvailable, "the shared data is absent")) struct RealMediaTests {
    /// Counts, and ends the pass after a second.
    private final class Counter: DecodeConsumer {
        struct Enough: Error {}
        var frames = 0
        var samples = 0
        func consume(frame picture: PixelBuffer, index: Int) throws {
            frames += 1
            if frames == 25 { throw Enough() }
        }
        func consume(samples new: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) { samples += new.count }
    }

    private func name(_ path: String) -> String { (path as NSString).lastPathComponent }

    private func decodeStart(_ file: MediaFile) throws -> Counter {
        let counter = Counter()
        let audio = file.info.audio == nil ? [] : [AudioFormat(sampleRate: 16_000, channels: 1)]
        do {
            _ = try file.decode(DecodeRequest(fps: 25, shortSide: 64, audio: audio), to: counter)
        } catch is Counter.Enough {}
        return counter
    }

    @Test func everyRealClipOpensAndDecodes() throws {
        for path in SharedData.files(in: "real-av") {
            let file = try MediaFile(path: path)
            #expect(file.info.video != nil && file.info.audio != nil, "\(name(path))")
            #expect(abs(file.info.startSkewSeconds ?? 1) < 0.2, "\(name(path))")
            let counter = try decodeStart(file)
            #expect(counter.frames == 25, "\(name(path))")
            #expect(counter.samples == 16_000, "\(name(path))")
        }
    }

    /// Whatever is wrong with a file, it ends in frames or in an error of ours with one line.
    @Test func noOddFileIsTooOdd() throws {
        let paths = SharedData.files(in: "odd-media")
        var decoded = 0
        for path in paths {
            do {
                let file = try MediaFile(path: path)
                guard file.info.video != nil else { continue }
                _ = try decodeStart(file)
                decoded += 1
            } catch let error as MediaError {
                #expect(!error.description.contains("\n") && error.description.contains(name(path)))
                #expect(error.code != .encode)
            }
        }
        #expect(decoded > paths.count / 3, "\(decoded) of \(paths.count) files are decoded")
    }

    @Test func oddFilesFailForTheRightReason() throws {
        func code(_ file: String) throws -> MediaError.Code? {
            let path = try #require(SharedData.files(in: "odd-media").first { $0.hasSuffix("/" + file) })
            do {
                _ = try decodeStart(try MediaFile(path: path))
                return nil
            } catch let error as MediaError {
                return error.code
            }
        }
        #expect(try code("mp4ff-cbcs.mp4") == .encrypted)
        #expect(try code("mp4ff-prog_8s_enc_dashinit.mp4") == .encrypted)
        #expect(try code("exoplayer-sample_fragmented_clearkey.mp4") == .encrypted)
        #expect(try code("exoplayer-subsample_encrypted_altref.webm") == .encrypted)
        #expect(try code("mp4ff-vvc_400kbps_2s.mp4") == .unsupported)
        #expect(try code("exoplayer-invalid-bitstream.webm") == .corrupt)
        #expect(try code("shaka-player-index-segment.mp4") == .notMedia)
        #expect(try code("mp4ff-init.mp4") == .corrupt)
        #expect(try code("exoplayer-portrait_4k60.mp4") == nil)
        #expect(try code("exoplayer-sample_mdat_too_long.mp4") == nil)
    }

    /// The first picture and sound are where PyAV's decoders put them, edit lists and run-ins honoured. Phones give their
    /// first packet of sound a time of its own: what most of the first packets say counts.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func startTimesAreThoseOfTheFirstDecodedPictureAndSound() throws {
        let files = try SharedData.files(in: "real-av").map { path in
            let info = try MediaFile(path: path).info
            return (path: path, video: try #require(info.video), audio: try #require(info.audio))
        }
        let seen = try Oracle.json(
            [[Double?]].self,
            """
            import av, json, sys
            out = []
            for entry in sys.argv[1:]:
                path, *indices = entry.rsplit(':', 2)
                out.append([])
                for index in indices:
                    try:
                        f = av.open(path)
                        start, count, deviations = None, 0, []
                        for frame in f.decode(f.streams[int(index)]):
                            time = float(frame.pts * frame.time_base)
                            start = time if start is None else start
                            if not hasattr(frame, "samples") or frame.sample_rate == 0: break
                            deviations.append(time - start - count / frame.sample_rate)
                            count += frame.samples
                            if count > 0.4 * frame.sample_rate: break
                        if f.streams[int(index)].codec.name != "vorbis" and deviations:
                            start += sorted(deviations)[len(deviations) // 2]
                        out[-1].append(start)
                    except UnicodeDecodeError:  # PyAV refuses tags that are not UTF-8
                        out[-1].append(None)
            print(json.dumps(out))
            """, files.map { "\($0.path):\($0.video.index):\($0.audio.index)" })
        for (file, starts) in zip(files, seen) {
            if let video = starts[0] { #expect(abs(file.video.startSeconds - video) < 1e-4, "\(name(file.path))") }
            if let audio = starts[1] { #expect(abs(file.audio.startSeconds - audio) < 1e-3, "\(name(file.path))") }
        }
    }
}
