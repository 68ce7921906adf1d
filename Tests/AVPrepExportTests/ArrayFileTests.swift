import AVPrepExport
import AVPrepStore
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct ArrayFileTests {
    @Test func numpyLoadsWhatIsWritten() throws {
        try withTemporaryFolder { folder in
            let values = (0..<12).map { Float($0) / 3 }
            for (name, shape) in [("a", [12]), ("b", [3, 4]), ("c", [2, 2, 3])] {
                let bytes = NumPyArray.header(.float32, shape: shape) + values.withUnsafeBytes { Array($0) }
                try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name).npy"))
            }
            try Data(NumPyArray.header(.float16, shape: [0, 40])).write(to: URL(fileURLWithPath: "\(folder)/d.npy"))
            let seen = try Oracle.run(
                """
                import numpy, sys
                arrays = [numpy.load(f"{sys.argv[1]}/{name}.npy") for name in "abcd"]
                assert all(numpy.array_equal(a.ravel(), numpy.arange(12, dtype="f4") / numpy.float32(3)) for a in arrays[:3])
                print([(str(a.dtype), a.shape) for a in arrays])
                """, [folder])
            #expect(
                seen.trimmingCharacters(in: .newlines)
                    == "[('float32', (12,)), ('float32', (3, 4)), ('float32', (2, 2, 3)), ('float16', (0, 40))]")
        }
    }

    @Test func pythonReadsTheWaveHeader() throws {
        try withTemporaryFolder { folder in
            let samples = (0..<1000).map { Int16($0 * 3) }
            let bytes =
                WaveFile.header(sampleRate: 21_000, channels: 2, frames: 500) + samples.withUnsafeBytes { Array($0) }
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/a.wav"))
            let seen = try Oracle.run(
                """
                import array, sys, wave
                with wave.open(sys.argv[1]) as file:
                    print(file.getnchannels(), file.getframerate(), file.getnframes(), array.array("h", file.readframes(500))[999])
                """, ["\(folder)/a.wav"])
            #expect(seen.trimmingCharacters(in: .newlines) == "2 21000 500 2997")
        }
    }
}
