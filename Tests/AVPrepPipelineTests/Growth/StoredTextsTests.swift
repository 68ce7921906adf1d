import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepPipeline
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepTraining

/// Every JSON text of the golden workspace, with each key taken out and with a key put into each object.
@Suite struct StoredTextsTests {
    /// A stored text and the type that it is read as.
    private struct Text {
        let name: String
        let text: String
        /// Keys without which a text is damaged; nil for records that only people and scripts read.
        let required: Set<String>?
        /// Objects whose members are names of something and no keys.
        let dictionaries: Set<String>
        /// Reads a text and writes it again.
        let again: (String) throws -> String

        init<Value: Codable>(
            _ name: String, _ text: String?, as type: Value.Type, required: Set<String>? = [],
            dictionaries: Set<String> = []
        ) throws {
            self.name = name
            self.text = try #require(text)
            self.required = required
            self.dictionaries = dictionaries
            again = { try CanonicalJSON.encode(StoredJSON.decode(type, from: $0)) }
        }
    }

    private static func prefixed(_ prefix: String, _ keys: Set<String>) -> Set<String> {
        Set(keys.map { "\(prefix)/\($0)" })
    }

    // MARK: - Which keys have no default

    private static let layout: Set<String> = [
        "fps", "frame_codec", "has_motion", "spectrograms", "spectrograms/0/name", "spectrograms/0/bins",
        "spectrograms/0/frames_per_second", "spectrograms/0/stored_type", "spectrograms/0/attributes",
        "flow/directions", "flow/codec", "flow/method", "flow/bound", "flow/fps", "flow/quantisation",
    ]
    private static let layoutDictionaries: Set<String> = ["spectrograms/0/attributes", "flow/parameters"]

    /// Of ingest settings: what names a spectrogram and its transform.
    private static let ingest: Set<String> = [
        "spectrograms/0/name", "spectrograms/0/kind", "spectrograms/0/sampleRate", "spectrograms/0/fftLength",
        "spectrograms/0/windowLength", "spectrograms/0/hopLength",
    ]

    private static let definition: Set<String> = [
        "plan", "plan/name", "plan/shares", "plan/shares/easy", "plan/shares/hard", "plan/shares/superHard", "seed",
        "settings", "splits",
    ]

    private static let statistics: Set<String> = ["pairs", "kinds"]
    private static let statisticsDictionaries: Set<String> = ["kinds", "excluded", "withoutHard", "videosWithoutHard"]

    private static let index: Set<String> = [
        "format", "format_version", "created_by", "seed", "layout", "splits", "shards", "pair_sets", "pair_files",
        "splits/test/shards", "splits/test/segments", "splits/test/videos", "splits/test/frames",
        "splits/test/seconds", "shards/0/name", "shards/0/split", "shards/0/segments", "shards/0/videos",
        "shards/0/frames", "shards/0/seconds", "shards/0/bytes", "shards/0/sha256", "shards/0/structure/data",
        "shards/0/structure/sha256", "shards/0/structure/data/0/offset", "shards/0/structure/data/0/bytes",
        "pair_sets/0/name", "pair_sets/0/counts", "pair_sets/0/attributes", "normalization/mel/rows",
        "normalization/mel/mean", "normalization/mel/std", "left_out/segments", "left_out/seconds", "left_out/flags",
    ]
    private static let indexDictionaries: Set<String> = [
        "splits", "pair_files", "pair_sets/0/counts", "pair_sets/0/counts/train", "pair_sets/0/statistics",
        "pair_sets/0/attributes", "normalization", "left_out/flags",
    ]

    private static let state: Set<String> = [
        "format", "seed", "settings", "shards", "statistics", "statistics/mean", "statistics/deviation", "step",
        "epoch", "batch", "plateau", "plateau/learningRate", "plateau/epochsWithoutFall", "epochLoss",
        "epochLoss/sum", "epochLoss/count", "recentLoss", "recentLoss/sum", "recentLoss/count", "best/epoch",
        "best/score", "settings/stages/0/name", "settings/stages/0/set", "settings/stages/0/epochs",
    ]

    private static func texts(_ golden: GoldenWorkspace) throws -> [Text] {
        var texts: [Text] = []
        for file in [try #require(golden.preparedFiles.first), "shards/train-00000.h5"] {
            let attributes = try StoreReader(path: "\(golden.folder)/\(file)").attributes
            func text(_ name: String) -> String? { attributes[name]?.text }
            texts += [
                try Text("\(file) config_json", text("config_json"), as: IngestSettings.self, required: ingest),
                try Text("\(file) policy_json", text("policy_json"), as: SegmentPolicy.self),
                try Text(
                    "\(file) layout_json", text("layout_json"), as: StoreLayout.self, required: layout,
                    dictionaries: layoutDictionaries),
            ]
        }
        for set in try PairFile.attributes("\(golden.folder)/shards/train-00000.pairs.h5") {
            texts += [
                try Text(
                    "definition of \(set.name)", set.attributes["definition_json"]?.text, as: PairSetDefinition.self,
                    required: definition),
                try Text(
                    "statistics of \(set.name)", set.attributes["statistics_json"]?.text, as: PairStatistics.self,
                    required: statistics, dictionaries: statisticsDictionaries),
            ]
        }
        let index = try String(contentsOfFile: golden.folder + "/shards/index.json", encoding: .utf8)
        texts.append(
            try Text(
                "index.json", JSONValue(parsing: index).text, as: ShardIndex.self,
                required: Self.index.union(prefixed("layout", layout)).union(
                    prefixed("pair_sets/0/statistics/train", statistics)),
                dictionaries: indexDictionaries.union(prefixed("layout", layoutDictionaries)).union(
                    prefixed("pair_sets/0/statistics/train", statisticsDictionaries))))
        for weights in RunFolder.Weights.allCases {
            texts.append(
                try Text(
                    "state of \(weights)", golden.state(weights).text, as: TrainingState.self, required: state))
        }
        let catalog = try Catalog(path: golden.workspace.catalog, access: .readOnly)
        let video = try #require(catalog.item("videos/video-00000.mp4")?.videoID)
        let evaluation = try String(contentsOfFile: golden.workspace.runFolder + "/evaluation.json", encoding: .utf8)
        return texts + [
            try Text("media of a video", catalog.media(ofVideo: video), as: MediaRecord.self, required: nil),
            try Text("evaluation.json", JSONValue(parsing: evaluation).text, as: Evaluation.self, required: nil),
        ]
    }

    private static func withTexts(_ body: (_ texts: [Text]) throws -> Void) throws {
        try withTemporaryFolder { folder in try body(texts(GoldenWorkspace(unpackedInto: folder))) }
    }

    // MARK: - Tests

    @Test func everyTextOfBeforeIsReadAndWrittenAgainAsItWas() throws {
        try Self.withTexts { texts in
            for text in texts {
                let again = try text.again(text.text)
                #expect(again == text.text, "\(text.name)")
            }
        }
    }

    /// A key that is missing changes nothing else; only what can have no default is damage.
    @Test func everyKeyThatCanHaveADefaultMayBeMissing() throws {
        try Self.withTexts { texts in
            var missing = 0
            for text in texts {
                guard let required = text.required else { continue }
                let whole = try JSONValue(parsing: text.text)
                let keys = whole.keys(dictionaries: text.dictionaries)
                let unknown = required.subtracting(keys.map { $0.joined(separator: "/") })
                // A run has no best epoch before its first validation.
                #expect(unknown.allSatisfy { $0.hasPrefix("best/") }, "\(text.name) has no \(unknown)")
                for key in keys {
                    let place = key.joined(separator: "/")
                    var tree = whole
                    tree[key] = nil
                    do {
                        var again = try JSONValue(parsing: try text.again(tree.text))
                        again[key] = nil
                        #expect(again == tree, "\(text.name) without \(place)")
                        #expect(!required.contains(place), "\(text.name) goes without \(place)")
                        missing += 1
                    } catch StoredJSONError.damaged(let what) {
                        #expect(required.contains(place), "\(text.name) without \(place): \(what)")
                    }
                }
            }
            #expect(missing > 400, "only \(missing) keys were taken out")
        }
    }

    @Test func aKeyThatIsNotKnownIsTheWorkOfANewerProgramWhereverItStands() throws {
        try Self.withTexts { texts in
            var added = 0
            for text in texts {
                let whole = try JSONValue(parsing: text.text)
                for object in whole.objects(dictionaries: text.dictionaries) {
                    var tree = whole
                    tree[object + ["later_key"]] = .integer(1)
                    let place = (object + ["later_key"]).joined(separator: "/")
                    #expect(throws: StoredJSONError.newer("the key \"\(place)\""), "\(text.name)") {
                        try text.again(tree.text)
                    }
                    added += 1
                }
            }
            #expect(added > 100, "only \(added) objects")
        }
    }
}
