import AVPrepCore
import Foundation
import Testing

@Suite struct StoredJSONTests {
    // MARK: - A table of settings, before it grew and after

    private struct Part: StoredSettings, Equatable {
        var size = 2
        var words = ["a"]
    }

    private struct Row: StoredRecord, Equatable {
        var name: String
        var rate = 0.5

        static var template: Self? { Self(name: "") }
        static var requiredKeys: Set<String> { ["name"] }
    }

    private enum Choice: String, Codable { case one, two }

    private struct Settings: StoredSettings, Equatable {
        var choice = Choice.one
        var share = 0.25
        var limit: Int?
        var part = Part()
        var rows = [Row(name: "first")]
        var byName: [String: Part] = [:]
    }

    /// ``Part`` with one more key of every form.
    private struct GrownPart: StoredSettings, Equatable {
        var size = 2
        var words = ["a"]
        // The property's default is another one than what the texts of before stand for.
        var depth = 9
        var kinds = [Choice.two]
        var floor: Double?

        static var laterKeys: [String: LaterKey] {
            ["depth": .omitted(at: 1), "kinds": .omitted(at: ["one"]), "floor": .omitted(at: 0.5)]
        }
    }

    private struct GrownRow: StoredRecord, Equatable {
        var name: String
        var rate = 0.5
        var weight = 1.0

        static var template: Self? { Self(name: "") }
        static var requiredKeys: Set<String> { ["name"] }
        static var laterKeys: [String: LaterKey] { ["weight": .omitted(at: 1)] }
    }

    private struct GrownSettings: StoredSettings, Equatable {
        var choice = Choice.one
        var share = 0.25
        var limit: Int?
        var part = GrownPart()
        var rows = [GrownRow(name: "first")]
        var byName: [String: GrownPart] = [:]
        var isNew = false

        static var laterKeys: [String: LaterKey] { ["isNew": .omitted(at: false)] }
    }

    private func grown(_ settings: Settings) -> GrownSettings {
        func grown(_ part: Part) -> GrownPart {
            GrownPart(size: part.size, words: part.words, depth: 1, kinds: [.one], floor: 0.5)
        }
        return GrownSettings(
            choice: settings.choice, share: settings.share, limit: settings.limit, part: grown(settings.part),
            rows: settings.rows.map { GrownRow(name: $0.name, rate: $0.rate) },
            byName: settings.byName.mapValues(grown))
    }

    private static let settings = Settings(
        choice: .two, share: 0.1, limit: 7, part: Part(size: 3, words: []),
        rows: [Row(name: "x"), Row(name: "y", rate: 2)],
        byName: ["p": Part()])

    private func fault<Value: Decodable>(_ type: Value.Type, _ text: String) -> StoredJSONError? {
        do {
            _ = try StoredJSON.decode(type, from: text)
            return nil
        } catch { return error }
    }

    // MARK: - Texts of before

    @Test func aTypeThatHasGrownReadsTheTextsOfBeforeAsWhatTheyMeant() throws {
        let text = try CanonicalJSON.encode(Self.settings)
        #expect(try StoredJSON.decode(GrownSettings.self, from: text) == grown(Self.settings))
    }

    @Test func aTypeThatHasGrownWritesTheTextsAndKeysOfBeforeWhileItsNewKeysHaveTheValueOfBefore() throws {
        let grown = grown(Self.settings)
        #expect(try CanonicalJSON.encode(grown) == CanonicalJSON.encode(Self.settings))
        #expect(try CanonicalJSON.encode(grown, pretty: true) == CanonicalJSON.encode(Self.settings, pretty: true))
        #expect(try CanonicalJSON.key(of: grown) == CanonicalJSON.key(of: Self.settings))
        // The program of before reads what the newer one has written.
        #expect(try StoredJSON.decode(Settings.self, from: CanonicalJSON.encode(grown)) == Self.settings)
        #expect(try CanonicalJSON.key(of: [grown]) == CanonicalJSON.key(of: [Self.settings]))
    }

    @Test func newKeysWithAnotherValueAreWrittenAndComeBack() throws {
        let changes: [(inout GrownSettings) -> Void] = [
            { $0.isNew = true }, { $0.part.depth = 0 }, { $0.part.kinds = [] }, { $0.part.floor = 0 },
            { $0.rows[1].weight = 0.5 }, { $0.byName["p"]?.depth = 9 },
        ]
        for change in changes {
            var settings = grown(Self.settings)
            change(&settings)
            let text = try CanonicalJSON.encode(settings)
            #expect(try CanonicalJSON.key(of: settings) != CanonicalJSON.key(of: Self.settings))
            #expect(try StoredJSON.decode(GrownSettings.self, from: text) == settings)
            guard case .newer(let what) = fault(Settings.self, text) else {
                Issue.record("the program of before takes \(text)")
                continue
            }
            #expect(what.hasPrefix("the key "))
        }
    }

    @Test func everyKeyOfSettingsMayBeMissing() throws {
        #expect(try StoredJSON.decode(Settings.self, from: "{}") == Settings())
        #expect(
            try StoredJSON.decode(Settings.self, from: #"{"part":{"size":5},"rows":[{"name":"z"}]}"#)
                == Settings(part: Part(size: 5), rows: [Row(name: "z")]))
    }

    // MARK: - What is not known, and what is damaged

    @Test func whatIsNotKnownIsToldWithItsPlaceAtEveryDepth() {
        let unknown = [
            (#"{"extra":1}"#, #"the key "extra""#), (#"{"part":{"deep":null}}"#, #"the key "part/deep""#),
            (#"{"rows":[{"name":"a"},{"name":"b","c":{}}]}"#, #"the key "rows/1/c""#),
            (#"{"byName":{"q":{"r":1}}}"#, #"the key "byName/q/r""#),
            (#"{"choice":"three"}"#, #"the value "three" of "choice""#),
        ]
        for (text, what) in unknown {
            #expect(fault(Settings.self, text) == .newer(what), "\(text)")
        }
    }

    @Test func damageIsSaidOfDamageAlone() {
        for text in [
            "", "{", "[]", "null", #"{"share":"a"}"#, #"{"part":null}"#, #"{"rows":[{"rate":1}]}"#, #"{"choice":1}"#,
            #"{"part":{"size":1.5}}"#, #"{"byName":{"q":[]}}"#, #"{"limit":"1"}"#,
        ] {
            guard case .damaged(let what) = fault(Settings.self, text) else {
                Issue.record("\(text) is not called damaged: \(fault(Settings.self, text) as Any)")
                continue
            }
            #expect(!what.isEmpty && !what.contains("\n"))
        }
    }

    // MARK: - Notes by file name

    @Test func aTableOfFilesIsTheObjectThatItWasAndKnowsNewerVersions() throws {
        let entries = ["a.tar": Part(size: 1), "b.tar": Part()]
        #expect(
            try CanonicalJSON.encode(StoredTable(entries), pretty: true) == CanonicalJSON.encode(entries, pretty: true))
        let text = try CanonicalJSON.encode(entries)
        #expect(try StoredJSON.decode(StoredTable<Part>.self, from: text).entries == entries)
        let versioned = text.replacing("{\"a.tar\"", with: "{\"format_version\":2,\"a.tar\"")
        #expect(fault(StoredTable<Part>.self, versioned) == .newer("the format_version 2"))
        let first = versioned.replacing("version\":2", with: "version\":1")
        #expect(try StoredJSON.decode(StoredTable<Part>.self, from: first).entries == entries)
    }

    // MARK: - The text itself

    /// What goes through the encoder and decoder comes out as through Foundation's alone.
    @Test func textsAreThoseOfFoundationsEncoder() throws {
        struct All: Codable, Equatable {
            var doubles = [0.1, -0.0, 1e20, 25, .leastNonzeroMagnitude, 0.1 + 0.2]
            var floats: [Float] = [0.1, 16_777_216, 3]
            var numbers: [String: UInt64] = ["a/b": .max, "Straße \"x\"": 0]
            var byte: UInt8 = 255
            var none: Int?
            var nested: [[Bool?]] = [[true, nil], []]
            var large = Int.min
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let plain = String(decoding: try encoder.encode(All()), as: UTF8.self)
        #expect(try CanonicalJSON.encode(All()) == plain)
        let back = try StoredJSON.decode(All.self, from: plain)
        #expect(back == All() && back.doubles[1].sign == .minus)
        #expect(try CanonicalJSON.encode(back) == plain)
    }
}
