import AVPrepCore
import Foundation
import TestSupport
import Testing

@Suite struct ExistingFileTests {
    /// A file that is there and cannot be read, whoever asks: its link leads to itself.
    private func loop(_ path: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
    }

    @Test func absentIsAnAnswerAndUnreadableAnError() throws {
        try withTemporaryFolder { folder in
            #expect(try !ExistingFile.isThere(folder + "/absent"))
            #expect(try ExistingFile.content(folder + "/absent") == nil)
            #expect(try ExistingFile.names(inFolder: folder + "/absent").isEmpty)
            try Data("text".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
            #expect(try ExistingFile.isThere(folder + "/file"))
            #expect(try ExistingFile.content(folder + "/file") == Data("text".utf8))
            // A file in the place of a folder: below it is nothing.
            #expect(try !ExistingFile.isThere(folder + "/file/below"))
            try loop(folder + "/loop")
            for look in [
                { _ = try ExistingFile.isThere(folder + "/loop") }, { _ = try ExistingFile.content(folder + "/loop") },
                { _ = try ExistingFile.names(inFolder: folder + "/loop") },
                { _ = try ExistingFile.content(folder) }, { _ = try ExistingFile.names(inFolder: folder + "/file") },
            ] {
                let error = #expect(throws: Failure.self) { try look() }
                #expect(error?.description.hasPrefix("cannot read \(folder)") == true)
                #expect(error?.description.contains("it is left as it is") == true)
                #expect(error?.exitStatus == .badInput)
            }
            #expect(try ExistingFile.names(inFolder: folder) == ["file", "loop"])
        }
    }

    @Test func setAsideFilesKeepTheirBytesAndNeverTakeANameThatIsTaken() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.h5"
            let files = SetAsideFiles()
            try Data("earlier".utf8).write(to: URL(fileURLWithPath: path + ".damaged-1"))
            for number in 2...3 {
                try Data("number \(number)".utf8).write(to: URL(fileURLWithPath: path))
                let note = try files.setAside(path, because: "\(path) is damaged")
                #expect(note == "\(path) is damaged; it was set aside as a.h5.damaged-\(number)")
                #expect(try !ExistingFile.isThere(path))
                #expect(try ExistingFile.content("\(path).damaged-\(number)") == Data("number \(number)".utf8))
            }
            #expect(try ExistingFile.content(path + ".damaged-1") == Data("earlier".utf8))
            #expect(files.lines.count == 2)
            #expect(throws: Failure.self) { try files.setAside(path, because: "it is not there") }
            #expect(try ExistingFile.names(inFolder: folder).count == 3)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func pythonReadsEveryCellOfARowBack() throws {
        let cells = ["plain", "", "a,b", "say \"so\"", "line\nend", "return\rhere", "both\r\n", "\"", "ümlaut, 映像"]
        try withTemporaryFolder { folder in
            let text = CSV.row(cells) + "\r\n" + CSV.row(cells.reversed()) + "\r\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/a.csv"))
            let rows = try Oracle.json(
                [[String]].self,
                "import csv, json, sys; print(json.dumps(list(csv.reader(open(sys.argv[1], newline='')))))",
                [folder + "/a.csv"])
            #expect(rows == [cells, cells.reversed()])
        }
    }
}
