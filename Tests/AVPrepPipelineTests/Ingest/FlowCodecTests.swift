import AVPrepCatalog
import AVPrepIngest
import AVPrepSettings
import AVPrepShard
import AVPrepVision
import Foundation
import TestSupport
import Testing

/// What outsiders read of stored flow: planes by way of OpenCV and Pillow, pixels by way of the format page.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct FlowCodecTests {
    /// The lines of the page that restore displacements.
    private static func pageCode() throws -> String {
        let page = try String(contentsOfFile: Oracle.repository + "/schemas/shard-format.md", encoding: .utf8)
        return try #require(page.components(separatedBy: "```python\n").last).components(separatedBy: "```")[0]
    }

    private static let script = """
        import json, os, sys
        import cv2, h5py, numpy

        def page(folder):
            os.chdir(folder)
            names = {}
            exec(open(sys.argv[1]).read(), names)
            return names

        seen = {codec: page(f"{sys.argv[2]}/{codec}") for codec in ("raw", "png", "jpeg", "float16")}
        exact, raw = (seen[name]["pixels"] for name in ("float16", "raw"))
        inside = abs(exact) <= seen["raw"]["bound"]
        planes = [cv2.imdecode(numpy.frombuffer(b, "u1"), cv2.IMREAD_UNCHANGED) for b in seen["png"]["pictures"]]
        attributes = {codec: {k: v.decode() if isinstance(v, bytes) else v.item() for k, v in h5py.File(
            f"{sys.argv[2]}/{codec}/shards/train-00000.h5")["flow/forward"].attrs.items()} for codec in seen}
        print(json.dumps(dict(
            shape=list(raw.shape), largest=float(abs(exact).max()),
            equal=bool((seen["png"]["pixels"] == raw).all()),
            planesEqual=numpy.stack(planes).tobytes() == b"".join(seen["raw"]["pictures"]),
            step=float(abs(raw - exact)[inside].max()), jpeg=float(abs(seen["jpeg"]["pixels"] - raw).mean()),
            bytes={codec: sum(map(len, seen[codec]["pictures"])) for codec in seen},
            codecs={codec: attributes[codec]["codec"] for codec in seen},
            numbers=[attributes["png"][name] for name in ("tau", "lambda", "theta", "scale_step", "epsilon")],
            counts=[attributes["png"][name] for name in ("scales", "warps", "outer_iterations", "inner_iterations")],
            median=attributes["png"]["median"], illumination=attributes["png"]["illumination"])))
        """

    private struct Seen: Decodable {
        let shape: [Int]
        let largest: Double
        let equal: Bool
        let planesEqual: Bool
        let step: Double
        let jpeg: Double
        let bytes: [String: Int]
        let codecs: [String: String]
        let numbers: [Double]
        let counts: [Int]
        let median: String
        let illumination: Bool
    }

    @Test func thePagesLinesRestorePixelsFromEveryCodec() throws {
        let code = try Self.pageCode()
        #expect(code.split(separator: "\n").count <= 18, "flow is read in 15 lines and two imports")
        try withTemporaryFolder { folder in
            for codec in FlowSettings.Codec.allCases {
                let place = "\(folder)/\(codec.rawValue)"
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                var corpus = try SmallCorpus(place)
                corpus.settings.ingest.cameraMotion.enabled = false
                corpus.settings.ingest.flow.method = .tvl1
                corpus.settings.ingest.flow.tvl1.lambda = 0.2
                corpus.settings.ingest.flow.codec = codec
                corpus.settings.ingest.flow.bound = 16
                try corpus.addSyntheticVideos(2)
                #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.done == 2)
                _ = try ShardStage.run(corpus.workspace, corpus.context)
            }
            try code.write(toFile: "\(folder)/page.py", atomically: true, encoding: .utf8)
            let seen = try Oracle.json(Seen.self, Self.script, ["\(folder)/page.py", folder])
            #expect(seen.shape == [23, 2, 32, 42] && seen.largest > 0.5)
            #expect(seen.equal && seen.planesEqual)
            // Half a step of the 8 bits, and the rounding of the 16-bit float it is compared with.
            #expect(seen.step <= 16.0 / 255 + 0.005)
            #expect(seen.jpeg > 0 && seen.jpeg < 0.1)
            #expect((seen.bytes["png"] ?? .max) < (seen.bytes["raw"] ?? 0))
            #expect(seen.codecs == ["raw": "raw", "png": "png", "jpeg": "jpeg", "float16": "raw"])
            let tvl1 = TVL1Settings()
            #expect(seen.numbers == [tvl1.tau, 0.2, tvl1.theta, tvl1.scaleStep, tvl1.epsilon])
            #expect(seen.counts == [tvl1.scales, tvl1.warps, tvl1.outerIterations, tvl1.innerIterations])
            #expect(seen.median == tvl1.median.rawValue && seen.illumination == tvl1.illumination)
        }
    }
}
