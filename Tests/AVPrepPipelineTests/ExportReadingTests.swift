import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepExport

/// The lines that the program and its pages print for people to copy, run with the libraries that they name.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct ExportReadingTests {
    private func corpus(_ folder: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.shard.split.test = 0.3
        corpus.settings.shard.shardMegabytes = 1
        try corpus.addSyntheticVideos(8)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        return corpus
    }

    /// `datasets` keeps its tables in a folder of the test, and asks no server.
    private func prelude(_ folder: String) -> String {
        """
        import os
        os.environ.update(HF_HOME="\(folder)/hub", HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1")

        """
    }

    @Test func everyPrintedLineReadsAllSamples() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            for format in ExportFormat.allCases {
                var request = ExportRequest()
                request.format = format
                let out = "\(folder)/out \(format.rawValue) \"quoted\""
                let report = try ExportStage.run(corpus.workspace, corpus.context, request, to: out)
                // As a person copies them: what stands after "read WHAT: ".
                let lines = report.text.split(separator: "\n").filter { $0.hasPrefix("read ") }.map {
                    String($0[$0.firstRange(of: ": ")!.upperBound...])
                }
                #expect(lines.count == (format == .huggingFace ? 3 : 2))
                let expected = try corpus.segments()
                let seen = try Oracle.json(
                    [[Int]].self,
                    prelude(folder) + """
                        import json, sys, torch, webdataset, datasets
                        counts = []
                        for line in sys.argv[1:]:
                            data = eval(line)
                            for workers in (0, 2):
                                if line.startswith("datasets"):
                                    loaders = [torch.utils.data.DataLoader(data[name], batch_size=None, num_workers=workers) for name in data]
                                else:
                                    loaders = [torch.utils.data.DataLoader(data.decode(), batch_size=None, num_workers=workers)]
                                samples = [sample for loader in loaders for sample in loader]
                                keys = {tuple(sorted(k for k in s if k not in ("__local_path__",))) for s in samples}
                                assert len(keys) == 1, keys
                                assert all(isinstance(s["json"]["start_seconds"], float) for s in samples)
                                counts.append([len(samples), len({s["__key__"] for s in samples})])
                        print(json.dumps(counts))
                        """, lines)
                let (train, test) = (expected["train"] ?? 0, expected["test"] ?? 0)
                let counts = [train, train, test, test] + (format == .huggingFace ? [train + test, train + test] : [])
                #expect(seen == counts.map { [$0, $0] }, "\(format): \(report.text)")
            }
        }
    }

    @Test func everySnippetOfTheDatasetCardRunsInItsFolder() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            var request = ExportRequest()
            request.format = .huggingFace
            let out = folder + "/out"
            _ = try ExportStage.run(corpus.workspace, corpus.context, request, to: out)
            let seen = try Oracle.run(
                prelude(folder) + """
                    import re, sys
                    os.chdir(sys.argv[1])
                    blocks = re.findall(r"```python\\n(.*?)```", open("README.md").read(), re.S)
                    for block in blocks:
                        names = {}
                        exec(block, names)
                        frames, told = names["frames"], names["sample"]["json"]
                        assert len(frames) == told["frame_count"] > 0
                        assert frames[0].convert("RGB").size == (told["width"], told["height"])
                    print(len(blocks))
                    """, [out])
            #expect(seen.trimmingCharacters(in: .newlines) == "2")
        }
    }

    /// The README's snippet, where the shard is reached by a link from elsewhere: its pairs lie beside the shard itself.
    @Test func theSnippetForShardsRunsThroughASymbolicLink() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let elsewhere = folder + "/elsewhere/shards"
            try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: elsewhere + "/train-00000.h5", withDestinationPath: folder + "/shards/train-00000.h5")
            for page in ["README.md", "schemas/shard-format.md"] {
                _ = try Oracle.run(
                    """
                    import os, re, sys, io
                    from PIL import Image
                    page = open(sys.argv[1]).read()
                    os.chdir(sys.argv[2])
                    blocks = [b for b in re.findall(r"```python\\n(.*?)```", page, re.S) if "pairs" in b and "h5py" in b]
                    for block in blocks:
                        names = {}
                        exec(block, names)
                        jpeg = names.get("jpeg")
                        if jpeg: assert Image.open(io.BytesIO(jpeg)).size[0] > 0
                    assert len(blocks) == 1
                    """, [Oracle.repository + "/" + page, folder + "/elsewhere"])
            }
        }
    }

    @Test func theSnippetForExportsRuns() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            _ = try ExportStage.run(corpus.workspace, corpus.context, ExportRequest(), to: folder + "/out")
            let seen = try Oracle.run(
                """
                import os, re, sys
                block, = [b for b in re.findall(r"```python\\n(.*?)```", open(sys.argv[1]).read(), re.S) if "webdataset" in b]
                os.chdir(sys.argv[2])
                exec(block)
                print(len(frames) == sample["json"]["frame_count"] > 0)
                """, [Oracle.repository + "/README.md", folder])
            #expect(seen == "True\n")
        }
    }

    @Test func tarsAreNamedAsTheyAre() {
        func names(_ numbers: Int...) -> [String] {
            numbers.map { "train-\($0 + 100_000).tar".replacing("train-1", with: "train-") }
        }
        #expect(TarSet.pattern(names(0)) == "train-00000.tar")
        #expect(TarSet.pattern(names(0, 1, 2)) == "train-{00000..00002}.tar")
        #expect(TarSet.pattern(names(0, 2)) == "train-{00000,00002}.tar")
        #expect(TarSet.pattern(names(0, 1, 3, 5, 6)) == "train-{{00000..00001},00003,{00005..00006}}.tar")
        let odd = TarSet(folder: "a{b}", names: names(0, 1)).webDataset
        #expect(odd.hasPrefix("webdataset.WebDataset([\"a{b}/train-00000.tar\", \"a{b}/train-00001.tar\"], "))
    }

    @Test func webdatasetExpandsEveryPatternToTheFilesThatThereAre() throws {
        for numbers in [[0], [0, 1, 2], [0, 2], [0, 1, 3, 5, 6], [9, 10], [99_999, 100_000]] {
            let names = numbers.map { "val-" + String(repeating: "0", count: max(0, 5 - "\($0)".count)) + "\($0).tar" }
            let seen = try Oracle.json(
                [String].self,
                """
                import json, sys
                from webdataset.shardlists import expand_urls
                print(json.dumps(expand_urls(sys.argv[1])))
                """, [TarSet.pattern(names)])
            #expect(seen == names)
        }
    }

    @Test func theCardTellsOfTheShardsAsTheyAreAndNotOfThePipelineFile() throws {
        try withTemporaryFolder { folder in
            var corpus = try corpus(folder)
            corpus.settings.shard.pairs.hardRatio = 0.5
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            // As the pipeline file has it, after `avprep shard --hard-ratio 0.5`.
            corpus.settings.shard.pairs.hardRatio = 0.25
            corpus.settings.ingest.video.quality = 31
            corpus.settings.seed += 1
            var request = ExportRequest()
            request.format = .huggingFace
            _ = try ExportStage.run(corpus.workspace, corpus.context, request, to: folder + "/out")
            let card = try String(contentsOfFile: folder + "/out/README.md", encoding: .utf8)
            let rows = card.split(separator: "\n").filter { $0.contains("pairs/mixed.csv") }
            #expect(rows.count == 1 && rows[0].contains("| avts | 0.5 | 0 |"), "\(rows)")
            #expect(!card.contains("hard_ratio: "))
            #expect(card.contains("with the seed \(corpus.settings.seed - 1)"))
            #expect(!card.contains("quality: 31") && card.contains("short_side: 32"))
            #expect(card.contains("Of 8 files, 8 are in it"))
        }
    }
}

extension SmallCorpus {
    /// Segments of the shards, by split.
    fileprivate func segments() throws -> [String: Int] {
        struct Index: Decodable {
            struct Totals: Decodable { let segments: Int }
            let splits: [String: Totals]
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: workspace.shards + "/index.json"))
        return try JSONDecoder().decode(Index.self, from: data).splits.mapValues(\.segments)
    }
}
