import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
package import AVPrepTraining
import Foundation

/// Which videos of the shards a classifier learns from, which it is measured on, and what was left out.
package struct ClassDivision: Sendable, Equatable {
    /// Of the official divisions, its number; nil for that of the shards.
    package let number: Int?
    package var training: ClassVideos
    package var test: ClassVideos
    /// Videos that were listed, or have a label.
    package var listed: (training: Int, test: Int)
    /// Videos that were left out of training and of the test, by reason.
    package var leftOut: [Side: [Reason: Int]] = [:]
    /// Training videos that are near-duplicates of a test video, or come from its source.
    package var leaks = 0

    package enum Side: String, Sendable, Codable, CaseIterable { case training, test }

    package enum Reason: String, Sendable, Codable, CaseIterable {
        case notInShards = "not in the shards"
        case shorterThanAClip = "shorter than a clip"
        case severalNamed = "several videos have its name"
        case repeated = "the same video as another"
        case inTestToo = "a test video, too"
        case unlabelled = "without a label"
        case severalLabels = "with several labels"
    }

    package static func == (left: ClassDivision, right: ClassDivision) -> Bool {
        left.number == right.number && left.training == right.training && left.test == right.test
            && left.listed == right.listed && left.leftOut == right.leftOut && left.leaks == right.leaks
    }

    private mutating func leaveOut(_ side: Side, _ reason: Reason) {
        leftOut[side, default: [:]][reason, default: 0] += 1
    }

    // MARK: - By lists

    /// Finds the listed videos among the shards', by the ends of their paths, else by their names alone.
    init(_ split: OfficialSplit, among known: [ShardVideo], frames: Int) {
        number = split.number
        training = ClassVideos(classes: split.classes, videos: [:])
        test = training
        listed = (split.training.count, split.test.count)
        var byName: [String: [ShardVideo]] = [:]
        for video in known { byName[(video.source as NSString).lastPathComponent, default: []].append(video) }
        func found(_ entry: OfficialSplit.Entry) -> Result<ShardVideo, Missing> {
            let named = byName[(entry.path as NSString).lastPathComponent] ?? []
            let exact = named.filter { $0.source == entry.path || $0.source.hasSuffix("/" + entry.path) }
            let candidates = exact.isEmpty ? named : exact
            guard let first = candidates.first else { return .failure(Missing(reason: .notInShards)) }
            guard candidates.allSatisfy({ $0.id == first.id }) else { return .failure(Missing(reason: .severalNamed)) }
            return first.longestFrames < frames ? .failure(Missing(reason: .shorterThanAClip)) : .success(first)
        }
        func take(_ entries: [OfficialSplit.Entry], _ side: Side) -> [String: Int] {
            var videos: [String: Int] = [:]
            for entry in entries {
                switch found(entry) {
                case .failure(let missing): leaveOut(side, missing.reason)
                case .success(let video):
                    if side == .training, test.videos[video.id] != nil {
                        leaveOut(side, .inTestToo)
                    } else if videos[video.id] != nil {
                        leaveOut(side, .repeated)
                    } else {
                        videos[video.id] = entry.label
                    }
                }
            }
            return videos
        }
        test.videos = take(split.test, .test)
        training.videos = take(split.training, .training)
        countLeaks(among: known)
    }

    private struct Missing: Error { let reason: Reason }

    // MARK: - By the shards' labels

    /// Takes the labels and splits of the shards: those of train and of test.
    init(labelled known: [ShardVideo], classes: [String], frames: Int) {
        number = nil
        training = ClassVideos(classes: classes, videos: [:])
        test = training
        listed = (0, 0)
        for video in known where video.split != .val {
            let side: Side = video.split == .train ? .training : .test
            if side == .training { listed.training += 1 } else { listed.test += 1 }
            guard let label = video.labels.first else {
                leaveOut(side, .unlabelled)
                continue
            }
            if video.labels.count > 1 {
                leaveOut(side, .severalLabels)
            } else if video.longestFrames < frames {
                leaveOut(side, .shorterThanAClip)
            } else if side == .training {
                training.videos[video.id] = label
            } else {
                test.videos[video.id] = label
            }
        }
        countLeaks(among: known)
    }

    // MARK: - Fewer videos

    /// Keeps so many training videos of each class, drawn by the seed.
    mutating func keep(perClass count: Int, seed: Int) {
        var kept: [String: Int] = [:]
        for label in training.classes.indices {
            let own = training.videos.filter { $0.value == label }.map(\.key).sorted()
            var random = SeededRandom(seed: UInt64(seed), for: "finetune/\(label)")
            for id in random.shuffled(own).prefix(count) { kept[id] = label }
        }
        training.videos = kept
    }

    private mutating func countLeaks(among known: [ShardVideo]) {
        let groups = Set(known.filter { test.videos[$0.id] != nil }.map(\.group))
        leaks = known.filter { training.videos[$0.id] != nil && groups.contains($0.group) }.count
    }
}

/// A video of the shards.
struct ShardVideo: Sendable, Equatable {
    let id: String
    let source: String
    let split: Split
    /// The group of near-duplicates and videos of one source.
    let group: String
    var longestFrames: Int
    /// Numbers of the shards' vocabulary, of all its segments.
    var labels: [Int]

    /// Every video that has not vanished, in the order of the shards.
    static func all(of shards: ShardSet) throws -> [ShardVideo] {
        let vanished = Set(shards.index.vanishedVideos)
        var videos: [ShardVideo] = []
        var places: [String: Int] = [:]
        for entry in shards.index.shards {
            let labels = try shards.labels(of: entry)
            for (row, stored) in try shards.reader(of: entry).segments.enumerated() {
                let id = stored.segment.videoID
                guard !vanished.contains(id) else { continue }
                let own = labels.indices[Int(labels.offsets[row])..<Int(labels.offsets[row + 1])].map { Int($0) }
                if let place = places[id] {
                    videos[place].longestFrames = max(videos[place].longestFrames, stored.frames.count)
                    videos[place].labels = Set(videos[place].labels + own).sorted()
                } else {
                    places[id] = videos.count
                    videos.append(
                        ShardVideo(
                            id: id, source: stored.segment.source, split: entry.split, group: stored.groupID,
                            longestFrames: stored.frames.count, labels: own))
                }
            }
        }
        return videos
    }
}
