import AVPrepCore
import AVPrepStore
import Foundation
import TestSupport
import Testing

/// Files that were cut, flipped or never ours: opening and reading them gives an error or, where the damage lies in
/// pixels or padding, the file. Never a crash.
@Suite struct HostileFileTests {
    @Test func whatIsNoFileOfOursIsRefusedInWords() throws {
        try withTemporaryFolder { folder in
            func code(_ bytes: [UInt8]) throws -> StoreError.Code? {
                let path = "\(folder)/x.h5"
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                return storeError { _ = try StoreReader(path: path) }?.code
            }
            #expect(storeError { _ = try StoreReader(path: "\(folder)/absent.h5") }?.code == .unreadable)
            #expect(try code([]) == .foreign)
            var random = SeededRandom(seed: 3)
            let noise = (0..<10_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(try code(noise) == .foreign)
            #expect(try code([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] + noise) == .damaged)
            try PairFile.write(Fixtures.pairSets, shardKey: "key", to: "\(folder)/pairs.h5")
            #expect(storeError { _ = try StoreReader(path: "\(folder)/pairs.h5") }?.code == .foreign)
            try Fixtures.writePrepared("\(folder)/a.h5")
            #expect(storeError { _ = try PairFile.read("\(folder)/a.h5") }?.code == .foreign)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aNewerFormatIsRefusedWithWhatToDo() throws {
        try withTemporaryFolder { folder in
            try Fixtures.writePrepared("\(folder)/a.h5")
            let script = """
                import sys, h5py
                with h5py.File(sys.argv[1], "r+") as f:
                    f.attrs["format_version"] = h5py.Empty("S3") if sys.argv[2] == "" else __import__("numpy").bytes_(sys.argv[2])
                """
            for (version, code) in [
                ("1.7", nil), ("2.0", StoreError.Code.newerFormat), ("x", .damaged), ("0.9", .damaged),
            ] {
                _ = try Oracle.run(script, ["\(folder)/a.h5", version])
                let error = storeError { _ = try StoreReader(path: "\(folder)/a.h5") }
                #expect(error?.code == code, "\(version): \(String(describing: error))")
                if code == .newerFormat { #expect(error?.description.contains("install a newer avprep") == true) }
            }
        }
    }

    /// Files that h5py can make and we would not: each is refused before anything of it is trusted.
    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            "f['frames/offsets'][2] = 10**12", "f['frames/offsets'][2] = -5", "f['segments/frame_first'][1] = 2**62",
            "f['segments/frame_count'][1] = -1", "f['segments/mel_count'][0] = 100000", "f['segments/width'][0] = 0",
            "f['segments/start_seconds'][0] = float('nan')", "del f['segments/flags']", "del f['audio/mel']",
            "del f['frames/offsets']", "f.attrs['kind'] = np.bytes_('other')",
            "f.attrs['layout_json'] = np.bytes_('{}')", "f.attrs['layout_json'] = np.bytes_('[' * 100000)",
            "del f['audio/pcm']; f['audio/pcm'] = np.zeros((3200, 2), 'f4')",
            "del f['audio/pcm']; f['audio/pcm'] = h5py.ExternalLink('/etc/passwd', '/x')",
            "del f['audio/pcm']; f['audio/pcm'] = h5py.SoftLink('/audio/mel')",
            "del f['audio/pcm']; f['audio'].create_dataset('pcm', (9600, 2), 'i2', external=[('/etc/passwd', 0, 38400)])",
            "del f['audio/pcm']; f['audio'].create_dataset('pcm', (2**40, 2), 'i2', chunks=(1024, 2))",
            "del f['audio/pcm']; f['audio'].create_dataset('pcm', (9600, 2), 'i2', compression='gzip')",
            "del f['audio/pcm']; f['audio'].create_group('pcm')",
            "del f['segments/source']; f['segments/source'] = np.array(['a', 'b', 'c'], h5py.string_dtype())",
            "f['segments/source'][0] = b'\\xff\\xfe'", "f['audio/mel'].attrs['fmin'] = 5.0",
        ])
    func aFileThatContradictsItselfIsRefused(_ change: String) throws {
        try withTemporaryFolder { folder in
            try Fixtures.writePrepared("\(folder)/a.h5")
            _ = try Oracle.run(
                "import sys, h5py, numpy as np\nwith h5py.File(sys.argv[1], 'r+') as f:\n    " + change,
                ["\(folder)/a.h5"])
            let error = storeError { _ = try StoreReader(path: "\(folder)/a.h5") }
            #expect(error.map { $0.code == .damaged || $0.code == .foreign } == true, "\(String(describing: error))")
            #expect(error?.description.contains("a.h5") == true)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv")) func filesWithoutChecksumsAreRefused() throws {
        try withTemporaryFolder { folder in
            _ = try Oracle.run(
                "import sys, h5py; h5py.File(sys.argv[1], 'w').attrs['format'] = 'avprep'", ["\(folder)/old.h5"])
            let error = storeError { _ = try StoreReader(path: "\(folder)/old.h5") }
            #expect(error?.code == .foreign && error?.description.contains("old kind") == true)
        }
    }

    @Test(arguments: ["a", "train-00000"]) func cutFilesAreErrors(name: String) throws {
        try withTemporaryFolder { folder in
            try Fixtures.writeShard(in: folder)
            let whole = try contents("\(folder)/\(name).h5")
            for count in stride(from: 0, to: whole.count - 1, by: whole.count / 60) {
                try Data(whole[..<count]).write(to: URL(fileURLWithPath: "\(folder)/cut.h5"))
                #expect(storeError { _ = try StoreReader(path: "\(folder)/cut.h5") } != nil, "\(count) bytes")
            }
        }
    }

    /// Flips bits everywhere, most of them in what HDF5 keeps for itself, and reads all that can be read.
    @Test(arguments: ["a", "train-00000", "train-00000.pairs"]) func flippedBitsNeverCrash(name: String) throws {
        try withTemporaryFolder { folder in
            // Small pictures and no samples leave a file of structures, mostly.
            var layout = Fixtures.layout()
            layout.pcm = nil
            try Fixtures.writeShard(in: folder, layout: layout, width: 16, height: 16)
            try PairFile.write(Fixtures.pairSets, shardKey: "key", to: "\(folder)/train-00000.pairs.h5")
            let whole = try contents("\(folder)/\(name).h5")
            // The zeros of unused chunks are left alone.
            let marked = whole.indices.filter { whole[$0] != 0 }
            var random = SeededRandom(seed: 17, for: name)
            var refused = 0
            for _ in 0..<150 {
                var bytes = whole
                for _ in 0..<1 + random.below(3) {
                    bytes[marked[random.below(marked.count)]] ^= 1 << UInt8(random.below(8))
                }
                try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/flipped.h5"))
                do {
                    if name.hasSuffix(".pairs") {
                        _ = try PairFile.read("\(folder)/flipped.h5")
                    } else {
                        try readEverything(try StoreReader(path: "\(folder)/flipped.h5"))
                    }
                } catch {
                    #expect(error is StoreError)
                    refused += 1
                }
            }
            #expect(refused > 10, "the flips hit nothing")
        }
    }

    private func readEverything(_ reader: StoreReader) throws {
        let decoder = try JPEGDecoder()
        for segment in reader.segments {
            for row in segment.frames {
                try reader.withFrameBytes(row) { bytes in
                    _ = try? decoder.decode(
                        bytes, region: .init(x: 3, y: 3, width: 10, height: 10), outputWidth: 5, outputHeight: 5)
                }
            }
            _ = try reader.motion(segment.frames)
            for (name, rows) in segment.spectrograms { _ = try reader.spectrogram(name, rows) }
        }
    }
}

/// The error that `body` throws, if it is the module's own.
func storeError(_ body: () throws -> Void) -> StoreError? {
    do {
        try body()
        return nil
    } catch { return error as? StoreError }
}
