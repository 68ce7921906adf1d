import AVPrepCore
import AVPrepStore
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepClassify

@Suite struct ClassifyStageTests {
    @Test func whatCanBeToldApartIsToldWithoutFault() throws {
        try withTemporaryFolder { folder in
            let report = try PlantedFeatures(distance: 8).classify(folder)
            #expect(report.features.accuracy == 1 && report.features.folds.allSatisfy { $0.accuracy == 1 })
            #expect(report.features.folds.map(\.fold) == ["1", "2", "3", "4", "5"])
            #expect(report.features.interval == [1, 1] && report.features.folds[0].interval[0] < 1)
            #expect(report.features.confusion == (0..<4).map { row in (0..<4).map { $0 == row ? 20 : 0 } })
            #expect(report.recordings == 80 && report.features.clips == 240 && report.chance == 0.25)
            #expect(report.text.contains("the random-network control is missing"))
            for file in report.files { #expect(FileManager.default.fileExists(atPath: file), "\(file)") }
            let predictions = try String(contentsOfFile: "\(folder)/out/predictions.csv", encoding: .utf8)
            #expect(predictions.split(separator: "\n").count == 81)
        }
    }

    @Test func labelsAtRandomGiveChanceAndACommonMeanOfClipsDecides() throws {
        try withTemporaryFolder { folder in
            var planted = PlantedFeatures(perClass: 50, clips: 2, distance: 0)
            let report = try planted.classify(folder)
            #expect((0.17...0.33).contains(report.features.accuracy), "\(report.features.accuracy)")
            // Clips that say little alone say enough together.
            planted = PlantedFeatures(perClass: 20, clips: 1, distance: 0.5)
            let alone = try planted.classify(folder).features.accuracy
            planted = PlantedFeatures(perClass: 20, clips: 20, distance: 0.5)
            #expect(try planted.classify(folder).features.accuracy > alone + 0.1)
        }
    }

    @Test func theSameCallGivesTheSameBytes() throws {
        try withTemporaryFolder { folder in
            let planted = PlantedFeatures(distance: 1)
            func bytes() throws -> [Data] {
                try planted.classify(folder).files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
            }
            let first = try bytes()
            #expect(try bytes() == first)
        }
    }

    /// What an earlier call has found is not found again: the state of another one is not taken.
    @Test func whatWasStoppedGoesOnFromItsState() throws {
        try withTemporaryFolder { folder in
            let planted = PlantedFeatures(distance: 1)
            let whole = try planted.classify(folder)
            let bytes = try whole.files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
            let state = "\(folder)/out/classify-state.json"
            #expect(!FileManager.default.fileExists(atPath: state))
            for stop in [1, 7, 23] {
                let cancellation = Cancellation()
                // Each check is a step of a machine.
                #expect(throws: CancellationError.self) {
                    try planted.write("\(folder)/f.h5")
                    var request = ClassifyRequest(features: "\(folder)/f.h5", manifest: BytePath("\(folder)/folds.csv"))
                    (request.folder, request.costs) = ("\(folder)/out", [0.001, 0.1])
                    _ = try ClassifyStage.run(
                        request, StageContext(cancellation: cancellation),
                        parts: { done in
                            if done == stop { cancellation.cancel(.terminated) }
                        })
                }
                #expect(FileManager.default.fileExists(atPath: state))
                if stop == 7 { try Data("{\"key\":".utf8).write(to: URL(fileURLWithPath: state)) }
            }
            #expect(try planted.classify(folder).files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) } == bytes)
            #expect(!FileManager.default.fileExists(atPath: state))
        }
    }

    @Test func aRandomNetworkHasItsColumnOnTheSameRecordings() throws {
        try withTemporaryFolder { folder in
            var random = PlantedFeatures(distance: 0)
            random.recordings.removeLast()
            try random.write("\(folder)/r.h5")
            let report = try PlantedFeatures(distance: 8).classify(folder) { $0.control = "\(folder)/r.h5" }
            let control = try #require(report.control)
            #expect(
                report.recordings == 79
                    && control.folds.map(\.testRecordings) == report.features.folds.map(\.testRecordings))
            #expect(control.accuracy < 0.5 && report.features.accuracy == 1)
            #expect(report.leftOut == ["not in the random network's features": 1])
            let difference = try #require(report.difference)
            #expect(abs(difference.mean - 1 + control.accuracy) < 1e-12 && (difference.interval?[0] ?? 0) > 0.4)
            #expect(report.text.contains("random network") && !report.text.contains("control is missing"))
            #expect(report.files.last == "\(folder)/out/confusion-control.png")
        }
    }

    @Test func whatOneSideLacksIsCountedByReason() throws {
        try withTemporaryFolder { folder in
            var planted = PlantedFeatures(distance: 8)
            planted.recordings[0].clips = []
            try planted.write("\(folder)/part.h5")
            planted.recordings.remove(at: 3)
            planted.recordings.append(.init(path: "new, \"odd\".wav", label: "class 1", fold: "2", clips: []))
            let report = try planted.classify(folder) { $0.features = "\(folder)/part.h5" }
            #expect(
                report.leftOut == [
                    "without a clip in the features": 1, "not in the features": 1,
                    "in the features, not in the manifest": 1,
                ])
            #expect(report.recordings == 78 && report.text.contains("left out: 1 "))
        }
    }

    @Test func filesOfOneNameAreToldApartByTheirFolders() throws {
        try withTemporaryFolder { folder in
            var planted = PlantedFeatures(distance: 8)
            for place in planted.recordings.indices { planted.recordings[place].path = "/data/\(place)/x.wav" }
            try planted.write("\(folder)/long.h5")
            for place in planted.recordings.indices { planted.recordings[place].path = "\(place)/x.wav" }
            planted.recordings[5].path = "other/x.wav"
            let report = try planted.classify(folder) { $0.features = "\(folder)/long.h5" }
            #expect(report.recordings == 79 && report.features.accuracy == 1)
            #expect(report.leftOut["its name is that of several in the features"] == 1)
        }
    }

    @Test func aClassThatIsInOneFoldAloneIsWrongAndSaid() throws {
        try withTemporaryFolder { folder in
            var planted = PlantedFeatures(distance: 8)
            for place in planted.recordings.indices where planted.recordings[place].fold == "3" && place % 4 == 0 {
                planted.recordings[place].label = "rare, \"loud\""
            }
            // And one that a fold does not test.
            planted.recordings.removeAll { $0.fold == "2" && $0.label == "class 1" }
            let report = try planted.classify(folder)
            #expect(report.classes.last == "rare, \"loud\"" && report.features.folds[2].accuracy == 0.75)
            #expect(report.features.folds[1].accuracy == 1 && report.features.folds[1].testRecordings == 12)
            #expect(report.notes.contains { $0.contains("fold 3 has classes that no other fold has") })
        }
    }

    @Test func oneClipARecordingAndTwoFoldsAreEnough() throws {
        try withTemporaryFolder { folder in
            let report = try PlantedFeatures(folds: 2, clips: 1, distance: 8).classify(folder)
            #expect(report.features.accuracy == 1 && report.features.folds.count == 2)
            #expect(report.features.folds.allSatisfy { $0.cAccuracy == 1 && $0.c == 0.001 })
        }
    }

    @Test func whatIsNoNumberIsRefusedWithItsPlaceAndNothingIsWritten() throws {
        for value in [Float.nan, .infinity, -.infinity] {
            try withTemporaryFolder { folder in
                var planted = PlantedFeatures(distance: 8)
                planted.recordings[7].clips[1][3] = value
                let message = try #require(refusal { _ = try planted.classify(folder) })
                #expect(message.contains("audio/7.wav at 1 s") && !message.contains("\n"))
                #expect(!FileManager.default.fileExists(atPath: "\(folder)/out"))
            }
        }
    }

    @Test func largeAndConstantFeaturesAreScaled() throws {
        try withTemporaryFolder { folder in
            var planted = PlantedFeatures(distance: 8)
            for place in planted.recordings.indices {
                for clip in planted.recordings[place].clips.indices {
                    planted.recordings[place].clips[clip][0] = 0.1
                    planted.recordings[place].clips[clip][1] *= 1e30
                    planted.recordings[place].clips[clip][2] *= 1e-30
                }
            }
            let report = try planted.classify(folder)
            #expect(report.features.accuracy == 1)
        }
    }

    /// Scale, penalty and weights are made without the fold that is tested.
    @Test func whatIsTestedTeachesNothing() throws {
        try withTemporaryFolder { folder in
            func others(_ planted: PlantedFeatures) throws -> ([Substring], [Double]) {
                let report = try planted.classify(folder) { $0.costs = [1e-4, 1e-2, 1] }
                let lines = try String(contentsOfFile: "\(folder)/out/predictions.csv", encoding: .utf8).split(
                    separator: "\n")
                return (
                    lines.filter { $0.contains(",1,") && !$0.hasPrefix("audio/0.wav") }, [report.features.folds[0].c]
                )
            }
            var planted = PlantedFeatures(distance: 1)
            let before = try others(planted)
            for clip in planted.recordings[0].clips.indices {
                planted.recordings[0].clips[clip] = .init(repeating: 1e9, count: 12)
            }
            let after = try others(planted)
            #expect(before.0 == after.0 && before.1 == after.1 && before.0.count == 15)
        }
    }

    @Test func oneSoundUnderTwoNamesInTwoFoldsIsSaid() throws {
        try withTemporaryFolder { folder in
            var planted = PlantedFeatures(distance: 8)
            planted.recordings[4].clips = planted.recordings[0].clips
            // Silence is silence everywhere.
            planted.recordings[8].clips = [[Float](repeating: 0, count: 12)]
            planted.recordings[12].clips = planted.recordings[8].clips
            let report = try planted.classify(folder)
            #expect(
                report.notes.contains {
                    $0.contains("1 recordings have the very features") && $0.contains("audio/4.wav")
                })
        }
    }

    @Test func whatHasNothingInCommonIsRefused() throws {
        try withTemporaryFolder { folder in
            var planted = PlantedFeatures(distance: 8)
            try planted.write("\(folder)/x.h5")
            for place in planted.recordings.indices { planted.recordings[place].path += ".flac" }
            let message = refusal { _ = try planted.classify(folder) { $0.features = "\(folder)/x.h5" } }
            #expect(message?.contains("none of the recordings") == true && message?.contains("audio/0.wav") == true)
            #expect(
                refusal { _ = try planted.classify(folder) { $0.features = "\(folder)/none.h5" } }?.contains("none.h5")
                    == true)
            for place in planted.recordings.indices { planted.recordings[place].label = "one" }
            #expect(refusal { _ = try planted.classify(folder) }?.contains("one class") == true)
        }
    }

    @Test func partsKeepRecordingsTogether() throws {
        let matrix = ClipMatrix([Float](repeating: 1, count: 40), dimensions: 1)
        let recordings = (0..<40).map { number in
            FoldProtocol.Recording(
                label: number % 2, fold: "train", group: "g\(number / 4 * 2 + number % 2)", rows: number..<number + 1)
        }
        let method = FoldProtocol(
            matrix: matrix, recordings: recordings, classes: 2,
            request: ClassifyRequest(features: "", manifest: nil),
            memory: try ClassifyMemory(folder: NSTemporaryDirectory(), key: "parts"), side: "", check: {})
        let parts = method.parts(of: Array(0..<40))
        #expect(parts.count == 5 && parts.flatMap(\.self).sorted() == Array(0..<40))
        for part in parts {
            #expect(part.count { recordings[$0].label == 0 } == 4 && part.count == 8)
            let own = Set(part.map { recordings[$0].group })
            #expect(recordings.count { own.contains($0.group) } == part.count)
        }
    }

    @Test func aStopIsHeardAndLeavesNothing() throws {
        try withTemporaryFolder { folder in
            let planted = PlantedFeatures(distance: 1)
            try planted.write("\(folder)/f.h5")
            try planted.writeManifest("\(folder)/m.csv")
            var request = ClassifyRequest(features: "\(folder)/f.h5", manifest: "\(folder)/m.csv")
            request.folder = "\(folder)/out"
            let cancellation = Cancellation()
            cancellation.cancel(.terminated)
            #expect(throws: CancellationError.self) {
                _ = try ClassifyStage.run(request, StageContext(cancellation: cancellation))
            }
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/out"))
        }
    }
}
