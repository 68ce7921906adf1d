import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

@Suite struct PreparedFileWriterTests {
    @Test func aPreparedFileGivesBackWhatWentIn() throws {
        try withTemporaryFolder { folder in
            let data = try Fixtures.writePrepared("\(folder)/a.h5")
            let reader = try StoreReader(path: "\(folder)/a.h5")
            #expect(reader.kind == .prepared)
            #expect(reader.layout == Fixtures.layout())
            #expect(reader.attributes["config_json"]?.text == #"{"fps":25}"#)
            #expect(reader.attributes["flag_names"] == .strings(SegmentFlags.names))
            #expect(reader.segments.allSatisfy { $0.split == nil })
            #expect(try differences(reader, data) == [])
        }
    }

    /// 0.0 is the integer 0 in JSON; a file keeps the difference.
    @Test func attributesKeepTheirTypes() throws {
        try withTemporaryFolder { folder in
            try Fixtures.writePrepared("\(folder)/a.h5")
            let mel = try StoreReader(path: "\(folder)/a.h5").layout.spectrogram("mel")
            guard case .double(0) = mel?.attributes["fmin"], case .int(16_000) = mel?.attributes["sr"],
                case .bool(false) = mel?.attributes["htk"]
            else { return #expect(Bool(false), "\(String(describing: mel?.attributes))") }
        }
    }

    @Test func theSameContentGivesTheSameBytes() throws {
        try withTemporaryFolder { folder in
            try Fixtures.writePrepared("\(folder)/a.h5")
            // Disturbs what is in memory between the two.
            try Fixtures.writePrepared("\(folder)/other.h5", segments: 2, frames: 9)
            try Fixtures.writePrepared("\(folder)/b.h5")
            #expect(try contents("\(folder)/a.h5") == contents("\(folder)/b.h5"))
        }
    }

    @Test func everySixteenBitFloatComesBackExactly() throws {
        try withTemporaryFolder { folder in
            let halves = (0..<1 << 16).map { Float(Float16(bitPattern: UInt16($0))) }.filter(\.isFinite)
            let layout = StoreLayout(
                fps: 25, frameCodec: .jpeg, frameQuality: 90,
                spectrograms: [.init(name: "all", bins: 1, framesPerSecond: 100, storedType: .float16)])
            var data = try Fixtures.segment(layout, encoder: try JPEGEncoder())
            data.spectrograms["all"] = halves
            let writer = try PreparedFileWriter(path: "\(folder)/a.h5", layout: layout, attributes: [:])
            try writer.append(data)
            try writer.finish()
            let stored = try StoreReader(path: "\(folder)/a.h5").spectrogram("all", 0..<halves.count)
            #expect(stored.count == halves.count)
            #expect(zip(stored, halves).allSatisfy { $0.bitPattern == $1.bitPattern })
        }
    }

    @Test func aFileWithoutSoundFlowAndSegmentsIsWhole() throws {
        try withTemporaryFolder { folder in
            let layout = StoreLayout(fps: 30, frameCodec: .raw, frameQuality: nil)
            try Fixtures.writePrepared("\(folder)/empty.h5", layout: layout, segments: 0)
            #expect(try StoreReader(path: "\(folder)/empty.h5").segments.isEmpty)
            let data = try Fixtures.writePrepared("\(folder)/raw.h5", layout: layout, segments: 2)
            #expect(try differences(try StoreReader(path: "\(folder)/raw.h5"), data) == [])
        }
    }

    /// More than a chunk of everything, appended piece by piece.
    @Test func segmentsLargerThanChunksRoundTrip() throws {
        try withTemporaryFolder { folder in
            let data = try Fixtures.writePrepared(
                "\(folder)/a.h5", layout: Fixtures.layout(frameCodec: .raw), segments: 3, frames: 40)
            #expect(try differences(try StoreReader(path: "\(folder)/a.h5"), data) == [])
        }
    }

    @Test func aSegmentThatDoesNotFitTheLayoutIsRefusedAndNothingOfItWritten() throws {
        try withTemporaryFolder { folder in
            let layout = Fixtures.layout()
            let encoder = try JPEGEncoder()
            let good = try Fixtures.segment(layout, encoder: encoder)
            let writer = try PreparedFileWriter(path: "\(folder)/a.h5", layout: layout, attributes: [:])
            var bad = good
            bad.motion.removeLast()
            #expect(throws: StoreError.self) { try writer.append(bad) }
            bad = good
            bad.spectrograms["mel"]?.removeLast()
            #expect(throws: StoreError.self) { try writer.append(bad) }
            try writer.append(good)
            try writer.finish()
            #expect(try differences(try StoreReader(path: "\(folder)/a.h5"), [good]) == [])
            #expect(throws: StoreError.self) { try writer.append(good) }
        }
    }

    @Test func attributesOfTheFormatAreNotForCallers() throws {
        try withTemporaryFolder { folder in
            let error = storeError {
                _ = try PreparedFileWriter(
                    path: "\(folder)/a.h5", layout: Fixtures.layout(), attributes: ["kind": .string("mine")])
            }
            #expect(error?.description.contains("kind") == true)
        }
    }

    /// A limit on the size of files, in the place of a full disk: met while appending (24 segments), and when the last
    /// chunks are written (4).
    @Test func aDiskThatTakesNoMoreIsAnErrorAndTheProcessLivesOn() async throws {
        let result = try await #require(processExitsWith: .success, observing: [\.standardOutputContent]) {
            signal(SIGXFSZ, SIG_IGN)
            try withTemporaryFolder { folder in
                let layout = Fixtures.layout(frameCodec: .raw)
                let data = try Fixtures.segment(layout, frames: 30, encoder: try JPEGEncoder())
                let fileSize = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
                var limit = rlimit()
                getrlimit(fileSize, &limit)
                for count in [24, 4] {
                    let small = rlimit(rlim_cur: 1 << 20, rlim_max: limit.rlim_max)
                    _ = withUnsafePointer(to: small) { setrlimit(fileSize, $0) }
                    let error = storeError {
                        let writer = try PreparedFileWriter(path: "\(folder)/a.h5", layout: layout, attributes: [:])
                        for _ in 0..<count { try writer.append(data) }
                        try writer.finish()
                    }
                    setrlimit(fileSize, &limit)
                    if let error, error.code == .tooLarge { print(error) }
                    // The library still works.
                    try Fixtures.writePrepared("\(folder)/b.h5", segments: 1)
                    guard try StoreReader(path: "\(folder)/b.h5").segments.count == 1 else { exit(3) }
                }
            }
            exit(0)
        }
        let lines = String(decoding: result.standardOutputContent, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2 && lines.allSatisfy { $0.contains("(File too large); the file system takes") })
        #expect(lines.allSatisfy { $0.hasPrefix("cannot ") && $0.contains("a.h5") }, "\(lines)")
    }

    @Test func aFolderThatIsAbsentIsAnErrorThatNamesThePath() {
        #expect {
            try PreparedFileWriter(path: "/nowhere/at/all.h5", layout: Fixtures.layout(), attributes: [:])
        } throws: { "\($0)".contains("/nowhere/at/all.h5") && "\($0)".contains("No such file") }
    }
}
