import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

@Suite struct TensorBoardWriterTests {
    /// RFC 3720 appendix B.4 and the check value of the CRC catalogue.
    @Test func crc32cHasThePublishedValues() {
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(UInt8(0)..<32) == 0x46DD_794E)
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func tensorBoardReadsBackWhatARunAndItsContinuationWrote() throws {
        try withTemporaryFolder { folder in
            let now = Date(timeIntervalSince1970: 1_700_000_000)
            let first = try TensorBoardWriter(folder: folder, firstStep: 0, now: now)
            for step in 1...5 {
                try first.write([("train/loss", Double(step) / 4), ("lr", 0.5)], step: step, now: now)
            }
            // A stop after step 5, the last checkpoint at step 3: the run goes on from there, within the same second.
            let second = try TensorBoardWriter(folder: folder, firstStep: 4, now: now)
            for step in 4...300 { try second.write([("train/loss", -Double(step))], step: step, now: now) }
            struct Point: Decodable, Equatable {
                let step: Int
                let value: Double
            }
            let read = try Oracle.json(
                [String: [Point]].self,
                """
                import json, sys
                from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
                events = EventAccumulator(sys.argv[1], size_guidance={"tensors": 0, "scalars": 0}).Reload()
                print(json.dumps({tag: [{"step": e.step, "value": e.value} for e in events.Scalars(tag)]
                                  for tag in events.Tags()["scalars"]}))
                """, [folder])
            #expect(read["train/loss"]?.map(\.step) == Array(1...300))
            #expect(read["train/loss"]?.map(\.value) == [0.25, 0.5, 0.75] + (4...300).map { -Double($0) })
            #expect(read["lr"]?.map(\.value) == [0.5, 0.5, 0.5])
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func tensorBoardReadsHistogramsBack() throws {
        try withTemporaryFolder { folder in
            let writer = try TensorBoardWriter(folder: folder, firstStep: 0)
            let values = (0..<100).map { Float($0 % 10) / 10 }
            try writer.write([], histograms: [("d", values + [.nan]), ("same", [2, 2]), ("none", [])], step: 3)
            struct Histogram: Decodable {
                let step: Int
                let min, max, num, sum, squares: Double
                let limits, counts: [Double]
            }
            let read = try Oracle.json(
                [String: Histogram].self,
                """
                import json, sys
                from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
                events = EventAccumulator(sys.argv[1], size_guidance={"histograms": 0}).Reload()
                found = {}
                for tag in events.Tags()["histograms"]:
                    e = events.Histograms(tag)[0]
                    v = e.histogram_value
                    found[tag] = dict(step=e.step, min=v.min, max=v.max, num=v.num, sum=v.sum, squares=v.sum_squares,
                                      limits=list(v.bucket_limit), counts=list(v.bucket))
                print(json.dumps(found))
                """, [folder])
            let distances = try #require(read["d"])
            #expect(distances.step == 3 && distances.num == 100 && distances.min == 0)
            #expect(abs(distances.sum - 45) < 1e-5 && abs(distances.squares - 28.5) < 1e-5)
            #expect(distances.counts.reduce(0, +) == 100 && distances.counts.count == 30)
            #expect(distances.limits == distances.limits.sorted() && (distances.limits.last ?? 0) > distances.max)
            #expect(read["same"]?.counts == [2] && read["none"] == nil)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func recordsCarryTheChecksumsThatTensorFlowChecks() throws {
        try withTemporaryFolder { folder in
            let writer = try TensorBoardWriter(folder: folder, firstStep: 0)
            try writer.write([("loss", 1)], step: 1)
            let script = """
                import sys
                from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New
                reader = PyRecordReader_New(sys.argv[1])
                count = 0
                try:
                    while True:
                        reader.GetNext()
                        count += 1
                except Exception as end:
                    print(count, type(end).__name__)
                """
            #expect(try Oracle.run(script, [writer.path]) == "2 OutOfRangeError\n")
            // The same reader notices one changed byte: the first record's last payload byte.
            var bytes = try Data(contentsOf: URL(fileURLWithPath: writer.path))
            bytes[12 + 10] ^= 1
            try bytes.write(to: URL(fileURLWithPath: writer.path))
            #expect(try Oracle.run(script, [writer.path]) == "0 DataLossError\n")
        }
    }
}
