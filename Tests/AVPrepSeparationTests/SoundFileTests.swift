import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepSeparation

@Suite struct SoundFileTests {
    @Test func whatWasWrittenIsReadAgainAndIsAWAVEFile() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a\nb.wav"
            let file = try SoundFile(path: path, name: path, sampleRate: 21_000)
            // Too loud and no number at all, too.
            try file.write([0, 0.5, -0.5, 2, -2])
            try file.write([.nan, 0.25])
            try file.finish()
            for _ in 0..<2 {
                try file.rewindToSamples()
                #expect(try file.read(5) == [0, 0.5, -0.5, 32_767 / 32_768, -1])
                #expect(try file.read(5) == [0, 0.25])
                #expect(try file.read(5).isEmpty)
            }
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(bytes.count == 44 + 14 && bytes.starts(with: Array("RIFF".utf8) + [50, 0, 0, 0]))
            #expect(Array(bytes[40..<44]) == [14, 0, 0, 0] && Array(bytes[24..<28]) == [8, 82, 0, 0])
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func aFullDiskIsSaid() throws {
        let failure = #expect(throws: Failure.self) {
            let file = try SoundFile(path: "/dev/full", name: "on.wav", sampleRate: 8000)
            try file.write([Float](repeating: 0, count: 100_000))
            try file.finish()
        }
        let found = try #require(failure)
        #expect("\(found)".contains("on.wav"))
    }

    @Test func aFolderThatIsNotThereIsSaid() {
        #expect(throws: Failure.self) { try SoundFile(path: "/no/such/folder/x", name: "x", sampleRate: 8000) }
    }
}
