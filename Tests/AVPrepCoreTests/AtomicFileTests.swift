import Foundation
import TestSupport
import Testing

@testable import AVPrepCore

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
            let here = FileOwner.current.split(separator: "-").dropLast().joined(separator: "-")
            #expect(AtomicFile.temporaryPath(for: "a") == "a.partial-\(here)-\(getpid())")
            // Process ids end at 2²² on Linux: this one is nobody's.
            let names = [
                "a.h5.partial-\(here)-99999999", "b.h5.partial-\(here)-1", "c.h5", "d.partial-x",
                // Of another machine, where that number may be a living process; of an earlier start; of earlier versions.
                "e.h5.partial-other-00000000-99999999", "f.h5.partial-\(here.dropLast(8))00000000-99999999",
                "g.h5.partial-99999999",
            ]
            for name in names { try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
            #expect(AtomicFile.removeLitter(in: folder) == [names[0]])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 6)
            // Nobody writes a file for a day without writing to it.
            var times = [
                timespec(tv_sec: time(nil) - 90_000, tv_nsec: 0), timespec(tv_sec: time(nil) - 90_000, tv_nsec: 0),
            ]
            for name in names.dropFirst() { #expect(utimensat(AT_FDCWD, "\(folder)/\(name)", &times, 0) == 0) }
            #expect(
                Set(AtomicFile.removeLitter(in: folder)) == [names[3], names[4], names[5], names[6]])
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [names[1], names[2]].sorted())
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
