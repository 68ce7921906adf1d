import AVPrepCore

@testable import AVPrepAudit

/// Rows whose label is known to be told, or not to be told, by their features.
struct PlantedExamples {
    /// What a label follows from.
    enum Cue {
        /// Nothing: a coin for each row.
        case none
        /// Nothing: a coin for each video, the same for all its rows.
        case noneByVideo
        /// The first feature is higher, by so many deviations.
        case level(Double)
        /// The first feature strays further.
        case spread(Double)
        /// The signs of the first two features agree, in this share of the rows.
        case agreement(Double)
    }

    var videos = 60
    var rowsPerVideo = 6
    var features = 6
    /// Share of a feature's variance that all rows of a video have in common.
    var likeness = 0.6
    var cue = Cue.none

    func examples(seed: UInt64) -> Examples {
        var random = SeededRandom(seed: seed, for: "planted")
        var examples = Examples(featureCount: features)
        for video in 0..<videos {
            let common = (0..<features).map { _ in random.normal() * likeness.squareRoot() }
            let coin = video < 2 ? video == 0 : random.unit() < 0.5
            for row in 0..<rowsPerVideo {
                var values = common.map { Float($0 + random.normal() * (1 - likeness).squareRoot()) }
                var label = row % 2 == 0
                switch cue {
                case .none: label = random.unit() < 0.5
                case .noneByVideo: label = coin
                case .level(let shift): if label { values[0] += Float(shift) }
                case .spread(let factor): if label { values[0] *= Float(factor) }
                case .agreement(let share):
                    let agree = (values[0] > 0) == (values[1] > 0)
                    label = random.unit() < share ? agree : !agree
                }
                examples.append(values, label: label, groups: .init(video, video))
            }
        }
        return examples
    }

    /// Rows of two videos each, as easy negatives are: the label says whether both are the same.
    func crossedExamples(seed: UInt64) -> Examples {
        var random = SeededRandom(seed: seed, for: "crossed")
        var examples = Examples(featureCount: features)
        let common = (0..<videos).map { _ in (0..<features).map { _ in random.normal() } }
        for row in 0..<videos * rowsPerVideo {
            let video = row % videos
            let label = row / videos % 2 == 0
            let other = label ? video : (video + 1 + random.below(videos - 1)) % videos
            // The first half of the features is the picture's, the second the sound's; they know nothing of each other.
            let values = (0..<features).map { column in
                Float(common[column < features / 2 ? video : other][column] + random.normal())
            }
            examples.append(values, label: label, groups: .init(video, other))
        }
        return examples
    }
}

extension Examples {
    /// What the learner makes of these rows.
    func accuracy(seed: UInt64 = 1) throws -> ClusteredAccuracy {
        ClusteredAccuracy(logits: try CrossFitting.logits(self, seed: seed), of: self)
    }
}
