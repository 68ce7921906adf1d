import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepTorch
import AVPrepTraining
import AVPrepWorkspace
import Testing

/// The ablations of AVTS: each differs from avts.yaml in what it is named for, and is measured on the same pairs.
@Suite struct AblationPipelinesTests {
    private struct Ablation: Sendable {
        let name: String
        /// Changes avts.yaml to it, but for its name, its sets' name and its stages.
        let change: @Sendable (inout PipelineSettings) -> Void
        /// The sets of its stages, without its sets' name, where they are its own.
        var ownStages: [String] = []
        /// How many times the epochs.
        var times = 1
    }

    private static let ablations = [
        Ablation(name: "hard-0", change: { $0.shard.pairs.hardRatio = 0 }, ownStages: ["mixed"]),
        Ablation(name: "hard-12", change: { $0.shard.pairs.hardRatio = 0.125 }, ownStages: ["mixed"]),
        Ablation(name: "hard-50", change: { $0.shard.pairs.hardRatio = 0.5 }, ownStages: ["mixed"]),
        Ablation(name: "hard-100", change: { $0.shard.pairs.hardRatio = 1 }, ownStages: ["mixed"]),
        Ablation(
            name: "data-8th", change: { $0.shard.pairs.trainShare = 0.125 }, ownStages: ["easy", "mixed"], times: 8),
        Ablation(
            name: "data-4th", change: { $0.shard.pairs.trainShare = 0.25 }, ownStages: ["easy", "mixed"], times: 4),
        Ablation(
            name: "data-half", change: { $0.shard.pairs.trainShare = 0.5 }, ownStages: ["easy", "mixed"], times: 2),
        Ablation(name: "gap-0", change: { $0.shard.pairs.gapSeconds = 0 }, ownStages: ["mixed"]),
        Ablation(name: "gap-1", change: { $0.shard.pairs.gapSeconds = 1 }, ownStages: ["mixed"]),
        Ablation(
            name: "gap-start-to-start", change: { $0.shard.pairs.gapMeasure = .startToStart }, ownStages: ["mixed"]),
        Ablation(name: "temporal-head", change: { $0.train.model.temporalHead = .keepTime }),
        Ablation(name: "plain-positive", change: { $0.train.loss.squaredPositive = false }),
    ]

    static var names: [String] { ablations.map(\.name) }

    @Test func anAblationDiffersInWhatItIsNamedForAlone() throws {
        let avts = try PublishedPipelinesTests.settings("avts")
        for ablation in Self.ablations {
            var settings = try PublishedPipelinesTests.settings("avts-ablations/" + ablation.name)
            #expect(settings.train.name == ablation.name)
            #expect(settings.shard.pairs.name.isEmpty == ablation.ownStages.isEmpty, "\(ablation.name)")
            let own = settings.shard.pairs.name
            let stages = ["easy", "mixed"].map { ablation.ownStages.contains($0) ? "\(own)_\($0)" : $0 }
            #expect(settings.train.stages.map(\.set) == stages, "\(ablation.name)")
            #expect(settings.train.stages.map(\.epochs) == [50 * ablation.times, 40 * ablation.times])
            #expect(settings.train.optimizer.plateauPatience == 5 * ablation.times)

            var expected = avts
            ablation.change(&expected)
            expected.train.name = settings.train.name
            expected.shard.pairs.name = own
            settings.train.stages = avts.train.stages
            settings.train.optimizer.plateauPatience = avts.train.optimizer.plateauPatience
            #expect(settings == expected, "\(ablation.name)")
        }
    }

    /// Beside the sets of avts.yaml in one folder, no set is drawn over one of another ablation.
    @Test func ablationsShareAFolder() throws {
        let names = try (["avts"] + Self.names.map { "avts-ablations/" + $0 }).map {
            try PublishedPipelinesTests.settings($0).shard.pairs.name
        }
        let named = names.filter { !$0.isEmpty }
        #expect(Set(named).count == named.count)
    }
}
