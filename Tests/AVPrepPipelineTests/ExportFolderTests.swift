import AVPrepCore
import AVPrepIngest
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import Foundation
import TestSupport
import Testing

@testable import AVPrepExport

/// What `export` writes over and removes: what an earlier export wrote, as it wrote it, and nothing else.
@Suite struct ExportFolderTests {
    private func corpus(_ folder: String) throws -> SmallCorpus {
        let corpus = try SmallCorpus(folder)
        try corpus.addSyntheticVideos(2)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        _ = try ShardStage.run(corpus.workspace, corpus.context)
        return corpus
    }

    private func export(_ corpus: SmallCorpus, _ out: String, _ format: ExportFormat = .huggingFace) throws
        -> ExportReport
    {
        var request = ExportRequest()
        request.format = format
        return try ExportStage.run(corpus.workspace, corpus.context, request, to: out)
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func filesOfOthersStayAndAreNamed() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let out = folder + "/out"
            #expect(try export(corpus, out).notes.isEmpty)
            let own = ["data/train-00009.tar", "pairs/mine.csv", "notes.txt", "other.tar"]
            for name in own { try write("mine", "\(out)/\(name)") }
            let report = try export(corpus, out)
            for name in own { #expect(try read("\(out)/\(name)") == "mine") }
            #expect(report.notes.count == 3)
            for name in own where name != "notes.txt" {
                #expect(report.notes.contains("\(out)/\(name) was not written by avprep export, and stays"))
            }
            // In the way of what is to be written: nothing is.
            try FileManager.default.removeItem(atPath: out + "/data/train-00009.tar")
            var grown = corpus
            grown.settings.shard.pairs.name = "mine"
            _ = try ShardStage.run(grown.workspace, grown.context)
            try write("mine", out + "/pairs/mine_easy.csv")
            let before = try corpus.digests("out")
            let error = #expect(throws: Failure.self) { try export(grown, out) }
            #expect(error?.description.contains("\(out)/pairs/mine_easy.csv is in the way") == true)
            #expect(try read(out + "/pairs/mine_easy.csv") == "mine" && corpus.digests("out") == before)
        }
    }

    @Test func whatAnEarlierExportWroteIsRemovedWhenItIsOutdatedUnlessSomebodyChangedIt() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let out = folder + "/out"
            _ = try export(corpus, out)
            // A title that somebody wrote into the card is kept beside the new card.
            let card = try read(out + "/README.md")
            try write(card.replacing("# An avprep", with: "# My own"), out + "/README.md")
            var report = try export(corpus, out)
            #expect(try read(out + "/README.md") == card)
            #expect(try read(out + "/README.md.changed-1").contains("# My own"))
            #expect(report.notes.count == 1 && report.text.contains("set aside as README.md.changed-1"))
            // Another set of pairs, another format: tables and tars that are no part of it go, but for the changed one.
            _ = try PairSetStage.remove(["mixed"], from: corpus.workspace)
            try write("edited", out + "/pairs/easy.csv")
            report = try export(corpus, out, .webdataset)
            #expect(try !ExistingFile.isThere(out + "/pairs/mixed.csv"))
            #expect(try !ExistingFile.isThere(out + "/data/train-00000.tar"))
            #expect(try !ExistingFile.isThere(out + "/README.md"))
            #expect(try ExistingFile.isThere(out + "/train-00000.tar"))
            #expect(try read(out + "/pairs/easy.csv.changed-1") == "edited")
        }
    }

    @Test(arguments: ["{", "[]", "{\"version\": 2}", "{\"train-00000.tar\": 5}", "{\"version\": 3, \"files\": {}}"])
    func aListThatCannotBeUnderstoodEndsTheExportBeforeAnythingIsChanged(text: String) throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let out = folder + "/out"
            _ = try export(corpus, out, .webdataset)
            try write(text, out + "/export.json")
            try write("mine", out + "/train-00000.tar")
            let error = #expect(throws: Failure.self) { try export(corpus, out, .webdataset) }
            #expect(error?.description.contains("\(out)/export.json") == true && error?.exitStatus == .badInput)
            #expect(try read(out + "/train-00000.tar") == "mine" && read(out + "/export.json") == text)
        }
    }

    /// The list of an avprep before this one named tars alone.
    @Test func anExportOfAnEarlierVersionIsContinued() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let out = folder + "/out"
            _ = try export(corpus, out)
            let size = try #require(
                FileManager.default.attributesOfItem(atPath: out + "/data/train-00000.tar")[.size] as? Int)
            try write("{\"train-00000.tar\": {\"bytes\": \(size), \"key\": \"old\"}}", out + "/export.json")
            let tar = try SHA256.digest(ofFile: out + "/data/train-00000.tar")
            let report = try export(corpus, out)
            #expect(try SHA256.digest(ofFile: out + "/data/train-00000.tar") == tar)
            // Its tables and its card were not in the list: they may be somebody's.
            #expect(report.notes.count == 4 && report.notes.allSatisfy { $0.contains(".changed-1") }, "\(report.notes)")
            #expect(try export(corpus, out).notes.filter { $0.contains("set aside") }.isEmpty)
        }
    }

    @Test func aFolderThatCannotBeListedIsNotFilled() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            try FileManager.default.createSymbolicLink(atPath: folder + "/out", withDestinationPath: folder + "/out")
            let error = #expect(throws: Failure.self) { try export(corpus, folder + "/out") }
            #expect(error?.description.contains("cannot read \(folder)/out") == true)
        }
    }

    /// Killed at its first moments, an export leaves a folder that the same export takes for its own.
    @Test func anExportThatWasKilledBeforeItsFirstFileGoesOn() throws {
        try withTemporaryFolder { folder in
            let out = "\(folder)/out"
            try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
            let litter = "\(out)/\(ExportManifest.fileName)\(AtomicFile.mark)host-0-1"
            try Data("{".utf8).write(to: URL(fileURLWithPath: litter))
            let setAside = SetAsideFiles()
            try ExportManifest(folder: out, setAside: setAside).begin()
            try FileManager.default.createDirectory(atPath: "\(out)/pairs", withIntermediateDirectories: true)
            _ = try ExportManifest(folder: out, setAside: setAside)
            try FileManager.default.removeItem(atPath: "\(out)/\(ExportManifest.fileName)")
            #expect(throws: Failure.self) { try ExportManifest(folder: out, setAside: setAside) }
        }
    }
}
