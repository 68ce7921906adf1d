import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

/// Files of every version of the format so far stay readable, by avprep and by plain h5py, number by number.
@Suite struct GoldenFileTests {
    private static let folder = Oracle.repository + "/Tests/Expected"

    private static func folder(_ version: GoldenContent) -> String { "\(folder)/format-\(version.rawValue)" }

    @Test func everyGoldenFolderIsOfAVersionWithContentAndTheNewestIsTheWriters() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter {
            $0.hasPrefix("format-")
        }
        #expect(Set(folders) == Set(GoldenContent.allCases.map { "format-\($0.rawValue)" }))
        try withTemporaryFolder { folder in
            let newest = try #require(GoldenContent.allCases.last)
            try newest.write(to: folder)
            #expect(
                try ShardIndex.load(folder).formatVersion == newest.rawValue, "a new version has no golden files yet")
        }
    }

    /// Writes the files of the newest version when asked to; it does not touch those that are there.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["AVPREP_GOLDEN"] != nil, "AVPREP_GOLDEN=1 writes them"))
    func goldenFilesOfANewVersionAreWritten() throws {
        let newest = try #require(GoldenContent.allCases.last)
        let folder = Self.folder(newest)
        try #require(
            !FileManager.default.fileExists(atPath: folder), "\(folder) is there: golden files stay as they are")
        try AtomicFile.makeFolder(folder)
        try newest.write(to: folder)
    }

    @Test(arguments: GoldenContent.allCases) func shardsOfEveryVersionReadAsTheyWereWritten(_ version: GoldenContent)
        throws
    {
        let folder = Self.folder(version)
        let shards = try ShardSet(folder)
        let shard = try #require(shards.index.shards.first)
        let reader = try shards.reader(of: shard).store
        #expect(reader.kind == .shard && reader.isMapped && reader.layout == version.layout)
        for (name, value) in GoldenContent.attributes { #expect(reader.attributes[name] == value) }
        #expect(reader.attributes["format_version"]?.text == version.rawValue)
        #expect(reader.pairsLink == "train-00000.pairs.h5:/pairs")
        #expect(reader.segments.count == GoldenContent.rows.count)
        let decoder = try JPEGDecoder()
        for (stored, row) in zip(reader.segments, GoldenContent.rows) {
            #expect(stored.segment == version.segment(row) && stored.split == .train)
            #expect(stored.groupID == version.groupID(row) && stored.frames.count == GoldenContent.frames)
            for (frame, place) in stored.frames.enumerated() {
                let level = GoldenContent.level(row, frame: frame)
                let isPlain = try reader.withFrameBytes(place) { bytes in
                    let region = JPEGDecoder.Region(
                        x: 0, y: 0, width: GoldenContent.width, height: GoldenContent.height)
                    let picture = try decoder.decode(
                        bytes, region: region, outputWidth: GoldenContent.width, outputHeight: GoldenContent.height)
                    return picture.channels == 3 && picture.pixels.allSatisfy { $0 == level }
                }
                #expect(isPlain, "frame \(frame) of \(row)")
            }
            for direction in version.layout.flow?.directions ?? [] {
                let pictures = try #require(stored.flow[direction])
                #expect(pictures.count == version.flowPictures)
                for (number, place) in pictures.enumerated() {
                    let expected = version.flowBytes(row, direction, picture: number)
                    #expect(try reader.withFlowBytes(direction, place) { $0.elementsEqual(expected) })
                }
            }
            #expect(try reader.motion(stored.frames) == version.motion(row))
            #expect(try reader.withPCM(stored.pcm) { Array($0) } == version.pcm(row))
            for (name, samples) in version.waveforms(row) {
                let rows = try #require(stored.waveforms[name])
                #expect(try reader.withWaveform(name, rows) { Array($0) } == samples)
            }
            for (name, values) in version.spectrograms(row) {
                #expect(try reader.spectrogram(name, try #require(stored.spectrograms[name])) == values)
            }
        }
    }

    @Test(arguments: GoldenContent.allCases) func pairsAndIndexOfEveryVersionReadAsTheyWereWritten(
        _ version: GoldenContent
    ) throws {
        let folder = Self.folder(version)
        let shards = try ShardSet(folder)
        let index = shards.index
        let shard = try #require(index.shards.first)
        #expect(try shards.pairSets(of: shards.reader(of: shard)) == version.pairSets)
        #expect(index.formatVersion == version.rawValue && index.seed == 7 && index.layout == version.layout)
        #expect(shard.name == GoldenContent.shardName && shard.split == .train && shard.videos == 2)
        #expect(shard.segments == 3 && shard.frames == 12 && abs(shard.seconds - 0.48) < 1e-12)
        #expect(try SHA256.digest(ofFile: "\(folder)/\(shard.name)").hex == shard.sha256)
        #expect(index.splits["train"] == .init(shards: 1, segments: 3, videos: 2, frames: 12, seconds: shard.seconds))
        #expect(index.pairSets.map(\.name) == ["easy", "mixed"])
        for (told, set) in zip(index.pairSets, version.pairSets) {
            #expect(told.counts["train"] == Dictionary(set.pairs.map { ($0.kind.name, 1) }, uniquingKeysWith: +))
            #expect(told.attributes == set.attributes)
        }
        let labels = try shards.labels(of: shard)
        #expect(labels == version.labels ?? SegmentLabels([[], [], []], vocabulary: []))
        #expect(
            index.labels == version.labels?.vocabulary
                && index.leaks?.sameSource.count == (version.labels == nil ? nil : 1))
        #expect((shard.structure == nil) == [.v1_0, .v1_1].contains(version))
        let normalization = index.normalization?["logspec"]
        switch version {
        case .v1_0: #expect(index.vanishedVideos == [] && index.straddlingVideos == nil && normalization == nil)
        case .v1_1, .v1_2, .v1_3:
            #expect(index.vanishedVideos == [GoldenContent.videoID(1)] && index.straddlingVideos == ["c"])
            #expect(index.leftOut == .init(segments: 2, seconds: 1.5, flags: ["silent": 2]))
            #expect(normalization?.rows == 2 && normalization?.mean == [2, 4] && normalization?.std == [1, 2])
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"), arguments: GoldenContent.allCases)
    func plainH5pyReadsEveryVersion(_ version: GoldenContent) throws {
        let script = """
            import io, json, sys, h5py, numpy as np
            from PIL import Image
            folder, version = sys.argv[1:]
            new = version != "1.0"
            labelled = version == "1.3"
            text = lambda values: [value.decode().rstrip("\\0") for value in values]
            index = json.load(open(folder + "/index.json"))
            assert index["format_version"] == version and [s["name"] for s in index["shards"]] == ["train-00000.h5"]
            with h5py.File(folder + "/train-00000.h5") as f:
                assert f.attrs["format_version"].decode() == version and f.attrs["kind"].decode() == "shard"
                t = f["segments"]
                rows = [(0, 1), (1, 0), (0, 0)]
                assert text(t["segment_id"][:]) == ["ab"[v] * 32 + f"-{n:04d}" for v, n in rows]
                assert text(t["source"][:]) == [f"clips/Straße {v}.mp4" for v, n in rows]
                assert text(t["split"][:]) == ["train"] * 3
                assert t["start_seconds"][:].tolist() == [1.5 * n for v, n in rows]
                assert t["flags"][:].tolist() == [2 if n == 0 else 256 + 512 for v, n in rows]
                assert [t["crop_" + side][0] for side in ("top", "bottom", "left", "right")] == [1, 2, 3, 4]
                assert (t["width"][0], t["height"][0]) == (8, 6)
                if new:
                    assert text(t["group_id"][:]) == ["a" * 32] * 3 and t["dropped_by"][:].tolist() == [0] * 3
                    assert t["decision"][:].tolist() == [2 * n for v, n in rows]
                    assert t["mended"][:].tolist() == [512 * n for v, n in rows]
                for row, (v, n) in enumerate(rows):
                    base = 100 * v + 40 * n
                    span = lambda name: slice(t[name + "_first"][row], t[name + "_first"][row] + t[name + "_count"][row])
                    def pictures(group, at):
                        ends = f[group + "/offsets"][at.start:at.stop + 1]
                        return [f[group + "/bytes"][a:b] for a, b in zip(ends, ends[1:])]
                    frames = pictures("frames", span("frame"))
                    assert len(frames) == 4
                    for k, jpeg in enumerate(frames):
                        image = np.array(Image.open(io.BytesIO(jpeg.tobytes())))
                        assert image.shape == (6, 8, 3) and (image == base + 10 * k).all()
                    for direction, sign in (("forward", 1), ("backward", -1))[:2 if new else 1]:
                        flow = pictures("flow/" + direction, span("flow_" + direction))
                        assert len(flow) == (2 if new else 3)
                        for k, picture in enumerate(flow):
                            if new:
                                want = sign * (base + 10 * k + np.arange(24) / 8)
                                assert np.array_equal(picture.view("<f2"), want.astype("<f2"))
                            else:
                                assert np.array_equal(picture, (base + 10 * k + np.arange(96)) & 255)
                    k = np.arange(4)
                    motion = {name: f["motion/" + name][span("frame")] for name in f["motion"]}
                    assert np.array_equal(motion["homography"].reshape(4, 9), base + k[:, None] + np.arange(9) / 8)
                    assert np.array_equal(motion["inlier_count"], base + k) and (motion["error"] == 0.25).all()
                    assert np.array_equal(motion["pan"], -k) and (motion["tilt"] == 2).all()
                    assert (motion["zoom"] == 0.5).all() and np.array_equal(motion["roll"], k / 4)
                    pcm, i = f["audio/pcm"][span("pcm")], np.arange(64)
                    assert np.array_equal(pcm.ravel(), base * 100 + i * np.where(i % 2 == 0, 1, -1)) and pcm.shape[1] == 2
                    assert np.array_equal(f["audio/mel"][span("mel")].ravel(), base + np.arange(24) / 8)
                    assert np.array_equal(f["audio/logspec"][span("logspec")].ravel(), base - np.arange(8) / 4)
                    if new:
                        assert np.array_equal(f["audio/mono"][span("mono")].ravel(), base - 7 * np.arange(16))
                        assert t["measures"][row][:2].tolist() == [0.25, n] and np.isnan(t["measures"][row][2:]).all()
                        assert (t["flow_width"][row], t["flow_height"][row]) == (4, 3)
                if labelled:
                    offsets, indices = t["labels/offsets"][:], t["labels/indices"][:]
                    words = text(t["labels/vocabulary"][:])
                    assert words == ["dog", "café, noisy", "two\\nlines"] == index["labels"]
                    own = [indices[a:b].tolist() for a, b in zip(offsets, offsets[1:])]
                    assert own == [[0, 2], [], [1]]
                else:
                    assert "labels" not in t
                pairs = f["pairs/mixed"]
                assert pairs["kind"][:].tolist() == [0, 0, 1, 2, 3] + [4] * new
                assert pairs["label"][:].tolist() == [1, 1, 0, 0, 0] + [0] * new
                assert pairs["video_segment"][:].tolist() == [0, 1, 0, 0, 2] + [1] * new
                assert pairs["video_start_frame"][:].tolist() == [2, 1, 2, 0, 0] + [0] * new
                assert pairs["audio_segment"][:].tolist() == [0, 1, 1, 2, 2] + [1] * new
                assert pairs["audio_start_seconds"][:].tolist() == [0.08, 0.04, 0.04, 0.08, 0.04] + [0] * new
                assert f["pairs/easy/kind"].shape == (3,) and pairs.attrs["hard_ratio"] == 0.25
            """
        _ = try Oracle.run(script, [Self.folder(version), version.rawValue])
    }
}
