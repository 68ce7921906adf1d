import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepCorpus
import AVPrepDuplicates
import AVPrepExport
import AVPrepIngest
import AVPrepInspect
import AVPrepModel
import AVPrepPipeline
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepVerify
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// What manifests say, from the row to shard, export and story.
@Suite struct ManifestStageTests {
    private static let header = "path,start,end,label,split\n"

    private func corpus(_ folder: String, videos: Int, _ rows: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.corpus.paths = ["videos/m.csv"]
        corpus.settings.duplicates.enabled = false
        try corpus.addSyntheticVideos(videos)
        try write(rows, corpus)
        return corpus
    }

    private func write(_ rows: String, _ corpus: SmallCorpus) throws {
        try Data((Self.header + rows).utf8).write(to: URL(fileURLWithPath: corpus.folder + "/videos/m.csv"))
    }

    /// The labels and the split of each item in the shards, by the source that they say.
    private func packed(_ corpus: SmallCorpus) throws -> [String: (labels: [String], split: Split)] {
        let shards = try ShardSet(corpus.workspace.shards)
        var found: [String: (labels: [String], split: Split)] = [:]
        for shard in shards.index.shards {
            let labels = try shards.labels(of: shard)
            for (row, stored) in try shards.reader(of: shard).segments.enumerated() {
                found[stored.segment.source] = (labels[row], shard.split)
            }
        }
        return found
    }

    @Test func rangesOfOneFileAreItemsOfOneSource() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(
                folder, videos: 2,
                "video-00000.mp4,0,2,a,\nvideo-00000.mp4,2,4,b,\nvideo-00001.mp4,1,3.5,c,\nvideo-00001.mp4,90,95,d,\n")
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.done == 3 && report.counts.skipped == 1)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            #expect(
                try catalog.outcome(of: "videos/video-00001.mp4#t=90,95", stage: StageName.ingest)?.outcome.reason?.code
                    == "beyond-end")
            let first = try #require(try catalog.outcome(of: "videos/video-00000.mp4#t=2,4", stage: StageName.ingest))
            let prepared = try StoreReader(path: corpus.workspace.path(try #require(first.output)))
            // Times are those of the film.
            #expect(abs((prepared.segments.first?.segment.startSeconds ?? 0) - 2) < 0.05)
            #expect(prepared.segments.reduce(0) { $0 + $1.frames.count } == 24)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let set = try ShardSet(corpus.workspace.shards)
            let reader = try set.reader(of: set.index.shards[0])
            let groups = Dictionary(grouping: reader.segments) { $0.segment.source.prefix(22) }
            for (_, segments) in groups { #expect(Set(segments.map(\.groupID)).count == 1) }
            #expect(Set(reader.segments.map(\.groupID)).count == 2)
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
            let sources = try VerifyStage.run(corpus.workspace, corpus.context, isQuick: true, readsSources: true)
            #expect(sources.findings.isEmpty && sources.sources == 4)
        }
    }

    @Test func overlappingPartsAreNearDuplicates() throws {
        try withTemporaryFolder { folder in
            var corpus = try corpus(
                folder, videos: 2,
                "video-00000.mp4,0,2,a,\nvideo-00000.mp4,1,3,b,\nvideo-00000.mp4,3,4,b,\nvideo-00001.mp4,,,c,\n")
            corpus.settings.duplicates.enabled = true
            corpus.settings.ingest.minSegmentSeconds = 0.5
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.done == 4 && (report.nearDuplicates?.videos ?? 0) >= 2)
            let story = try ItemStory.tell("videos/video-00000.mp4#t=0,2", in: corpus.workspace, corpus.context)
            #expect(story.relatives.flatMap(\.paths).contains("videos/video-00000.mp4#t=1,3"))
            // Who names the film is told its parts.
            let failure = #expect(throws: Failure.self) {
                try ItemStory.tell("videos/video-00000.mp4", in: corpus.workspace, corpus.context)
            }
            #expect(failure?.description.contains("#t=0,2, videos/video-00000.mp4#t=1,3") == true)
        }
    }

    @Test func labelsReachShardsWithoutDecodingOrPackingAgain() throws {
        try withTemporaryFolder { folder in
            let rows = (0..<4).map { "video-0000\($0).mp4,,,\($0 % 2 == 0 ? "dog" : "\"cat, loud\"")," }
            let corpus = try corpus(folder, videos: 4, rows.joined(separator: "\n"))
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try packed(corpus)["videos/video-00000.mp4"]?.labels == ["dog"])
            #expect(try ShardSet(corpus.workspace.shards).index.labels == ["cat, loud", "dog"])
            let before = try corpus.digests("shards")
            // Another label, an old one gone: numbers stay, and so do all media.
            try write(
                "video-00000.mp4,,,zebra,\nvideo-00001.mp4,,,ape,\nvideo-00002.mp4,,,,\nvideo-00003.mp4,,,dog,\n",
                corpus)
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.change.done == 0)
            let verified = try VerifyStage.run(corpus.workspace, corpus.context, isQuick: true)
            #expect(verified.findings.map(\.code) == [.catalog] && verified.text.contains("other labels"))
            let again = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(again.packed == 0)
            #expect(try ShardSet(corpus.workspace.shards).index.labels == ["cat, loud", "dog", "ape", "zebra"])
            let after = try corpus.digests("shards")
            let changed = Set(after.filter { before[$0.key] != $0.value }.keys)
            #expect(changed == ["index.json", "train-00000.labels.h5"])
            #expect(try packed(corpus)["videos/video-00002.mp4"]?.labels == [])
            #expect(try packed(corpus)["videos/video-00003.mp4"]?.labels == ["dog"])
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
            // The same again changes nothing.
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.digests("shards") == after)
            // One that was edited is found, and written again.
            let file = corpus.folder + "/shards/train-00000.labels.h5"
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
            #expect(
                try VerifyStage.run(corpus.workspace, corpus.context, isQuick: true).findings.contains {
                    $0.file == file
                })
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.digests("shards") == after)
            _ = try ShardStage.run(corpus.workspace, corpus.context, compact: true)
            #expect(try ShardSet(corpus.workspace.shards).index.labels == ["ape", "dog", "zebra"])
        }
    }

    /// A refresh that finds nothing to decode finds that labels changed.
    @Test func aRefreshBringsLabelsAlone() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder, videos: 2, "video-00000.mp4,,,dog,\nvideo-00001.mp4,,,cat,\n")
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            try write("video-00000.mp4,,,dog,\nvideo-00001.mp4,,,ape,\n", corpus)
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            #expect(try packed(corpus)["videos/video-00001.mp4"]?.labels == ["ape"])
        }
    }

    /// Shards from before there were labels stay as they are; their labels lie beside them.
    @Test func labelsOfOlderShardsLieBesideThem() throws {
        try withTemporaryFolder { folder in
            var corpus = try corpus(folder, videos: 3, "video-00001.mp4,,,dog,\n")
            corpus.settings.corpus.paths = ["videos"]
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let before = try corpus.digests("shards")
            #expect(!before.keys.contains { $0.contains("labels") })
            corpus.settings.corpus.paths = ["videos", "videos/m.csv"]
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try packed(corpus)["videos/video-00001.mp4"]?.labels == ["dog"])
            #expect(try corpus.digests("shards")["train-00000.h5"] == before["train-00000.h5"])
            corpus.settings.corpus.paths = ["videos"]
            var request = CorpusRequest()
            request.isWhole = true
            _ = try IngestStage.run(corpus.workspace, corpus.context, request)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try packed(corpus)["videos/video-00001.mp4"]?.labels == [])
        }
    }

    @Test func aStatedSplitIsObeyedAndMayChange() throws {
        try withTemporaryFolder { folder in
            let splits = ["train", "train", "test", "test", "valid", "train", "train"]
            func rows(_ splits: [String]) -> String {
                splits.enumerated().map { "video-0000\($0).mp4,,,x,\($1)" }.joined(separator: "\n")
            }
            let corpus = try corpus(folder, videos: 7, rows(splits))
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            func sides() throws -> [String] {
                let packed = try packed(corpus)
                return (0..<7).map { packed["videos/video-0000\($0).mp4"]?.split.rawValue ?? "none" }
            }
            #expect(try sides() == ["train", "train", "test", "test", "val", "train", "train"])
            var other = splits
            (other[1], other[4]) = ("test", "")
            try write(rows(other), corpus)
            #expect(try IngestStage.run(corpus.workspace, corpus.context).change.done == 0)
            #expect(
                try VerifyStage.run(corpus.workspace, corpus.context, isQuick: true).text.contains("another split"))
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            // One that is not stated any more stays where it is.
            #expect(try sides() == ["train", "test", "test", "test", "val", "train", "train"])
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
            _ = try ShardStage.run(corpus.workspace, corpus.context, compact: true)
            #expect(try sides() == ["train", "test", "test", "test", "val", "train", "train"])
        }
    }

    /// Sources in two splits are obeyed and told; one content is in one split.
    @Test func leaksAreToldEverywhere() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(
                folder, videos: 4,
                """
                video-00000.mp4,0,2,a,train
                video-00000.mp4,2,4,b,test
                video-00001.mp4,,,a,train
                copy.mp4,,,b,test
                video-00002.mp4,,,b,train
                video-00003.mp4,,,b,test
                video-00003.mp4,,,b,test
                """)
            try FileManager.default.copyItem(
                atPath: folder + "/videos/video-00001.mp4", toPath: folder + "/videos/copy.mp4")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let report = try ShardStage.run(corpus.workspace, corpus.context)
            let packed = try packed(corpus)
            #expect(packed["videos/video-00000.mp4#t=0,2"]?.split == .train)
            #expect(packed["videos/video-00000.mp4#t=2,4"]?.split == .test)
            let copy = packed["videos/video-00001.mp4"] ?? packed["videos/copy.mp4"]
            #expect(copy?.split == .test && copy?.labels == ["a", "b"])
            let leaks = try #require(report.index.leaks)
            #expect(leaks.sameContent.count == 1 && leaks.sameSource.count == 1 && leaks.nearDuplicates.count == 0)
            for text in [
                report.text, try StatusReport.make(corpus.workspace).text,
                try VerifyStage.run(corpus.workspace, corpus.context, isQuick: true).text,
            ] {
                #expect(text.contains("leak in manifests: 1 contents are in several splits"), "\(text)")
                #expect(text.contains("videos/m.csv, row 2"), "\(text)")
            }
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: true).findings.isEmpty)
            let status = try StatusReport.make(corpus.workspace).text
            #expect(status.contains("videos/m.csv: 7 rows (columns) = 6 items + 1 that repeat one"), "\(status)")
            #expect(status.contains("labels: 2, items of the most frequent: 4 b, 2 a"), "\(status)")
            let story = try ItemStory.tell(
                BytePath("\(folder)/videos/video-00000.mp4#t=2,4"), in: corpus.workspace, corpus.context)
            #expect(story.text.contains("videos/m.csv, row 2, split test, labels: b"), "\(story.text)")
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv")) func othersReadTheLabels() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(
                folder, videos: 3, "video-00000.mp4,,,dog,\nvideo-00001.mp4,,,Käse,\nvideo-00002.mp4,,,,\n")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let script = """
                import h5py, json, sys, tarfile
                folder = sys.argv[1]
                with h5py.File(folder + "/shards/train-00000.h5") as f:
                    t = f["segments"]
                    words = [w.decode().rstrip("\\0") for w in t["labels/vocabulary"][:]]
                    assert words == json.load(open(folder + "/shards/index.json"))["labels"] == ["Käse", "dog"], words
                    ends, numbers = t["labels/offsets"][:], t["labels/indices"][:]
                    seen = {t["source"][i].decode().rstrip("\\0"): [words[k] for k in numbers[a:b]]
                            for i, (a, b) in enumerate(zip(ends, ends[1:]))}
                want = {"videos/video-00000.mp4": ["dog"], "videos/video-00001.mp4": ["Käse"], "videos/video-00002.mp4": []}
                assert seen == want, seen
                with tarfile.open(folder + "/out/train-00000.tar") as tar:
                    found = [json.load(tar.extractfile(m)) for m in tar if m.name.endswith(".json")]
                assert {s["source"]: s["labels"] for s in found} == want
                """
            _ = try ExportStage.run(corpus.workspace, corpus.context, ExportRequest(), to: folder + "/out")
            _ = try Oracle.run(script, [folder])
        }
    }

    @Test func rowsAreRetriedAndGoByThemselves() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder, videos: 1, "video-00000.mp4,0,2,a,\nlater.mp4,0,2,b,\n")
            let first = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(first.counts.done == 1 && first.counts.failed == 1)
            #expect(first.notes.contains { $0.contains("videos/m.csv, row 2 (line 3)") }, "\(first.notes)")
            // It is told once; that its row moved is known, too.
            try write("video-00000.mp4,0,2,a,\nnone.mp4,,,c,\nlater.mp4,0,2,b,\n", corpus)
            let again = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(again.change.failed == 1 && again.counts.failed == 2)
            #expect(again.notes.contains { $0.contains("videos/m.csv, row 3 (line 4)") }, "\(again.notes)")
            try write("video-00000.mp4,0,2,a,\nlater.mp4,0,2,b,\n", corpus)
            try FileManager.default.copyItem(
                atPath: folder + "/videos/video-00000.mp4", toPath: folder + "/videos/later.mp4")
            let second = try IngestStage.run(corpus.workspace, corpus.context)
            // The same bytes and the same range: a duplicate.
            #expect(second.counts.done == 1 && second.counts.skipped == 1)
            let list = try ItemList.make(corpus.workspace, .done)
            try Data(list.separatedByNUL(in: ".")).write(to: URL(fileURLWithPath: folder + "/again.txt"))
            var request = CorpusRequest()
            request.paths = ["again.txt"]
            #expect(try IngestStage.run(corpus.workspace, corpus.context, request, retry: true).counts.done == 1)
            try write("later.mp4,0,2,b,\n", corpus)
            let third = try IngestStage.run(corpus.workspace, corpus.context, rehash: true)
            #expect(third.change.vanished == 1 && third.counts.done == 1 && third.counts.skipped == 0)
        }
    }
}
