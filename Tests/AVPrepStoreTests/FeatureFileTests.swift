import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

@Suite struct FeatureFileTests {
    private static let items = [
        FeatureItem(path: "audio/1-100-A.wav", id: "ab", label: "dog", fold: "1", recording: "100"),
        FeatureItem(path: #"a,b "c" \xff/é.wav"#),
        FeatureItem(path: "silent.wav", label: "Ärger, \"laut\""),
    ]

    /// Three items with two, one and no clips of three numbers.
    @discardableResult
    private static func write(_ path: String, dimensions: Int = 3) throws -> [Float] {
        let writer = try FeatureFileWriter(path: path, dimensions: dimensions)
        let features = (0..<3 * dimensions).map { Float($0) / 7 - 0.5 }
        try writer.append(
            items[0], spans: [(0, 1), (0.4444, 1.4444)], features: Array(features.prefix(2 * dimensions)))
        try writer.append(items[1], spans: [(0.1, 0.9)], features: Array(features.suffix(dimensions)))
        try writer.append(items[2], spans: [], features: [])
        try writer.finish(provenance: #"{"layer":"conv5"}"#, attributes: ["layer": .string("conv5")])
        return features
    }

    @Test(arguments: [1, 3, 200_000]) func featuresComeBackAsTheyWereAndGiveTheSameBytesAgain(dimensions: Int) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/f.h5"
            let features = try Self.write(path, dimensions: dimensions)
            let file = try FeatureFile(path: path)
            #expect(file.dimensions == dimensions && file.items == Self.items)
            #expect(try file.features(of: 0..<3) == features)
            #expect(try file.features(of: 1..<2) == Array(features[dimensions..<2 * dimensions]))
            #expect(file.clips.map(\.item) == [0, 0, 1])
            #expect(file.clips.map(\.start) == [0, 0.4444, 0.1] && file.clips.map(\.end) == [1, 1.4444, 0.9])
            #expect(file.provenance == #"{"layer":"conv5"}"# && file.attributes["layer"]?.text == "conv5")
            let first = try contents(path)
            try Self.write(path, dimensions: dimensions)
            #expect(try contents(path) == first)
        }
    }

    @Test func aFileMayHaveNoItem() throws {
        try withTemporaryFolder { folder in
            try FeatureFileWriter(path: "\(folder)/f.h5", dimensions: 4).finish(provenance: "{}")
            let file = try FeatureFile(path: "\(folder)/f.h5")
            #expect(file.items.isEmpty && file.clips.isEmpty && file.dimensions == 4)
        }
    }

    @Test func whatDoesNotFitIsRefusedAndTheRestGoesOn() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/f.h5"
            #expect(storeError { _ = try FeatureFileWriter(path: path, dimensions: 0) }?.code == .layoutMismatch)
            let writer = try FeatureFileWriter(path: path, dimensions: 2)
            func code(_ item: String, _ spans: [(start: Double, end: Double)], _ features: [Float]) -> StoreError.Code?
            {
                storeError { try writer.append(FeatureItem(path: item), spans: spans, features: features) }?.code
            }
            #expect(code("a", [(0, 1)], [1, 2]) == nil)
            #expect(code("a", [(0, 1)], [1, 2]) == .layoutMismatch)
            #expect(code("", [], []) == .layoutMismatch)
            #expect(code("b\0", [], []) == .layoutMismatch)
            #expect(code(String(repeating: "x", count: 70_000), [], []) == .layoutMismatch)
            for span in [(Double.nan, 1.0), (0, .infinity), (-1, 1), (2, 1)] {
                #expect(code("b", [span], [1, 2]) == .layoutMismatch)
            }
            #expect(code("b", [(0, 1)], [1, 2, 3]) == .layoutMismatch)
            #expect(code("b", [(0, 1)], [.nan, 2]) == nil)
            try writer.finish(provenance: "{}")
            #expect(storeError { try writer.finish(provenance: "{}") }?.code == .unwritable)
            #expect(try FeatureFile(path: path).items.map(\.path) == ["a", "b"])
        }
    }

    @Test func whatIsNotFinishedLeavesTheFileThatWasThere() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/f.h5"
            try Self.write(path)
            let before = try contents(path)
            do {
                let writer = try FeatureFileWriter(path: path, dimensions: 1)
                try writer.append(FeatureItem(path: "x"), spans: [(0, 1)], features: [1])
            }
            #expect(try contents(path) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["f.h5"])
            #expect(storeError { _ = try FeatureFileWriter(path: "\(folder)/none/f.h5", dimensions: 1) } != nil)
        }
    }

    @Test func whatIsNoFeaturesFileIsRefusedInOneLine() throws {
        try withTemporaryFolder { folder in
            try PairFile.write([], shardKey: "key", to: "\(folder)/pairs.h5")
            try Data("not HDF5".utf8).write(to: URL(fileURLWithPath: "\(folder)/text.h5"))
            for (name, code) in [
                ("pairs", StoreError.Code.foreign), ("text", .foreign), ("absent", .unreadable),
            ] {
                let error = storeError { _ = try FeatureFile(path: "\(folder)/\(name).h5") }
                #expect(error?.code == code && error?.description.contains("\n") == false, "\(name)")
            }
        }
    }

    /// Cut anywhere, or with flipped bits: an error or the file, never a crash.
    @Test func damageIsFoundOrHarmless() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/f.h5"
            try Self.write(path)
            let whole = try contents(path)
            for length in stride(from: 0, to: whole.count, by: 97) {
                try Data(whole.prefix(length)).write(to: URL(fileURLWithPath: path))
                #expect(storeError { _ = try FeatureFile(path: path) } != nil, "\(length) bytes")
            }
            for place in stride(from: 0, to: whole.count, by: 31) {
                var bytes = whole
                bytes[place] ^= 0x41
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                _ = storeError { _ = try FeatureFile(path: path).features(of: 0..<3) }
            }
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv")) func h5pyReadsEverything() throws {
        struct Seen: Decodable, Equatable {
            var features: [[Float]]
            var item: [Int]
            var start: [Double]
            var paths: [String]
            var labels: [String]
            var version: Int
            var format: String
            var axes: [String]
            var types: [String]
        }
        try withTemporaryFolder { folder in
            let features = try Self.write("\(folder)/f.h5")
            let seen = try Oracle.json(
                Seen.self,
                """
                import sys, json, h5py
                f = h5py.File(sys.argv[1])
                print(json.dumps(dict(
                    features=f["features"][:].tolist(), item=f["clips/item"][:].tolist(),
                    start=f["clips/start"][:].tolist(), paths=list(f["items/path"].asstr()[:]),
                    labels=list(f["items/label"].asstr()[:]), version=int(f.attrs["format_version"]),
                    format=f.attrs["format"].decode(), axes=[d.label for d in f["features"].dims],
                    types=[str(f[n].dtype) for n in ("features", "clips/item", "clips/end")])))
                """, ["\(folder)/f.h5"])
            #expect(
                seen
                    == Seen(
                        features: stride(from: 0, to: 9, by: 3).map { Array(features[$0..<$0 + 3]) }, item: [0, 0, 1],
                        start: [0, 0.4444, 0.1], paths: Self.items.map(\.path), labels: Self.items.map(\.label),
                        version: 1, format: "avprep-features", axes: ["clip", "feature"],
                        types: ["float32", "int32", "float64"]))
        }
    }

    /// The recipe of schemas/features-format.md.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv")) func whatH5pyWritesByTheRecipeIsRead() throws {
        try withTemporaryFolder { folder in
            let page = try String(
                contentsOfFile: Oracle.repository + "/schemas/features-format.md", encoding: .utf8)
            let recipe = try #require(
                page.components(separatedBy: "```python\n").last?.components(separatedBy: "```").first)
            _ = try Oracle.run(
                """
                import os, sys, h5py, numpy as np
                os.chdir(sys.argv[1])
                features, item = np.arange(6.0).reshape(3, 2), np.array([0, 1, 1])
                start, end, paths, labels = np.arange(3.0), np.arange(3.0) + 1, ['a.wav', 'é,"b".wav'], ['', 'x']

                """ + recipe, [folder])
            let file = try FeatureFile(path: "\(folder)/features.h5")
            #expect(file.items == [FeatureItem(path: "a.wav"), FeatureItem(path: "é,\"b\".wav", label: "x")])
            #expect(try file.features(of: 0..<3) == [0, 1, 2, 3, 4, 5] && file.clips.map(\.item) == [0, 1, 1])
        }
    }

    /// Files that h5py can make and we would not.
    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            "f['clips/item'][1] = 3", "f['clips/item'][1] = -1", "f['clips/end'][0] = float('inf')",
            "f['clips/start'][2] = 5", "del f['features']", "del f['items/label']", "f['items/path'][1] = b''",
            "f['items/path'][1] = f['items/path'][0]", "f['items/path'][0] = b'\\xff\\xfe'",
            "f.attrs['format_version'] = 0", "f.attrs['format_version'] = 2",
            "f.attrs['format_version'] = np.bytes_('1')",
            "f.attrs['format'] = np.bytes_('avprep')", "del f.attrs['format']",
            "del f['features']; f['features'] = np.zeros((4, 3), 'f4')",
            "del f['features']; f['features'] = np.zeros((3, 3), 'f8')",
            "del f['features']; f['features'] = np.zeros(3, 'f4')",
            "del f['features']; f['features'] = np.zeros((3, 0), 'f4')",
            "del f['features']; f['features'] = h5py.ExternalLink('/etc/passwd', '/x')",
            "del f['features']; f.create_group('features')",
            "del f['features']; f.create_dataset('features', (3, 2**40), 'f4', chunks=(1, 1024))",
            "del f['features']; f.create_dataset('features', (3, 2**20), 'f4', chunks=(1, 1024))",
            "del f['features']; f.create_dataset('features', (3, 3), 'f4', compression='gzip')",
            "del f['items/path']; f['items/path'] = np.array(['a', 'b', 'c'], h5py.string_dtype())",
        ])
    func aFileThatContradictsItselfIsRefused(_ change: String) throws {
        try withTemporaryFolder { folder in
            try Self.write("\(folder)/f.h5")
            _ = try Oracle.run(
                "import sys, h5py, numpy as np\nwith h5py.File(sys.argv[1], 'r+') as f:\n    " + change,
                ["\(folder)/f.h5"])
            let error = storeError { _ = try FeatureFile(path: "\(folder)/f.h5") }
            let isNewer = change.hasSuffix("'] = 2")
            #expect(
                error.map { isNewer ? $0.code == .newerFormat : $0.code == .damaged || $0.code == .foreign } == true,
                "\(String(describing: error))")
            #expect(error?.description.contains("f.h5") == true && error?.description.contains("\n") == false)
        }
    }
}
