import AVPrepAudio
import AVPrepCore
import AVPrepDuplicates
import AVPrepMedia
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

/// A table of settings with one more key: what the program of tomorrow makes of it.
private struct Grown<Base: StoredRecord>: StoredRecord {
    var base: Base
    var laterKey: Int

    static var valueOfBefore: Int { 3 }

    private enum CodingKeys: String, CodingKey { case laterKey }

    init(_ base: Base, laterKey: Int = valueOfBefore) {
        self.base = base
        self.laterKey = laterKey
    }

    init(from decoder: any Decoder) throws {
        base = try Base(from: decoder)
        laterKey = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .laterKey)
    }

    func encode(to encoder: any Encoder) throws {
        try base.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(laterKey, forKey: .laterKey)
    }

    static var template: Self? { Base.template.map { Self($0, laterKey: 7) } }
    static var requiredKeys: Set<String> { Base.requiredKeys }
    static var laterKeys: [String: LaterKey] {
        Base.laterKeys.merging(["laterKey": .omitted(at: valueOfBefore)]) { $1 }
    }
}

@Suite struct GrownTableTests {
    /// - Parameter value: of one of the program's own types.
    private func check<Value: StoredRecord & Equatable>(_ value: Value) throws {
        let name = "\(Value.self)"
        let text = try CanonicalJSON.encode(value)
        // Texts of before are read as what they meant, and what is written and hashed is what was.
        let grown = try StoredJSON.decode(Grown<Value>.self, from: text)
        #expect(grown.base == value && grown.laterKey == 3, "\(name)")
        #expect(try CanonicalJSON.encode(grown) == text, "\(name)")
        #expect(try CanonicalJSON.key(of: grown) == CanonicalJSON.key(of: value), "\(name)")
        // Where the new key says something, it is written, and the program of before refuses the text.
        let changed = Grown(value, laterKey: 4)
        let newer = try CanonicalJSON.encode(changed)
        #expect(try CanonicalJSON.key(of: changed) != CanonicalJSON.key(of: value), "\(name)")
        #expect(try StoredJSON.decode(Grown<Value>.self, from: newer).laterKey == 4, "\(name)")
        #expect(throws: StoredJSONError.newer("the key \"laterKey\""), "\(name)") {
            try StoredJSON.decode(Value.self, from: newer)
        }
    }

    @Test func everyTableOfSettingsTakesOneMoreKey() throws {
        let ingest = IngestSettings()
        try check(ingest)
        try check(ingest.sound)
        try check(ingest.skew)
        try check(ingest.video)
        try check(ingest.pcm)
        try check(WaveformSettings())
        for spectrogram in ingest.spectrograms { try check(spectrogram) }
        try check(ingest.borders)
        try check(ingest.cuts)
        try check(ingest.still)
        try check(ingest.cameraMotion)
        try check(ingest.stabilise)
        try check(ingest.flow)
        try check(ingest.flow.tvl1)
        try check(ingest.policy)
        try check(ingest.limits)
        try check(DuplicateSettings())
        let shard = ShardSettings()
        try check(shard)
        try check(shard.split)
        try check(shard.pairs)
        for recipe in PairRecipe.allCases {
            for definition in try PairSettings(recipe: recipe).definitions(seed: 1) {
                try check(definition)
                try check(definition.plan.shares)
            }
        }
        let train = TrainSettings()
        try check(train)
        try check(train.model)
        try check(train.model.video)
        try check(train.model.audio)
        try check(train.loss)
        try check(train.optimizer)
        for stage in train.stages { try check(stage) }
    }

    @Test func everyStoredRecordTakesOneMoreKey() throws {
        try withTemporaryFolder { folder in
            let golden = try GoldenWorkspace(unpackedInto: folder)
            let index = try ShardIndex.load(golden.workspace.shards)
            try check(index)
            try check(index.layout)
            for shard in index.shards { try check(shard) }
            for set in index.pairSets {
                try check(set)
                for statistics in set.statistics.values {
                    try check(statistics)
                    try check(statistics.offsets)
                }
            }
            for weights in RunFolder.Weights.allCases {
                try check(StoredJSON.decode(TrainingState.self, from: golden.state(weights).text))
            }
        }
    }
}
