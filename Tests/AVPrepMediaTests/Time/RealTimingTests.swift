import Foundation
import TestSupport
import Testing

@testable import AVPrepMedia

/// Real files: pictures are shown, and sound sets in, when the ffprobe program says.
@Suite(.enabled(if: SharedData.isAvailable && Products.hasFFmpeg, "needs the shared data and ffprobe"))
struct RealTimingTests {
    /// How many pictures of each file are looked at.
    private static let pictureCount = 25

    private struct Frames: Decodable {
        struct Frame: Decodable {
            var best_effort_timestamp_time: String?
            var nb_samples: Int?
            var sample_rate: String?
        }
        var frames: [Frame]?
        var times: [Double] { (frames ?? []).compactMap { $0.best_effort_timestamp_time.flatMap(Double.init) } }
    }

    private func probe(_ path: String, stream: Int, seconds: Double) throws -> Frames {
        let program = try #require(FFmpegProgram.path).replacingOccurrences(of: "ffmpeg", with: "ffprobe")
        let result = try Command.run(
            program,
            [
                "-v", "quiet", "-of", "json", "-select_streams", "\(stream)", "-read_intervals", "%+\(seconds)",
                "-show_entries", "frame=best_effort_timestamp_time,nb_samples", path,
            ])
        return try JSONDecoder().decode(Frames.self, from: Data(result.standardOutput.utf8))
    }

    @Test(arguments: ["real-av", "odd-media"]) func picturesAreShownWhenFFprobeSays(folder: String) throws {
        var compared = 0
        for path in SharedData.files(in: folder) {
            let name = Comment(rawValue: (path as NSString).lastPathComponent)
            guard let file = try? MediaFile(path: path), let video = file.info.video,
                let track = try? file.takePictures()
            else { continue }
            var own: [Double] = []
            while own.count < Self.pictureCount, let span = track.upcoming?.span {
                own.append(span.start)
                try track.step()
            }
            var theirs: [Double] = []
            for time in try probe(path, stream: video.index, seconds: 1.3).times
            where time > theirs.last ?? -.infinity { theirs.append(time) }
            // A bare stream of H.264 has no times: ours come from its rate.
            if theirs.isEmpty, file.info.container == "h264" { continue }
            // A file may begin with pictures that cannot be shown whole: ours begins with the first that can.
            guard let first = own.first, let begin = theirs.firstIndex(where: { $0 >= first - 0.02 }) else {
                Issue.record("\(name): nothing to compare: \(own.prefix(3)), \(theirs.prefix(3))")
                continue
            }
            let pairs = zip(own, theirs[begin...].prefix(own.count))
            let worst = pairs.map { abs($0 - $1) }.max() ?? 0
            #expect(worst < 1e-3, "\(name): \(own.prefix(4)), \(theirs[begin...].prefix(4))")
            compared += 1
        }
        #expect(compared >= 20)
    }

    /// By what most of the first packets say, as ours.
    @Test(arguments: ["real-av", "odd-media"]) func soundSetsInWhenFFprobeSays(folder: String) throws {
        var compared = 0
        for path in SharedData.files(in: folder) {
            let name = Comment(rawValue: (path as NSString).lastPathComponent)
            guard let file = try? MediaFile(path: path), let audio = file.info.audio, (try? file.takeSound()) != nil
            else { continue }
            let frames = try probe(path, stream: audio.index, seconds: 0.8).frames ?? []
            var (start, count, deviations): (Double?, Int, [Double]) = (nil, 0, [])
            for frame in frames {
                guard let time = frame.best_effort_timestamp_time.flatMap(Double.init) else { continue }
                if start == nil { start = time }
                deviations.append(time - (start ?? 0) - Double(count) / Double(audio.sampleRate))
                count += frame.nb_samples ?? 0
                if Double(count) > 0.4 * Double(audio.sampleRate) { break }
            }
            let near = deviations.filter { abs($0) <= 0.05 }.sorted()
            guard let start, !near.isEmpty else { continue }
            let expected = start + (audio.codec == "vorbis" ? 0 : near[near.count / 2])
            #expect(abs(audio.startSeconds - expected) < 1.5e-3, "\(name): \(audio.startSeconds), ffprobe \(expected)")
            compared += 1
        }
        #expect(compared >= 20)
    }
}
