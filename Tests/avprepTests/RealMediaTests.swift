import Foundation
import TestSupport
import Testing

/// The whole way on real clips that lie beside the repository.
@Suite struct RealMediaTests {
    private static let pipeline = """
        corpus: {paths: ["FOLDER"]}
        ingest:
          segment_seconds: 4
          video: {fps: 8, short_side: 40}
          pcm: {sr: 0}
          spectrograms: [{name: mel}]
          flow: {preset: ultrafast}
        shard:
          split: {val: 0.25, test: 0.25}
          pairs: {pairs_per_segment: 8}
        train:
          name: real
          device: cpu
          batch_size: 8
          pairs_per_epoch: 96
          model:
            frames: 8
            crop_size: 32
            video: {width: 4}
            audio: {width: 4}
            temporal_head: keep-time
            embedding: 32
            embedding_batch_norm: true
          stages:
            - {name: easy, set: easy, epochs: 4}
            - {name: mixed, set: mixed, epochs: 1}
        """

    @Test(
        .enabled(if: SharedData.isAvailable, "the real clips are not beside the repository"),
        .enabled(if: Products.hasEngine, "make engine builds the engine"),
        .enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aRunOverRealClipsAccountsForAllAndItsLossFalls() throws {
        try withTemporaryFolder { folder in
            let clips = try #require(SharedData.folder) + "/real-av"
            let text = Self.pipeline.replacing("FOLDER", with: clips)
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/avprep.yaml"))
            let run = try Command.run(Products.avprep, ["run", "-q"], in: folder)
            #expect(run.status == 0, "\(run.standardError)")
            let count = SharedData.files(in: "real-av").count
            let status = try Command.run(Products.avprep, ["status", "--check"], in: folder)
            #expect(status.standardOutput.contains("\(count) listed = "))
            #expect(status.standardOutput.contains(" + 0 failed + 0 to do"))
            let losses = try Oracle.json(
                [Double].self,
                """
                import csv, glob, h5py, json, sys
                for path in glob.glob(sys.argv[1] + "/shards/*-?????.h5"):
                    with h5py.File(path) as shard:
                        assert shard.attrs["format"] == b"avprep"
                        labels = shard["pairs/easy/label"][:]
                        assert len(labels) == 2 * int(labels.sum()) > 0, len(labels)
                        assert shard["frames/offsets"][-1] == len(shard["frames/bytes"])
                rows = csv.DictReader(open(sys.argv[1] + "/runs/real/metrics.csv"))
                print(json.dumps([float(row["loss"]) for row in rows if row["report"] == "epoch"]))
                """, [folder])
            #expect(losses.count == 5)
            #expect(losses[3] < losses[0], "\(losses)")
        }
    }
}
