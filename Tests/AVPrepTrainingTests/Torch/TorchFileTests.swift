import AVPrepTorch
import Foundation
import TestSupport
import Testing

/// Weights that torch has saved are read as data: whatever the file says, nothing of it is run.
@Suite(.enabled(if: torchIsAvailable, "make test makes the venv"))
struct TorchFileTests {
    /// Lets torch write `value` (a Python expression) and reads the file.
    private func read(_ value: String, save: String = "torch.save(value, path)") throws -> [String: HostTensor] {
        try withTemporaryFolder { folder in
            _ = try Oracle.run(
                """
                import sys, collections, torch
                path = sys.argv[1]
                torch.manual_seed(5)
                value = \(value)
                \(save)
                """, ["\(folder)/a.pth"])
            return try TorchFile.read("\(folder)/a.pth")
        }
    }

    private let table =
        "{'a': torch.arange(6.).reshape(2, 3), 'b.c': torch.tensor(7), 'd': torch.arange(3, dtype=torch.uint8)}"

    @Test(arguments: [
        "torch.save(value, path)", "torch.save(value, path, _use_new_zipfile_serialization=False)",
        "torch.save(collections.OrderedDict(value), path)", "torch.save(value, path, pickle_protocol=4)",
        "torch.save({'epoch': 3, 'args': object, 'model': value}, path)",
        "torch.save({'state_dict': {'module.' + k: v for k, v in value.items()}, 'best': 1.5}, path)",
        "torch.save({k: torch.nn.Parameter(v, requires_grad=False) for k, v in value.items()}, path)",
    ])
    func everyFormatIsRead(_ save: String) throws {
        let tensors = try read(table, save: save)
        #expect(tensors["a"] == HostTensor([0, 1, 2, 3, 4, 5], shape: [2, 3]))
        #expect(tensors["b.c"] == HostTensor(integers: [7], shape: []))
        #expect(tensors["d"]?.type == .uint8 && tensors.count == 3)
    }

    @Test func viewsOtherPrecisionsAndEmptyTensorsAreRead() throws {
        let tensors = try read(
            """
            {'transposed': torch.arange(6.).reshape(2, 3).t(), 'part': torch.arange(10.)[4:7],
             'channels': torch.arange(16.).reshape(1, 2, 2, 4).contiguous(memory_format=torch.channels_last),
             'half': torch.tensor([0.5, -2]).half(), 'bf16': torch.tensor([1.5, -3]).bfloat16(),
             'double': torch.tensor([0.1], dtype=torch.float64), 'int': torch.tensor([-5, 1 << 30], dtype=torch.int32),
             'empty': torch.zeros(0, 3), 'flag': torch.tensor([True, False])}
            """)
        #expect(tensors["transposed"] == HostTensor([0, 3, 1, 4, 2, 5], shape: [3, 2]))
        #expect(tensors["part"] == HostTensor([4, 5, 6], shape: [3]))
        #expect(tensors["channels"] == HostTensor((0..<16).map { Float($0) }, shape: [1, 2, 2, 4]))
        #expect(tensors["half"] == HostTensor([0.5, -2], shape: [2]))
        #expect(tensors["bf16"] == HostTensor([1.5, -3], shape: [2]))
        #expect(tensors["double"] == HostTensor([0.1], shape: [1]))
        #expect(tensors["int"] == HostTensor(integers: [-5, 1 << 30], shape: [2]))
        #expect(tensors["empty"]?.shape == [0, 3])
    }

    @Test(arguments: [true, false]) func torchvisionsWeightsAreThoseOfSafetensors(_ isNew: Bool) throws {
        try withTemporaryFolder { folder in
            _ = try Oracle.run(
                TorchReference.imports + """
                    weights = mc3_18().state_dict()
                    torch.save(weights, sys.argv[1] + "/a.pth", _use_new_zipfile_serialization=\(isNew ? "True" : "False"))
                    save_file({k: v.contiguous() for k, v in weights.items()}, sys.argv[1] + "/a.safetensors")
                    """, [folder])
            let tensors = try TorchFile.read("\(folder)/a.pth")
            #expect(try tensors == SafeTensors.read("\(folder)/a.safetensors").tensors && tensors.count > 100)
        }
    }

    /// A pickle that calls `os.system` when Python opens it.
    @Test func nothingInTheFileIsRun() throws {
        try withTemporaryFolder { folder in
            _ = try Oracle.run(
                """
                import sys, os, torch
                class Evil:
                    def __reduce__(self): return (os.system, ("touch " + sys.argv[1] + "/run",))
                torch.save({'a': torch.zeros(2), 'evil': Evil()}, sys.argv[1] + "/a.pth")
                """, [folder])
            #expect(try TorchFile.read("\(folder)/a.pth").keys.sorted() == ["a"])
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/run"))
        }
    }

    @Test(arguments: ["", "PK\u{3}\u{4}", "\u{80}\u{2}", "hello", "PK\u{3}\u{4}" + String(repeating: "x", count: 400)])
    func whatIsNoFileOfWeightsIsRefusedInOneLine(_ text: String) throws {
        try withTemporaryFolder { folder in
            try Data(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }).write(
                to: URL(fileURLWithPath: "\(folder)/a.pth"))
            let error = #expect(throws: TorchError.self) { try TorchFile.read("\(folder)/a.pth") }
            let text = "\(try #require(error))"
            #expect(text.contains("a.pth") && !text.contains("\n"))
        }
    }

    /// A million tuples in each other, and a list that holds itself.
    @Test func whatIsNestedDeeplyOrInItselfEndsWithAnError() {
        let deep = Data(
            [0x80, 2, UInt8(ascii: ")")] + [UInt8](repeating: 0x85, count: 1_000_000) + [UInt8(ascii: ".")])
        let circle = Data([0x80, 2] + Array("]q\0h\0a.".utf8))
        for bytes in [deep, circle] { #expect(throws: TorchError.self) { try TorchFile.read(bytes, "a.pth") } }
    }

    /// Every byte of a small file set to other values, and every length cut off: an error or tensors, never a crash.
    @Test(arguments: [true, false]) func damagedFilesAreRefusedOrRead(_ isNew: Bool) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/a.pth"
            _ = try Oracle.run(
                """
                import sys, torch
                torch.save({'a': torch.arange(6.).reshape(2, 3)}, sys.argv[1],
                           _use_new_zipfile_serialization=\(isNew ? "True" : "False"))
                """, [path])
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(try TorchFile.read(path).count == 1)
            for place in whole.indices {
                for value in [0, 0x7F, 0x80, 0xFF] as [UInt8] {
                    var bytes = whole
                    bytes[place] = value
                    _ = try? TorchFile.read(bytes, "a.pth")
                }
                _ = try? TorchFile.read(whole.prefix(place), "a.pth")
            }
        }
    }
}
