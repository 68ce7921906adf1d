import AVPrepTorch
import AVPrepTraining
import Foundation
import TestSupport
import Testing

@Suite struct SafeTensorsTests {
    private let content = SafeTensors.Content(
        tensors: [
            "weight": HostTensor([1, -2, 3.5, 4, 5, .infinity], shape: [2, 3]),
            "bytes": HostTensor(type: .uint8, shape: [3], bytes: Data([0, 127, 255])),
            "count": HostTensor(integers: [-7], shape: []),
            "empty": HostTensor([], shape: [0, 5]),
            "näme \"quoted\"": HostTensor([0.25], shape: [1]),
        ],
        metadata: ["format": "pt", "step": "12", "note": "a \"text\" with\nlines"])

    @Test func whatIsWrittenIsRead() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/t.safetensors"
            try SafeTensors.write(content, to: path)
            #expect(try SafeTensors.read(path) == content)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["t.safetensors"])
        }
    }

    @Test func theSameTensorsMakeTheSameBytes() throws {
        try withTemporaryFolder { folder in
            let paths = [folder + "/a", folder + "/b"]
            for path in paths { try SafeTensors.write(content, to: path) }
            let files = try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
            #expect(files[0] == files[1])
            let length = files[0].prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            #expect(length % 8 == 0)
        }
    }

    @Test func aFileOfNothingIsAFile() throws {
        try withTemporaryFolder { folder in
            try SafeTensors.write(SafeTensors.Content(tensors: [:]), to: folder + "/none")
            #expect(try SafeTensors.read(folder + "/none") == SafeTensors.Content(tensors: [:]))
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv")) func pythonReadsOursAndWeReadPythons() throws {
        try withTemporaryFolder { folder in
            try SafeTensors.write(content, to: folder + "/ours")
            let script = """
                import sys, json
                from safetensors import safe_open
                from safetensors.numpy import save_file
                with safe_open(sys.argv[1], "np") as f:
                    tensors = {k: f.get_tensor(k) for k in f.keys()}
                    metadata = f.metadata()
                assert tensors["weight"].tolist() == [[1, -2, 3.5], [4, 5, float("inf")]]
                assert tensors["bytes"].tolist() == [0, 127, 255] and tensors["bytes"].dtype == "uint8"
                assert tensors["count"].shape == () and tensors["count"] == -7 and tensors["count"].dtype == "int64"
                assert tensors["empty"].shape == (0, 5)
                assert metadata["note"] == 'a "text" with\\nlines'
                save_file(tensors, sys.argv[2], metadata)
                """
            _ = try Oracle.run(script, [folder + "/ours", folder + "/theirs"])
            #expect(try SafeTensors.read(folder + "/theirs") == content)
        }
    }

    /// Files whose header lies. Each must be an error that names the file, never a crash or a wrong tensor.
    @Test(
        arguments: [
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}"#,
            #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[99999999999999999999999],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            #"{"a":{"shape":[2],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32"}}"#,
            #"{"a":7}"#,
            #"[1,2]"#,
            #"{"__metadata__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
            #"{"a":{"key":"text"}}"#,
            "not json at all",
            "",
            String(repeating: "[", count: 100_000),
        ])
    func aLyingHeaderIsAnError(header: String) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/bad.safetensors"
            var file = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
            file.append(Data(header.utf8))
            file.append(Data(repeating: 0, count: 8))
            try file.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: TorchError.self) { try SafeTensors.read(path) }
            #expect(error?.code == .tensorFile)
            #expect(error?.description.contains(path) == true)
            #expect(error?.description.contains("\n") == false)
        }
    }

    @Test func cutFilesAndWrongLengthsAreErrors() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/t"
            try SafeTensors.write(content, to: path)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for count in stride(from: 0, to: whole.count, by: 7) {
                try whole.prefix(count).write(to: URL(fileURLWithPath: path))
                #expect(throws: TorchError.self) { try SafeTensors.read(path) }
            }
            try Data(repeating: 0xFF, count: 64).write(to: URL(fileURLWithPath: path))
            #expect(throws: TorchError.self) { try SafeTensors.read(path) }
            #expect(throws: TorchError.self) { try SafeTensors.read(folder + "/absent") }
            #expect(throws: TorchError.self) { try SafeTensors.read(folder) }
        }
    }
}
