import AVPrepCore
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    @Test func aFileAppearsWholeOrNotAtAll() throws {
        struct Trouble: Error {}
        try withTemporaryFolder { folder in
            let path = folder + "/a.txt"
            #expect(throws: Trouble.self) {
                try AtomicFile.write(to: path) { temporary in
                    try Data("half".utf8).write(to: URL(fileURLWithPath: temporary))
                    throw Trouble()
                }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            try AtomicFile.write(Data("whole".utf8), to: path)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "whole")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
        }
    }

    @Test func litterOfDeadWritersIsRemovedAndThatOfLivingOnesStays() throws {
        try withTemporaryFolder { folder in
            // Process ids end at 2²² on Linux: this one is nobody's.
            for name in ["a.h5.partial-99999999", "b.h5.partial-1", "c.h5", "d.partial-x"] {
                try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            #expect(AtomicFile.removeLitter(in: folder) == ["a.h5.partial-99999999"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 3)
        }
    }

    @Test func aFolderThatCannotBeMadeIsNamed() throws {
        try withTemporaryFolder { folder in
            try Data().write(to: URL(fileURLWithPath: folder + "/file"))
            let error = #expect(throws: Failure.self) { try AtomicFile.makeFolder(folder + "/file/below") }
            #expect(error?.description.contains(folder + "/file/below") == true)
        }
    }
}
