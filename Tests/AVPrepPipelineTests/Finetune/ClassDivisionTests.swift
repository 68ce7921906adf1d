import AVPrepModel
import AVPrepTraining
import Testing

@testable import AVPrepPipeline

/// Which videos are learnt from and measured, and what is said of the others.
struct ClassDivisionTests {
    private func video(
        _ id: String, _ source: String, split: Split = .train, group: String? = nil, frames: Int = 30,
        labels: [Int] = []
    ) -> ShardVideo {
        ShardVideo(id: id, source: source, split: split, group: group ?? id, longestFrames: frames, labels: labels)
    }

    private func split(training: [(String, Int)], test: [(String, Int)]) -> OfficialSplit {
        OfficialSplit(
            number: 1, classes: ["A", "B"], training: training.map { .init(path: $0.0, label: $0.1) },
            test: test.map { .init(path: $0.0, label: $0.1) })
    }

    @Test func listedVideosAreFoundByTheEndsOfTheirPathsAndEachCountAddsUp() {
        let known = [
            video("1", "/data/UCF-101/A/x.avi"), video("2", "/data/UCF-101/B/x.avi", split: .val),
            video("3", "flat-z.avi"), video("4", "elsewhere/y.avi"), video("5", "short/s.avi", frames: 7),
            video("6", "one/m.avi"), video("7", "two/m.avi"),
        ]
        let division = ClassDivision(
            split(
                training: [
                    ("A/x.avi", 0), ("A/y.avi", 0), ("A/gone.avi", 0), ("A/m.avi", 0), ("B/x.avi", 1), ("A/s.avi", 0),
                    ("A/x.avi", 0),
                ], test: [("B/x.avi", 1), ("B/flat-z.avi", 1)]), among: known, frames: 8)
        // The path decides between two of a name; where none has the path, the only one of the name is taken.
        #expect(division.test.videos == ["2": 1, "3": 1])
        #expect(division.training.videos == ["1": 0, "4": 0])
        #expect(
            division.leftOut == [
                .training: [.notInShards: 1, .severalNamed: 1, .inTestToo: 1, .shorterThanAClip: 1, .repeated: 1]
            ])
        let left = division.leftOut.values.flatMap(\.values).reduce(0, +)
        #expect(division.listed == (7, 2))
        #expect(division.training.videos.count + division.test.videos.count + left == 9)
    }

    @Test func copiesUnderSeveralNamesAreOneVideo() {
        let known = [video("1", "a/x.avi"), video("1", "b/x.avi")]
        let division = ClassDivision(split(training: [("A/x.avi", 0)], test: []), among: known, frames: 8)
        #expect(division.training.videos == ["1": 0] && division.leftOut.isEmpty)
    }

    @Test func nearDuplicatesAcrossTheDivisionAreCounted() {
        let known = [video("1", "x.avi", group: "g"), video("2", "y.avi", group: "g"), video("3", "z.avi")]
        let division = ClassDivision(
            split(training: [("A/x.avi", 0), ("A/z.avi", 0)], test: [("A/y.avi", 0)]), among: known, frames: 8)
        #expect(division.leaks == 1 && division.training.videos.count == 2)
    }

    @Test func theShardsOwnLabelsAndSplitsCanBeTaken() {
        let known = [
            video("1", "a", labels: [1]), video("2", "b", split: .test, labels: [0]),
            video("3", "c", split: .val, labels: [0]),
            video("4", "d"), video("5", "e", labels: [0, 1]), video("6", "f", split: .test, frames: 3, labels: [1]),
        ]
        let division = ClassDivision(labelled: known, classes: ["A", "B"], frames: 8)
        #expect(division.training.videos == ["1": 1] && division.test.videos == ["2": 0] && division.number == nil)
        #expect(division.leftOut == [.training: [.unlabelled: 1, .severalLabels: 1], .test: [.shorterThanAClip: 1]])
        #expect(division.listed == (3, 2))
    }

    @Test func asManyVideosOfEachClassAreDrawnBySeedAlone() {
        let known = (0..<40).map { video("\($0)", "v\($0).avi", labels: [$0 % 2]) }
        var few = ClassDivision(labelled: known, classes: ["A", "B"], frames: 8)
        var again = few
        var other = few
        few.keep(perClass: 5, seed: 1)
        again.keep(perClass: 5, seed: 1)
        other.keep(perClass: 5, seed: 2)
        #expect(few.training.videos.values.filter { $0 == 0 }.count == 5 && few.training.videos.count == 10)
        #expect(few == again && few.training.videos != other.training.videos)
        // Of a class with fewer all stay.
        few.keep(perClass: 100, seed: 1)
        #expect(few.training.videos.count == 10)
    }
}
