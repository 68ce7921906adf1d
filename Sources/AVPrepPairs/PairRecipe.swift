import AVPrepCore
package import AVPrepModel

/// The published method of pairing that a pair set follows: the clips of a pair, and the kinds of negatives.
package enum PairRecipe: String, Sendable, Codable, CaseIterable {
    /// Korbar, Tran, Torresani, NeurIPS 2018: a second of picture and the same second of sound; first easy negatives,
    /// then a fraction of hard ones, at least half a second apart.
    case avts
    /// Arandjelović, Zisserman, ICCV 2017: one frame, and a second of sound around it; easy negatives only.
    case l3
    /// Owens, Efros, ECCV 2018: 4.2 s of both; the sound of a negative has an offset of 2.0 to 5.8 s.
    case multisensory
    /// Wei, Lim, Zisserman, Freeman, CVPR 2018: twenty frames of flow, forward or backward.
    case arrowOfTime = "arrow-of-time"
}

extension PairSettings {
    /// The settings of a recipe. Where a paper leaves a value open, our choice is stated beside it.
    package init(recipe: PairRecipe) {
        self.init()
        self.recipe = recipe
        switch recipe {
        case .avts:
            break
        case .l3:
            clipSeconds = 0
            soundSeconds = 1
            hardRatio = 0
        case .multisensory:
            // 125 frames at 29.97 per second, with offsets of 65 to 176 frames in the authors' code: 2.17 to 5.87 s,
            // which the paper gives as 2.0 to 5.8.
            clipSeconds = 4.2
            gapSeconds = 2
            gapMeasure = .startToStart
            maxShiftSeconds = 5.8
            hardRatio = 1
        case .arrowOfTime:
            // Flow from each of 20 frames to the next takes 21 frames: 0.84 s at 25 frames per second.
            clipSeconds = 0.84
            hardRatio = 0
        }
    }

    /// The sets drawn with these settings.
    package func definitions(seed: Int) throws -> [PairSetDefinition] {
        try validate()
        func definition(_ base: String, _ splits: [Split], _ shares: PairSetPlan.Shares) throws -> PairSetDefinition {
            let setName = name.isEmpty ? base : recipe == .avts ? "\(name)_\(base)" : name
            return PairSetDefinition(
                plan: try PairSetPlan(name: setName, shares), splits: splits, settings: self, seed: seed)
        }
        let evaluation: [Split] = [.val, .test]
        switch recipe {
        case .avts:
            return [
                try definition("easy", Split.allCases, .easy),
                try definition("mixed", [.train], .mixture(hard: hardRatio, superHard: superHardRatio)),
                try definition("hard", evaluation, .mixture(hard: 1)),
            ]
        case .l3, .multisensory:
            let base = recipe == .l3 ? "l3" : "multisensory"
            return [
                try definition(base, Split.allCases, .mixture(hard: hardRatio, superHard: superHardRatio))
            ]
        case .arrowOfTime:
            return [try definition("arrow_of_time", Split.allCases, .reversed)]
        }
    }
}

/// The definition of a pair set for all shards: plan, splits, settings and seed, which is everything needed to draw it
/// again for another shard. Every stored `PairSet` carries it.
package struct PairSetDefinition: Sendable, Equatable, StoredRecord {
    package let plan: PairSetPlan
    /// The splits whose shards have the set.
    package let splits: [Split]
    package let settings: PairSettings
    package let seed: Int

    package var name: String { plan.name }
}
