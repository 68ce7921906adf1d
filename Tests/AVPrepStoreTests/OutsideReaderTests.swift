import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

/// Plain h5py, without any plugin, reads everything that is stored.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct OutsideReaderTests {
    /// What h5py found in a file.
    private struct Seen: Decodable {
        var root: [String: String]
        var flagNames: [String]
        var measures: [[String: Float]]
        var segmentIDs: [String]
        var sources: [String]
        var splits: [String]
        var labels: [String: [String]]
        var types: [String: String]
        var shapes: [String: [Int]]
        var mel: [[Float]]
        var logspec: [[Float]]
        var pcm: [[Int16]]
        var homography: [[[Float]]]
        var flags: [UInt32]
        var picture: [UInt8]
        var flow: [UInt8]
        var melAttributes: String
        var pairs: [String: [Double]]
    }

    private static let script = """
        import sys, json, io, h5py, numpy as np
        from PIL import Image
        f = h5py.File(sys.argv[1], "r")
        datasets = {}
        f.visititems(lambda n, o: datasets.__setitem__(n, o) if isinstance(o, h5py.Dataset) else None)
        assert all(d.compression is None and d.scaleoffset is None for d in datasets.values())
        offsets = f["frames/offsets"][:]
        segment = int(f["segments/frame_first"][1])
        picture = bytes(f["frames/bytes"][offsets[segment]:offsets[segment + 1]])
        assert f["frames"].attrs["codec"] == b"jpeg"
        flow_offsets = f["flow/backward/offsets"][:]
        pairs = f["pairs/easy"] if "pairs" in f else None
        plain = lambda v: v.decode() if isinstance(v, bytes) else v.item() if hasattr(v, "item") else v
        print(json.dumps(dict(
            root={k: str(plain(v)) for k, v in f.attrs.items() if not k.endswith(("_names", "_units"))},
            flagNames=[n.decode() for n in f.attrs["flag_names"]],
            measures=[{n.decode(): float(v) for n, v in zip(f.attrs["measure_names"], row) if v == v}
                      for row in f["segments/measures"][:]],
            segmentIDs=[s.decode() for s in f["segments/segment_id"][:]],
            sources=[s for s in f["segments/source"].asstr()[:]],
            splits=[s.decode() for s in f["segments/split"][:]],
            labels={n: [d.label for d in o.dims] for n, o in datasets.items()},
            types={n: str(o.dtype) for n, o in datasets.items()},
            shapes={n: list(o.shape) for n, o in datasets.items()},
            mel=f["audio/mel"][:].tolist(), logspec=f["audio/logspec"][:].astype("f4").tolist(),
            pcm=f["audio/pcm"][:].tolist(), homography=f["motion/homography"][:].tolist(),
            flags=f["segments/flags"][:].tolist(),
            picture=list(Image.open(io.BytesIO(picture)).tobytes()),
            flow=f["flow/backward/bytes"][flow_offsets[1]:flow_offsets[2]].tolist(),
            melAttributes=repr(sorted((k, plain(v)) for k, v in f["audio/mel"].attrs.items()
                                      if k != "DIMENSION_LABELS")),
            pairs={n: pairs[n][:].tolist() for n in pairs} if pairs else {},
        )))
        """

    @Test(arguments: ["a", "train-00000"]) func h5pyReadsEverything(name: String) throws {
        try withTemporaryFolder { folder in
            var expected = try Fixtures.writeShard(in: folder)
            try PairFile.write(Fixtures.pairSets, shardKey: "key", to: "\(folder)/train-00000.pairs.h5")
            let isShard = name != "a"
            if !isShard {
                expected = try Fixtures.writePrepared("\(folder)/a.h5", video: String(repeating: "a", count: 32))
            }
            let seen = try Oracle.json(Seen.self, Self.script, ["\(folder)/\(name).h5"])

            #expect(seen.root["format"] == "avprep" && seen.root["format_version"] == "1.2")
            #expect(seen.root["kind"] == (isShard ? "shard" : "prepared"))
            #expect(seen.root["seed"] == (isShard ? "7" : nil))
            #expect(seen.flagNames == SegmentFlags.names)
            #expect(
                seen.measures
                    == expected.map { Dictionary(uniqueKeysWithValues: $0.segment.measures.map { ($0.rawValue, $1) }) })
            #expect(seen.segmentIDs == expected.map(\.segment.segmentID))
            #expect(seen.sources == expected.map(\.segment.source))
            #expect(seen.splits == expected.map { _ in isShard ? "train" : "" })
            #expect(seen.flags == expected.map(\.segment.flags.rawValue))
            #expect(seen.labels.values.allSatisfy { !$0.isEmpty && !$0.contains("") })
            #expect(seen.labels["audio/mel"] == ["frame", "bin"])
            #expect(seen.labels["motion/homography"] == ["frame", "row", "column"])
            #expect(seen.types["audio/logspec"] == "float16" && seen.types["frames/offsets"] == "int64")
            #expect(seen.types["segments/video_id"] == "|S32" && seen.shapes["frames/offsets"] == [16])
            #expect(seen.mel.flatMap(\.self) == expected.flatMap { $0.spectrograms["mel"] ?? [] })
            #expect(seen.logspec.flatMap(\.self) == expected.flatMap { $0.spectrograms["logspec"] ?? [] })
            #expect(seen.pcm.flatMap(\.self) == expected.flatMap(\.pcm))
            #expect(
                seen.homography.flatMap { $0.flatMap(\.self) } == expected.flatMap { $0.motion.flatMap(\.homography) })
            #expect(seen.flow == Array(expected[0].flow[.backward]?.bytes(at: 1) ?? []))
            #expect(
                seen.melAttributes == "[('fmin', 0.0), ('frames_per_second', 100.0), ('htk', False), ('sr', 16000), "
                    + "('window', 'hann')]")
            if isShard {
                #expect(seen.pairs["kind"] == [0, 1] && seen.pairs["label"] == [1, 0])
                #expect(seen.pairs["video_start_frame"] == [2, 1] && seen.pairs["audio_segment"] == [0, 1])
                #expect(seen.pairs["audio_start_seconds"] == [0.08, 0.1])
            }

            let decoded = try Array(expected[1].frames.bytes(at: 0)).withUnsafeBytes { try JPEGDecoder().decode($0) }
            #expect(decoded.pixels.count == seen.picture.count)
            #expect(zip(decoded.pixels, seen.picture).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
        }
    }
}
