import AVPrepCore
import AVPrepTraining
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline

/// UCF101's and HMDB51's list files, as they are published.
struct SplitFilesTests {
    private func write(_ files: [String: String], _ folder: String) throws {
        for (name, text) in files {
            let path = "\(folder)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
    }

    private static let ucf101 = [
        "classInd.txt": "1 ApplyEyeMakeup\n2 HandstandPushups\n",
        // Windows line ends, as the archive has them.
        "trainlist01.txt":
            "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\nHandstandPushups/v_HandStandPushups_g08_c01.avi 2\r\n",
        "testlist01.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\r\n\r\n",
    ]

    @Test func ucf101IsReadWithItsWindowsLineEnds() throws {
        for folder in ["", "ucfTrainTestlist/"] {
            try withTemporaryFolder { root in
                try write(Dictionary(uniqueKeysWithValues: Self.ucf101.map { (folder + $0.key, $0.value) }), root)
                let split = try SplitFiles.read(.ucf101, in: root, split: 1)
                #expect(split.classes == ["ApplyEyeMakeup", "HandstandPushups"])
                #expect(split.training.map(\.label) == [0, 1])
                #expect(split.training[1].path == "HandstandPushups/v_HandStandPushups_g08_c01.avi")
                #expect(split.test == [.init(path: "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi", label: 0)])
            }
        }
    }

    @Test(arguments: [
        ("classInd.txt", "1 A\n1 B\n", "line 2"), ("classInd.txt", "1 A\n3 B\n", "not numbered from 1"),
        ("classInd.txt", "A 1\n", "line 1"), ("trainlist01.txt", "ApplyEyeMakeup/x.avi 2\n", "line 1"),
        ("trainlist01.txt", "Nowhere/x.avi 1\n", "Nowhere/x.avi"), ("testlist01.txt", "x.avi\n", "line 1"),
        ("testlist01.txt", "ApplyEyeMakeup/x y.avi\n", "line 1"),
    ])
    func whatIsNoListIsNamedWithItsLine(_ name: String, _ text: String, _ said: String) throws {
        try withTemporaryFolder { folder in
            try write(Self.ucf101.merging([name: text]) { $1 }, folder)
            let failure = #expect(throws: Failure.self) { try SplitFiles.read(.ucf101, in: folder, split: 1) }
            #expect(failure?.exitStatus == .badInput)
            let message = failure?.description ?? ""
            #expect(message.contains(folder + "/" + name) && message.contains(said), "\(message)")
        }
    }

    @Test func missingListsAreSaidWithTheSetting() throws {
        try withTemporaryFolder { folder in
            for source in [FinetuneSettings.Source.ucf101, .hmdb51] {
                let failure = #expect(throws: Failure.self) { try SplitFiles.read(source, in: folder, split: 1) }
                #expect(failure?.description.contains("finetune.lists") == true)
            }
            try write(Self.ucf101, folder)
            let failure = #expect(throws: Failure.self) { try SplitFiles.read(.ucf101, in: folder, split: 2) }
            #expect(failure?.description.contains("trainlist02.txt") == true)
        }
    }

    @Test func hmdb51HasAFileAClassAndVideosOfNeitherSide() throws {
        try withTemporaryFolder { folder in
            try write(
                [
                    "brush_hair_test_split1.txt": "a_brush_hair_u_nm_np1_ba_goo_0.avi 0 \nb.avi 1 \nc.avi 2 \n",
                    "cartwheel_test_split1.txt": "d#e.avi 2\n", "cartwheel_test_split2.txt": "d#e.avi 1\n",
                ], folder)
            let split = try SplitFiles.read(.hmdb51, in: folder, split: 1)
            #expect(split.classes == ["brush_hair", "cartwheel"])
            #expect(split.training == [.init(path: "brush_hair/b.avi", label: 0)])
            #expect(
                split.test == [.init(path: "brush_hair/c.avi", label: 0), .init(path: "cartwheel/d#e.avi", label: 1)])
            try write(["cartwheel_test_split1.txt": "d.avi 3\n"], folder)
            let failure = #expect(throws: Failure.self) { try SplitFiles.read(.hmdb51, in: folder, split: 1) }
            #expect(failure?.description.contains("cartwheel_test_split1.txt, line 1") == true)
        }
    }
}
