import AVPrepCore
import AVPrepSettings
import AVPrepTraining
import Foundation
import TestSupport
import Testing

/// Messages name keys of the pipeline file, so that they can be set: each has to be one.
@Suite struct SettingKeyNamesTests {
    private static let sections = [
        "corpus", "folders", "ingest", "policy", "duplicates", "shard", "train", "synth",
    ]

    @Test func everyKeyThatTheTrainerNamesIsInTheTable() {
        #expect(!TrainKey.allCases.isEmpty)
        for key in TrainKey.allCases { #expect(PipelineFile.hasKey("\(key)"), "\(key)") }
        for name in Self.sections { #expect(PipelineFile.hasKey(name), "\(name)") }
        #expect(!PipelineFile.hasKey("train.optimizer.learning_rate") && !PipelineFile.hasKey("train.lr"))
    }

    /// What a run must not change is told by these names.
    @Test func everyTrainSettingHasItsTablesName() throws {
        let stored = try #require(JSONValue(text: try CanonicalJSON.encode(TrainSettings())))
        let names = stored.leaves(under: "train").keys.map { path in
            path.split(separator: ".").map { TrainKey.name(ofProperty: String($0)) }.joined(separator: ".")
        }
        #expect(names.count > 25)
        for name in names { #expect(PipelineFile.hasKey(name), "\(name)") }
        for name in ["name", "set", "epochs", "lr"] { #expect(PipelineFile.hasKey("train.stages.\(name)")) }
    }

    /// Dotted names in the texts of the sources, interpolations apart.
    @Test func everyKeyThatAnyTextOfTheProgramNamesIsInTheTable() throws {
        let name = try Regex(
            "(?:^|[^\\w./-])((?:\(Self.sections.joined(separator: "|")))(?:\\.[a-z][a-z0-9_]*)+)(?![\\w(])",
            as: (Substring, Substring).self)
        var found = 0
        for (path, text) in try Self.allTexts() {
            for match in text.matches(of: name) {
                let key = String(match.1)
                #expect(PipelineFile.hasKey(key), "\(path) names \(key)")
                found += 1
            }
        }
        #expect(found > 30, "\(found) keys found: the search finds no texts any more")
    }

    /// What a message tells to set, raise or lower is a whole key, or the last word of one where its section is named by
    /// whoever passes the message on.
    @Test func whateverAMessageTellsToSetIsInTheTable() throws {
        let schema = try #require(JSONValue(text: try PipelineFile.schema()))
        let words = Self.properties(of: schema)
        #expect(words.count > 150 && words.contains("clip_seconds"))
        let advice = /(?:^|[^\w])(?:set|raise|lower|change) ([a-z0-9]+(?:[_.][a-z0-9_]+)+)(?![\w(\/-])/
        var found = 0
        for (path, text) in try Self.allTexts() {
            for match in text.matches(of: advice) {
                let key = String(match.1)
                if key.hasSuffix(".yaml") || key.hasSuffix(".cnf") { continue }
                #expect(key.contains(".") ? PipelineFile.hasKey(key) : words.contains(key), "\(path) names \(key)")
                found += 1
            }
        }
        #expect(found > 20, "\(found) keys found: the search finds no texts any more")
    }

    /// All names of properties in a JSON Schema.
    private static func properties(of schema: JSONValue) -> Set<String> {
        switch schema {
        case .object(let members):
            var names = members.reduce(into: Set<String>()) { $0.formUnion(properties(of: $1.value)) }
            if case .object(let properties)? = members["properties"] { names.formUnion(properties.keys) }
            return names
        case .array(let values): return values.reduce(into: []) { $0.formUnion(properties(of: $1)) }
        default: return []
        }
    }

    /// The texts of all sources, each with its file.
    private static func allTexts() throws -> [(path: String, text: String)] {
        let sources = Oracle.repository + "/Sources"
        var found: [(path: String, text: String)] = []
        for path in FileManager.default.enumerator(atPath: sources)?.allObjects ?? [] {
            guard let path = path as? String, path.hasSuffix(".swift") else { continue }
            let source = try String(contentsOfFile: "\(sources)/\(path)", encoding: .utf8)
            found += texts(of: source).map { (path, $0) }
        }
        return found
    }

    /// The string literals of a source, each without what is interpolated.
    private static func texts(of source: String) -> [String] {
        var texts: [String] = []
        let code = source.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
        for match in code.matches(of: /"""([\s\S]*?)"""|"((?:[^"\\\n]|\\.)*)"/) {
            let text = String(match.1 ?? match.2 ?? "")
            texts.append(text.replacing(/\\\n\s*/, with: "").replacing(/\\\([^)]*\)/, with: "…"))
        }
        return texts
    }
}
