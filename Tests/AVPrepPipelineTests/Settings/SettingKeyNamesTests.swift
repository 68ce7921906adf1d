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
        let sources = Oracle.repository + "/Sources"
        let name = try Regex(
            "(?:^|[^\\w./-])((?:\(Self.sections.joined(separator: "|")))(?:\\.[a-z][a-z0-9_]*)+)(?![\\w(])",
            as: (Substring, Substring).self)
        var found = 0
        for path in FileManager.default.enumerator(atPath: sources)?.allObjects ?? [] {
            guard let path = path as? String, path.hasSuffix(".swift") else { continue }
            let source = try String(contentsOfFile: "\(sources)/\(path)", encoding: .utf8)
            for text in Self.texts(of: source) {
                for match in text.matches(of: name) {
                    let key = String(match.1)
                    #expect(PipelineFile.hasKey(key), "\(path) names \(key)")
                    found += 1
                }
            }
        }
        #expect(found > 30, "\(found) keys found: the search finds no texts any more")
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
