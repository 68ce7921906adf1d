import AVPrepCore
import AVPrepModel
package import AVPrepTraining
import AVPrepWorkspace
import Foundation

/// What came of a fine-tuning, division by division.
package struct FinetuneReport: Sendable, Codable {
    package struct Split: Sendable, Codable {
        /// Of the official divisions; nil for that of the shards.
        package let number: Int?
        package let folder: String
        package let steps: Int
        package let trainingVideos: Int
        package let testVideos: Int
        package let testClips: Int
        /// Videos whose class is the likeliest.
        package let correct: Int
        package let accuracy: Double
        /// Wilson's interval of 95 %, of videos.
        package let interval: [Double]
        /// The class is among the five likeliest; nil for no more than five classes.
        package let topFive: Double?
        /// Clips by themselves.
        package let clipAccuracy: Double
        /// Videos that were listed for the test; those that were left out count as wrong in `accuracyOfListed`.
        package let listedTestVideos: Int
        package let accuracyOfListed: Double
        /// By side and reason.
        package let leftOut: [String: [String: Int]]
        /// Training videos that are near-duplicates of a test video, or of its source.
        package let leaks: Int
        package let classes: [String]
        /// Rows: what videos are; columns: what they are taken for.
        package let confusion: [[Int]]

        private enum CodingKeys: String, CodingKey {
            case number, folder, steps, correct, accuracy, interval, leaks, classes, confusion
            case trainingVideos = "training_videos"
            case testVideos = "test_videos"
            case testClips = "test_clips"
            case topFive = "top_5"
            case clipAccuracy = "clip_accuracy"
            case listedTestVideos = "listed_test_videos"
            case accuracyOfListed = "accuracy_of_listed"
            case leftOut = "left_out"
        }

        init(_ division: ClassDivision, _ scores: ClassScores, folder: String, steps: Int) {
            number = division.number
            self.folder = folder
            self.steps = steps
            trainingVideos = division.training.videos.count
            testVideos = scores.videos.count
            testClips = scores.videos.values.reduce(0) { $0 + $1.clips }
            correct = scores.correct()
            let right = Proportion(successes: correct, trials: testVideos)
            accuracy = right.value
            interval = [right.interval.lowerBound, right.interval.upperBound]
            topFive = scores.classes.count > 5 ? Double(scores.correct(within: 5)) / Double(testVideos) : nil
            clipAccuracy = Double(scores.videos.values.reduce(0) { $0 + $1.rightClips }) / Double(testClips)
            listedTestVideos = division.listed.test
            accuracyOfListed = Double(correct) / Double(max(division.listed.test, testVideos))
            leftOut = division.leftOut.reduce(into: [:]) { result, side in
                result[side.key.rawValue] = Dictionary(
                    uniqueKeysWithValues: side.value.map { ($0.key.rawValue, $0.value) })
            }
            leaks = division.leaks
            classes = scores.classes
            confusion = scores.confusion
        }
    }

    package let folder: String
    package let source: FinetuneSettings.Source
    package let recipe: TrainSettings.RecipeName
    /// What the network began with, in words.
    package let origin: String
    package let learns: LearntLayers
    package let epochs: Int
    package let videosPerClass: Int
    package let testClips: Int
    package let clipSeconds: Double
    package let splits: [Split]
    /// The confusion matrix of each.
    package let pictures: [String]
    package let overrides: [String]

    private enum CodingKeys: String, CodingKey {
        case folder, source, recipe, origin, learns, epochs, splits, pictures, overrides
        case videosPerClass = "videos_per_class"
        case testClips = "test_clips"
        case clipSeconds = "clip_seconds"
    }

    /// The mean over the divisions.
    package var accuracy: Double { splits.reduce(0) { $0 + $1.accuracy } / Double(max(1, splits.count)) }

    package var text: String {
        var rows = [["split", "training", "test", "accuracy", "95 % interval", "top 5", "clips alone"]]
        for split in splits {
            rows.append([
                split.number.map(String.init) ?? "shards", String(split.trainingVideos), String(split.testVideos),
                split.accuracy.percent, split.interval.map(\.percent).joined(separator: " to "),
                split.topFive?.percent ?? "–", split.clipAccuracy.percent,
            ])
        }
        if splits.count > 1 { rows.append(["mean", "", "", accuracy.percent, "", "", ""]) }
        let chance = 1 / Double(max(1, splits.first?.classes.count ?? 1))
        let few = videosPerClass > 0 ? ", \(videosPerClass) training videos a class" : ""
        return TextTable.text(rows)
            + "\n\(recipe.rawValue) from \(origin); learns: \(learns.rawValue), \(epochs) epochs\(few); "
            + "\(testClips) clips of \(clipSeconds.shortText) s a test video; one class by chance: \(chance.percent)"
            + splits.flatMap(notes).map { "\n" + $0 }.joined()
    }

    private func notes(of split: Split) -> [String] {
        let name = split.number.map { "split \($0)" } ?? "shards"
        var notes: [String] = []
        for side in ClassDivision.Side.allCases {
            guard let reasons = split.leftOut[side.rawValue], !reasons.isEmpty else { continue }
            let text = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            let all = side == .test ? "; as wrong ones they would make \(split.accuracyOfListed.percent)" : ""
            notes.append("\(name): left out of \(side.rawValue): \(text.joined(separator: ", "))\(all)")
        }
        if split.leaks > 0 {
            notes.append(
                "\(name): \(split.leaks) training videos are near-duplicates of test videos, or come from one source")
        }
        return notes
    }
}
