import AVPrepCore
import Foundation
import TestSupport
import Testing

/// `avprep localise` from a trained run to files that other programs open.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds the engine"))
struct LocaliseTests {
    private static let l3 = [
        "--set", "train.recipe=l3", "--set", "train.model.frames=0", "--set", "train.model.fusion=8",
        "--set", "shard.pairs.recipe=l3", "--set", "train.stages=[{name: l3, set: l3, epochs: 1}]",
        "--set", "shard.pairs.clip_seconds=0", "--set", "shard.pairs.sound_seconds=0.5",
    ]

    private func probe(_ path: String) throws -> [String: Any] {
        let result = try Command.run(
            "/usr/bin/ffprobe", ["-v", "error", "-show_streams", "-show_format", "-of", "json", path])
        #expect(result.status == 0, "\(result.standardError)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(result.standardOutput.utf8)) as? [String: Any])
    }

    @Test func aVideoGetsAHeatMapVideoWithItsSoundASheetAndItsNumbers() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 12)
            for command in ["ingest", "shard", "train"] {
                let result = try corpus.run([command, "-q"] + Self.l3)
                #expect(result.status == 0, "\(command): \(result.standardError)")
            }
            // A name that shells and containers dislike, a file without sound, one that is no video, and two of one name.
            let videos = corpus.folder + "/videos"
            try FileManager.default.createDirectory(atPath: corpus.folder + "/other", withIntermediateDirectories: true)
            let source = "\(videos)/video-00003.mp4"
            for copy in ["other/a: b%d 'c'.mp4", "other/video-00003.mp4"] {
                try FileManager.default.copyItem(atPath: source, toPath: "\(corpus.folder)/\(copy)")
            }
            let muted = try Command.run(
                "/usr/bin/ffmpeg",
                ["-v", "error", "-i", source, "-an", "-c", "copy", "\(corpus.folder)/other/mute.mp4"])
            #expect(muted.status == 0, "\(muted.standardError)")
            try Data("no video".utf8).write(to: URL(fileURLWithPath: corpus.folder + "/other/text.mp4"))
            // Killed while it prepared its video, it has left a folder.
            let machine = FileOwner.current.split(separator: "-").dropLast().joined(separator: "-")
            let killed = "\(corpus.folder)/runs/small/localise/x.work.partial-\(machine)-999999999"
            try FileManager.default.createDirectory(atPath: killed + "/prepared", withIntermediateDirectories: true)
            let named = [
                "videos/video-00003.mp4", "other/video-00003.mp4", "other/a: b%d 'c'.mp4", "other/text.mp4",
                "other/mute.mp4",
            ]
            let result = try corpus.run(["localise", "-q", "--json", "--no-video"] + Self.l3 + named)
            #expect(result.status == 2, "\(result.standardError)")
            let outcomes = try #require(
                try JSONSerialization.jsonObject(with: Data(result.standardOutput.utf8)) as? [[String: Any]])
            #expect(outcomes.map { $0["report"] is [String: Any] } == [true, true, true, false, false])
            #expect("\(outcomes[3]["failure"] ?? "")".contains("text.mp4"))
            #expect("\(outcomes[4]["failure"] ?? "")".contains("mute.mp4"))
            let results = "\(corpus.folder)/runs/small/localise"
            func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: results).sorted() }
            let without = ["a: b%d 'c'", "video-00003", "video-00003-2"].flatMap { ["\($0).json", "\($0).png"] }
            #expect(try names() == without.sorted())

            let filmed = try corpus.run(["localise", "-q", "--hop", "0.5"] + Self.l3 + [named[2]])
            #expect(filmed.status == 0, "\(filmed.standardError)")
            #expect(try names() == (without + ["a: b%d 'c'.mp4"]).sorted())
            let film = try probe("file:\(results)/a: b%d 'c'.mp4")
            let streams = try #require(film["streams"] as? [[String: Any]])
            #expect(streams.compactMap { $0["codec_name"] as? String }.sorted() == ["aac", "h264"])
            let format = try #require(film["format"] as? [String: Any])
            let seconds = try #require(Double("\(format["duration"] ?? "")"))
            #expect(abs(seconds - 4) < 0.3, "\(seconds) s")
            // Height and width stand in a PNG's first chunk (PNG specification, 11.2.2).
            let sheet = try Data(contentsOf: URL(fileURLWithPath: "\(results)/video-00003.png"))
            #expect(sheet[1..<4] == Data("PNG".utf8) && sheet[16..<20] == Data([0, 0, 0x07, 0x80]))

            let report = try #require(outcomes[0]["report"] as? [String: Any])
            let clips = try #require(report["clips"] as? [[String: Any]])
            #expect(clips.count >= 20)
            for clip in clips {
                for key in ["x", "y", "score"] {
                    let value = try #require(clip[key] as? Double)
                    #expect((0...1).contains(value), "\(key) is \(value)")
                }
            }

            // The sheets of the corpus.
            let sheets = try corpus.run(["localise", "-q", "--units", "3", "--clips", "2"] + Self.l3)
            #expect(sheets.status == 0, "\(sheets.standardError)")
            #expect(sheets.standardOutput.contains("units-picture.png"))
            for name in ["units-picture.png", "units-sound.png", "categories.png", "corpus.json"] {
                #expect(FileManager.default.fileExists(atPath: "\(results)/\(name)"), "\(name)")
            }
            #expect(try corpus.litter() == "")
        }
    }

    @Test func aRunWhoseAnswersHaveNoMapIsRefusedBeforeAnythingIsPrepared() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 10)
            let missing = try corpus.run(["localise", "-q", "videos/video-00000.mp4"])
            #expect(missing.status == 65 && missing.standardError.contains("avprep train"), "\(missing.standardError)")
            for command in ["ingest", "shard", "train"] {
                #expect(try corpus.run([command, "-q"]).status == 0)
            }
            let refused = try corpus.run(["localise", "-q", "videos/video-00000.mp4"])
            #expect(refused.status == 65 && refused.standardError.contains("avts"), "\(refused.standardError)")
            #expect(!FileManager.default.fileExists(atPath: "\(corpus.folder)/runs/small/localise"))
        }
    }
}
