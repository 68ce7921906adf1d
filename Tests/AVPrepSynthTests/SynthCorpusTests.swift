import AVPrepCore
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AVPrepSynth

@Suite struct SynthCorpusTests {
    private static func settings(_ change: (inout SynthSettings) -> Void = { _ in }) -> SynthSettings {
        var settings = SynthSettings()
        settings.videos = 3
        settings.seconds = 2
        settings.width = 64
        settings.height = 48
        settings.cues = 0.5
        settings.fps = 12
        change(&settings)
        return settings
    }

    private static func contents(_ folder: String) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            contents[name] = FileManager.default.contents(atPath: "\(folder)/\(name)")
        }
        return contents
    }

    @Test func bytesDoNotDependOnTheNumberOfWorkers() throws {
        try withTemporaryFolder { folder in
            try SynthCorpus.make(Self.settings(), in: folder + "/one", workers: 1)
            try SynthCorpus.make(Self.settings(), in: folder + "/two", workers: 2)
            let one = try Self.contents(folder + "/one")
            #expect(one.keys.sorted() == ["truth.json", "video-00000.mp4", "video-00001.mp4", "video-00002.mp4"])
            #expect(try Self.contents(folder + "/two") == one)
        }
    }

    @Test func truthNamesEveryFileAndItsContent() throws {
        try withTemporaryFolder { folder in
            let truth = try SynthCorpus.make(Self.settings(), in: folder, workers: 2)
            #expect(try SynthTruth.read(in: folder) == truth)
            #expect(truth.complete && truth.videos.map(\.number) == [0, 1, 2])
            for video in truth.videos {
                #expect(try SHA256.digest(ofFile: "\(folder)/\(video.file)").hex == video.sha256)
                #expect(FileManager.default.contents(atPath: "\(folder)/\(video.file)")?.count == video.bytes)
                #expect(!video.events.isEmpty && !video.objects.isEmpty)
            }
        }
    }

    /// Stopped in the middle and begun again, a corpus ends with the bytes of an uninterrupted run; what was finished
    /// is not made again.
    @Test func interruptedCorpusGoesOnWhereItStopped() throws {
        try withTemporaryFolder { folder in
            let whole = folder + "/whole"
            let resumed = folder + "/resumed"
            try SynthCorpus.make(Self.settings(), in: whole, workers: 1)
            let done = Atomic(0)
            #expect(throws: CancellationError.self) {
                try SynthCorpus.make(Self.settings(), in: resumed, workers: 1) { count, _ in
                    done.store(count, ordering: .relaxed)
                } isCancelled: {
                    done.load(ordering: .relaxed) >= 1
                }
            }
            #expect(try SynthTruth.read(in: resumed)?.complete == false)
            #expect(try Self.contents(resumed).keys.sorted() == ["truth.json", "video-00000.mp4"])
            let kept = try Self.inode("\(resumed)/video-00000.mp4")
            let counts = Mutex<[Int]>([])
            try SynthCorpus.make(Self.settings(), in: resumed, workers: 1) { count, total in
                counts.withLock { $0.append(count) }
                #expect(total == 3)
            }
            #expect(counts.withLock { $0 } == [1, 2, 3])
            #expect(try Self.contents(resumed) == Self.contents(whole))
            #expect(try Self.inode("\(resumed)/video-00000.mp4") == kept)
        }
    }

    private static func inode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    }

    @Test func corpusGrowsAndDamagedVideosAreMadeAgain() throws {
        try withTemporaryFolder { folder in
            let grown = folder + "/grown"
            try SynthCorpus.make(Self.settings { $0.videos = 1 }, in: grown, workers: 1)
            try SynthCorpus.make(Self.settings(), in: grown, workers: 1)
            try SynthCorpus.make(Self.settings(), in: folder + "/whole", workers: 1)
            #expect(try Self.contents(grown) == Self.contents(folder + "/whole"))
            try Data("torn".utf8).write(to: URL(fileURLWithPath: grown + "/video-00001.mp4"))
            let setAside = SetAsideFiles()
            try SynthCorpus.make(Self.settings(), in: grown, workers: 1, setAside: setAside)
            #expect(setAside.lines.count == 1 && setAside.lines[0].hasSuffix("set aside as video-00001.mp4.damaged-1"))
            let torn = try #require(FileManager.default.contents(atPath: grown + "/video-00001.mp4.damaged-1"))
            #expect(torn == Data("torn".utf8))
            try FileManager.default.removeItem(atPath: grown + "/video-00001.mp4.damaged-1")
            #expect(try Self.contents(grown) == Self.contents(folder + "/whole"))
        }
    }

    @Test func aTruthFileThatCannotBeReadIsNotReplaced() throws {
        try withTemporaryFolder { folder in
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/truth.json", withDestinationPath: folder + "/truth.json")
            let error = #expect(throws: SynthError.self) {
                try SynthCorpus.make(Self.settings(), in: folder, workers: 1)
            }
            #expect(error.map { "\($0)".contains("cannot read \(folder)/truth.json") } == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["truth.json"])
        }
    }

    @Test func folderOfOtherSettingsIsRefused() throws {
        try withTemporaryFolder { folder in
            try SynthCorpus.make(Self.settings { $0.videos = 2 }, in: folder, workers: 1)
            let before = try Self.contents(folder)
            func complaint(_ settings: SynthSettings) -> String {
                do { try SynthCorpus.make(settings, in: folder, workers: 1) } catch { return "\(error)" }
                return ""
            }
            #expect(complaint(Self.settings { $0.difficulty = 0.9 }).contains("other settings (difficulty 0.3 there)"))
            #expect(complaint(Self.settings { $0.videos = 1 }).contains("of 2 videos, but 1 were requested"))
            #expect(complaint(Self.settings { $0.fps = -1 }).contains("fps is -1"))
            #expect(try Self.contents(folder) == before)

            try Data("{\"format\":\"avprep-synth\",\"format_version\":99}".utf8).write(
                to: URL(fileURLWithPath: folder + "/truth.json"))
            #expect(complaint(Self.settings()).contains("version 99"))
            try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/truth.json"))
            #expect(complaint(Self.settings()).contains("not the truth file"))
            try FileManager.default.removeItem(atPath: folder + "/truth.json")
            #expect(complaint(Self.settings()).contains("no truth.json"))
        }
    }
}
