import AVPrepCore
import AVPrepExport
import AVPrepIngest
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepVision
import Foundation
import TestSupport
import Testing

@Suite struct ExportStageTests {
    private func corpus(_ folder: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.shard.split.test = 0.5
        corpus.settings.ingest.flow.codec = .png
        try corpus.addSyntheticVideos(6)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        _ = try ShardStage.run(corpus.workspace, corpus.context)
        return corpus
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func webdatasetReadsSamplesThatEqualTheShardsAndPairsThatNameThem() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let out = folder + "/out"
            let report = try ExportStage.run(corpus.workspace, corpus.context, ExportRequest(), to: out)
            let checked = try Oracle.run(
                """
                import csv, glob, io, json, sys, h5py, numpy, webdataset
                shards, out = sys.argv[1:]
                samples = {}
                for tar in sorted(glob.glob(out + "/*.tar")):
                    for sample in webdataset.WebDataset(tar, shardshuffle=False):
                        samples[sample["__key__"]] = sample
                count = 0
                for path in sorted(glob.glob(shards + "/*-?????.h5")):
                    with h5py.File(path) as f:
                        table = f["segments"]
                        for row, name in enumerate(table["segment_id"].asstr()[:]):
                            sample = samples[name.rstrip("\\0")]
                            count += 1
                            told = json.loads(sample["json"])
                            assert told["start_seconds"] == table["start_seconds"][row]
                            load = lambda name: numpy.load(io.BytesIO(sample[name]))
                            first, n = table["frame_first"][row], table["frame_count"][row]
                            offsets = f["frames/offsets"][first:first + n + 1]
                            stored, ends = load("frames.npy").tobytes(), load("frames_offsets.npy")
                            assert len(ends) == n + 1 and ends.dtype == "int64" and ends[0] == 0
                            for k in range(n):
                                assert stored[ends[k]:ends[k + 1]] == f["frames/bytes"][offsets[k]:offsets[k + 1]].tobytes()
                            mel = load("mel.npy")
                            first, n = table["mel_first"][row], table["mel_count"][row]
                            assert numpy.array_equal(mel, f["audio/mel"][first:first + n])
                            first, n = table["pcm_first"][row], table["pcm_count"][row]
                            assert sample["wav"][44:] == f["audio/pcm"][first:first + n].tobytes()
                            assert numpy.load(io.BytesIO(sample["motion.npy"])).shape[1:] == (3, 3)
                            flow, first, n = f["flow/forward"], table["flow_forward_first"][row], table["flow_forward_count"][row]
                            start, end = flow["offsets"][first], flow["offsets"][first + n]
                            assert load("flow_forward.npy").tobytes() == flow["bytes"][start:end].tobytes()
                            assert load("flow_forward_offsets.npy").tolist() == [e - start for e in flow["offsets"][first:first + n + 1]]
                assert count == len(samples)
                with open(out + "/pairs/easy.csv", newline="") as file:
                    for pair in csv.DictReader(file):
                        assert pair["video_segment"] in samples and pair["audio_segment"] in samples
                        told = json.loads(samples[pair["video_segment"]]["json"])
                        assert int(pair["video_start_frame"]) < told["frame_count"]
                print(count)
                """, [folder + "/shards", out])
            #expect(checked.trimmingCharacters(in: .newlines) == String(report.segments) && report.segments > 0)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func theDatasetCardHasAHeaderThatTheHubUnderstandsAndSaysWhatWasLeftOut() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            try Data("no video".utf8).write(to: URL(fileURLWithPath: folder + "/videos/broken.mp4"))
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            var request = ExportRequest()
            request.format = .huggingFace
            request.license = "cc-by-4.0"
            request.title = "Moving: objects"
            request.parts = [.pcm]
            let out = folder + "/out"
            _ = try ExportStage.run(corpus.workspace, corpus.context, request, to: out)
            let header = try Oracle.json(
                [String].self,
                """
                import glob, json, sys, tarfile, yaml
                text = open(sys.argv[1] + "/README.md").read()
                header = yaml.safe_load(text.split("---")[1])
                files = header["configs"][0]["data_files"]
                assert all(glob.glob(f"{sys.argv[1]}/{entry['path']}") for entry in files)
                endings = {m.name.split(".", 1)[1] for t in glob.glob(sys.argv[1] + "/data/*.tar") for m in tarfile.open(t)}
                print(json.dumps([header["license"], header["pretty_name"], header["size_categories"][0],
                                  ",".join(sorted(endings)), ",".join(entry["split"] for entry in files)]))
                """, [out])
            #expect(header == ["cc-by-4.0", "Moving: objects", "n<1K", "json,wav", "train,test"])
            let card = String(decoding: try Data(contentsOf: URL(fileURLWithPath: out + "/README.md")), as: UTF8.self)
            #expect(
                card.contains("Of 7 files, 6 are in it") && card.contains("| failed |")
                    && card.contains("segment_seconds: 2"))
        }
    }

    @Test func exportingAgainKeepsWhatIsWholeAndAForeignFolderIsRefused() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let out = folder + "/out"
            _ = try ExportStage.run(corpus.workspace, corpus.context, ExportRequest(), to: out)
            let tar = out + "/train-00000.tar"
            let date = try FileManager.default.attributesOfItem(atPath: tar)[.modificationDate] as? Date
            let digest = try SHA256.digest(ofFile: tar)
            _ = try ExportStage.run(corpus.workspace, corpus.context, ExportRequest(), to: out)
            #expect(try FileManager.default.attributesOfItem(atPath: tar)[.modificationDate] as? Date == date)
            try Data("cut short".utf8).write(to: URL(fileURLWithPath: tar))
            _ = try ExportStage.run(corpus.workspace, corpus.context, ExportRequest(), to: out)
            #expect(try SHA256.digest(ofFile: tar) == digest)
            let error = #expect(throws: Failure.self) {
                try ExportStage.run(corpus.workspace, corpus.context, ExportRequest(), to: folder)
            }
            #expect(error?.exitStatus == .usage)
        }
    }
}
