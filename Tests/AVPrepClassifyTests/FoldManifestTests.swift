import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepCorpus

@Suite struct FoldManifestTests {
    private static let header = "filename,fold,target,category,esc10,src_file,take"

    private func read(_ text: String, isESC10: Bool = false) throws -> FoldManifest {
        try withTemporaryFolder { folder in
            try text.write(toFile: "\(folder)/m.csv", atomically: false, encoding: .utf8)
            return try FoldManifest.read(BytePath("\(folder)/m.csv"), isESC10: isESC10, seed: 1)
        }
    }

    @Test func esc50IsRecognisedByItsHeaderAndESC10IsAPartOfIt() throws {
        let text =
            Self.header + """

                1-100032-A-0.wav,1,0,dog,True,100032,A
                1-100032-B-0.wav,1,0,dog,True,100032,B
                2-100210-A-36.wav,2,36,vacuum_cleaner,False,100210,A
                3-100018-A-18.wav,3,18,toilet_flush,True,100018,A

                """
        let manifest = try read(text)
        #expect(manifest.layout == .esc50 && manifest.testFolds == ["1", "2", "3"])
        #expect(manifest.rows.map(\.label) == ["dog", "dog", "vacuum_cleaner", "toilet_flush"])
        #expect(manifest.rows.map(\.recording) == ["100032", "100032", "100210", "100018"])
        let ten = try read(text, isESC10: true)
        #expect(ten.layout == .esc10 && ten.rows.map(\.fold) == ["1", "1", "3"])
    }

    @Test func aRecordingInTwoFoldsIsRefusedByItsName() {
        let esc = Self.header + "\n1-7-A-0.wav,1,0,dog,True,7,A\n2-7-B-0.wav,2,0,dog,True,7,B\n"
        #expect(
            refusal { _ = try read(esc) }?.contains("the recording 7 is in two folds: 1-7-A-0.wav in fold 1") == true)
        let own = "path,label,fold,recording\na.wav,x,1,r\nb.wav,x,2,r\n"
        #expect(refusal { _ = try read(own) }?.contains("the recording r is in two folds") == true)
        let same = "path,label,fold\na.wav,x,1\na.wav,x,2\n"
        #expect(refusal { _ = try read(same) }?.contains("the file a.wav is in two folds") == true)
        // One recording, whose name is another one's file.
        let crossed = "path,label,fold,recording\na.wav,x,1,\nb.wav,x,2,a.wav\n"
        #expect(refusal { _ = try read(crossed) }?.contains("in two folds") == true)
    }

    @Test func namesMayHaveCommasAndQuotesAndFilesAByteOrderMark() throws {
        let text =
            "\u{FEFF}FOLD,Label,extra,path\r\n10,\"dog, \"\"big\"\"\",,\"a,b \"\"c\"\".wav\"\r\n9,é,x,\"d\\e.wav\"\r\n9,é,x,\"d\\e.wav\"\r\n"
        let manifest = try read(text)
        #expect(manifest.rows.map(\.path) == ["a,b \"c\".wav", "d\\\\e.wav"])
        #expect(manifest.rows.map(\.label) == ["dog, \"big\"", "é"])
        #expect(manifest.testFolds == ["9", "10"] && manifest.repeated == 1)
    }

    @Test func ofTrainAndTestOnlyTestIsTested() throws {
        #expect(try read("path,label,fold\na,x,train\nb,x,test\n").testFolds == ["test"])
        #expect(try read("path,label,fold\na,x,train\nb,x,test\nc,x,val\n").testFolds == ["test", "train", "val"])
    }

    @Test(arguments: [
        ("", "empty"), ("a,b,c\n1,2,3\n", "neither the columns path, label, fold"),
        ("path,label,fold\n", "no row"), ("path,label,fold\na,x,1\nb,x,1\n", "all rows are in fold 1"),
        ("path,label,fold\na,x,1\nb,,2\n", "line 3: it has no label"), ("path,label,fold\n,x,1\nb,x,2\n", "no path"),
        ("path,label,fold\na,x,1\na,y,1\nb,x,2\n", "\"x\" and \"y\""), ("path,label,fold\na,x\n", "2 cells, not 3"),
        ("path,label,fold\n\"a,x,1\nb,x,2\n", "never closed"),
        ("path,label,fold\na,\"x\ny\",1\nb,x,2\n", "control characters"),
    ])
    func whatIsNoManifestIsRefusedInOneLine(text: String, reason: String) throws {
        let message = try #require(refusal { _ = try read(text) })
        #expect(message.contains(reason) && message.contains("m.csv") && !message.contains("\n"), "\(message)")
        #expect(refusal { _ = try read("path,label,fold\na,x,1\nb,x,2\n", isESC10: true) }?.contains("--esc10") == true)
        #expect(
            refusal { _ = try FoldManifest.read("/none.csv", isESC10: false, seed: 1) }?.contains("no such file")
                == true)
    }

    private func dcase(_ names: [String], lists: [String: String] = [:], seed: UInt64 = 1) throws -> FoldManifest {
        try withTemporaryFolder { folder in
            for part in ["scenes_stereo", "evaluation_setup"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
            }
            for name in names { try Data().write(to: URL(fileURLWithPath: "\(folder)/scenes_stereo/\(name)")) }
            for (name, text) in lists { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
            return try FoldManifest.read(BytePath(folder), isESC10: false, seed: seed)
        }
    }

    private static let scenes: [String] = ["bus", "tubestation"].flatMap { (scene: String) -> [String] in
        (1...10).map { String(format: "%@%02d.wav", scene, $0) }
    }

    @Test func dcaseScenesHaveTheirClassInTheirNameAndFoldsAreDrawnByTheSeedAndSaidToBe() throws {
        let manifest = try dcase(Self.scenes + [".hidden", "notes.txt"])
        #expect(manifest.layout == .dcase && manifest.rows.count == 20)
        #expect(Set(manifest.rows.map(\.label)) == ["bus", "tubestation"])
        #expect(manifest.rows.first?.path == "scenes_stereo/bus01.wav")
        for members in Dictionary(grouping: manifest.rows, by: { $0.label + $0.fold }).values {
            #expect(members.count == 2)
        }
        #expect(manifest.foldNote?.contains("drawn by seed 1") == true)
        #expect(try dcase(Self.scenes).rows.map(\.fold) == manifest.rows.map(\.fold))
        #expect(try dcase(Self.scenes, seed: 2).rows.map(\.fold) != manifest.rows.map(\.fold))
    }

    @Test func dcaseOfficialFoldsAreTakenWhereTheyAreThere() throws {
        func list(_ part: Int) -> String {
            Self.scenes.enumerated().filter { $0.offset % 2 == part }.map { "scenes_stereo/\($0.element)\tbus" }
                .joined(separator: "\r\n")
        }
        let lists = ["fold1_evaluate.txt": list(0), "fold2_evaluate.txt": list(1), "fold1_train.txt": list(1)]
        let manifest = try dcase(
            Self.scenes, lists: Dictionary(uniqueKeysWithValues: lists.map { ("evaluation_setup/" + $0, $1) }))
        #expect(manifest.foldNote == nil && manifest.rows.map(\.fold).prefix(3) == ["1", "2", "1"])
        let twice = ["fold1_test.txt": list(0), "fold2_test.txt": list(0)]
        #expect(refusal { _ = try dcase(Self.scenes, lists: twice) }?.contains("bus01.wav is in two folds") == true)
        #expect(
            refusal { _ = try dcase(Self.scenes, lists: ["fold1_test.txt": list(0)]) }?.contains("not bus02.wav")
                == true)
    }

    /// Empty files in a folder.
    private func withFiles(_ names: [String], _ body: (BytePath) throws -> Void) throws {
        try withTemporaryFolder { folder in
            for name in names {
                let path = "\(folder)/\(name)"
                try FileManager.default.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try Data().write(to: URL(fileURLWithPath: path))
            }
            try body(BytePath(folder))
        }
    }

    @Test func esc10IsRecognisedByItsFoldersAndASoundOfAnotherNameIsRefused() throws {
        let names = ["001 - Dog bark/1-7-A.ogg", "001 - Dog bark/1-7-B.OGG", "002 - Söa/2-9-A.ogg", "README.md"]
        try withFiles(names + ["001 - Dog bark/Thumbs.db", "notes/x.ogg"]) { folder in
            let manifest = try #require(try FoldManifest.recognised(folder, seed: 1))
            #expect(manifest.layout == .esc10 && manifest.rows.map(\.label) == ["Dog bark", "Dog bark", "Söa"])
            #expect(manifest.rows.map(\.path) == Array(names.prefix(3)))
            #expect(manifest.rows.map(\.fold) == ["1", "1", "2"] && manifest.rows.map(\.recording) == ["7", "7", "9"])
            #expect(manifest.rows.allSatisfy { FileManager.default.fileExists(atPath: $0.file.escaped) })
        }
        try withFiles(names + ["002 - Söa/dog.wav"]) { folder in
            #expect(
                refusal { _ = try FoldManifest.recognised(folder, seed: 1) }?.contains("002 - Söa/dog.wav") == true)
        }
        // The same recording in two folds.
        try withFiles(names + ["002 - Söa/2-7-C.ogg"]) { folder in
            #expect(refusal { _ = try FoldManifest.recognised(folder, seed: 1) }?.contains("recording 7") == true)
        }
    }

    @Test func foldersAndTablesOfOtherThingsAreNotRecognised() throws {
        try withFiles(["dog.wav", "sub/bus01.wav", "t.csv"]) { folder in
            let places = [folder] + ["dog.wav", "t.csv", "none"].map { folder.appending($0.utf8) }
            for place in places {
                let manifest = try FoldManifest.recognised(place, seed: 1)
                #expect(manifest == nil, "\(place)")
            }
        }
        try withFiles(["bus01.wav", "bus02.wav", "busystreet10.WAV", "notes.txt"]) { folder in
            let manifest = try FoldManifest.recognised(folder, seed: 1)
            #expect(manifest?.layout == .dcase)
        }
    }

    @Test func esc50sFilesLieBesideItsTable() throws {
        try withFiles(["audio/1-7-A-0.wav", "meta/esc50.csv"]) { folder in
            let text = Self.header + "\n1-7-A-0.wav,1,0,dog,True,7,A\n2-8-A-0.wav,2,0,dog,True,8,A\n"
            try text.write(toFile: "\(folder)/meta/esc50.csv", atomically: false, encoding: .utf8)
            for place in [folder, folder.appending("meta/esc50.csv".utf8)] {
                let manifest = try #require(try FoldManifest.recognised(place, seed: 1))
                #expect(manifest.layout == .esc50 && manifest.layout.publishedClips == 10)
                #expect(manifest.rows.map { FileManager.default.fileExists(atPath: $0.file.escaped) } == [true, false])
            }
        }
    }

    @Test func foldersOfOtherThingsAreRefused() throws {
        #expect(refusal { _ = try dcase([]) }?.contains("neither meta/esc50.csv nor") == true)
        #expect(
            refusal { _ = try dcase(["bus01.wav", "01.wav"]) }?.contains("01.wav is not named by its class") == true)
        #expect(refusal { _ = try dcase(["bus.wav"]) }?.contains("bus.wav is not named") == true)
    }
}
