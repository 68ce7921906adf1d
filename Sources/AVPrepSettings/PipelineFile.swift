import AVPrepAudio
package import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import AVPrepSynth
import AVPrepTraining
import AVPrepVision
import Foundation
import Yams

/// Reads and writes pipeline files.
package enum PipelineFile {
    /// The settings in force: defaults, then the file, then `--set KEY=VALUE` in order.
    ///
    /// - Parameters:
    ///   - path: the pipeline file.
    ///   - overrides: `KEY=VALUE` texts, keys dotted (`ingest.video.fps=16`), values as YAML.
    /// - Throws: ``Failure`` with exit status 65 and one line per issue: file, line, key, allowed values.
    package static func load(_ path: String, overrides: [String] = []) throws -> PipelineSettings {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(
                "cannot read the pipeline file \(path): \(systemError()); `avprep init` writes one, --pipeline names another",
                exitStatus: .badInput)
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw Failure("\(path) is not a pipeline file: it is not UTF-8 text", exitStatus: .badInput)
        }
        return try parse(text, name: path, overrides: overrides)
    }

    /// The same from text; `name` is the file's name in messages.
    package static func parse(_ text: String, name: String, overrides: [String] = []) throws -> PipelineSettings {
        var settings = PipelineSettings()
        var issues = SettingsIssues(origin: name)
        do {
            if let node = try compose(yaml: text) { PipelineTable.root.read(&settings, node, SettingsPath(), &issues) }
        } catch let error as YamlError {
            throw Failure("\(name)\(error.place): not YAML: \(error.reason)", exitStatus: .badInput)
        }
        var messages = issues.messages
        for text in overrides { messages += apply(text, to: &settings) }
        if messages.isEmpty { messages = contradictions(in: settings).map { "\(name): \($0)" } }
        guard messages.isEmpty else { throw Failure(messages.joined(separator: "\n"), exitStatus: .badInput) }
        return settings
    }

    /// The settings as a pipeline file with a comment on every key, under `heading` (lines without `#`).
    package static func text(of settings: PipelineSettings, heading: [String]) -> String {
        let comment = heading.map { $0.isEmpty ? "#" : "# \($0)" }
        return (comment + [""] + PipelineTable.root.lines(of: settings)).joined(separator: "\n") + "\n"
    }

    /// The settings as JSON, by the same keys and with the same numbers as in ``text(of:heading:)``.
    package static func json(of settings: PipelineSettings) throws -> JSONValue {
        try compose(yaml: text(of: settings, heading: [])).map(JSONValue.init(yaml:)) ?? .object([:])
    }

    /// Whether there is a key of this dotted name, e.g. `ingest.video.fps`. The keys of a list's entries follow its own,
    /// e.g. `train.stages.lr`.
    package static func hasKey(_ name: String) -> Bool {
        PipelineTable.root.holds(name.split(separator: ".").map(String.init)[...])
    }

    /// The sections `ingest` and `policy` alone, as in a pipeline file: the settings that stored files were made with.
    package static func text(of ingest: IngestSettings) -> String {
        var settings = PipelineSettings()
        settings.ingest = ingest
        return PipelineTable.stored.lines(of: settings).joined(separator: "\n") + "\n"
    }

    /// The JSON Schema of pipeline files: `schemas/pipeline.schema.json`.
    package static func schema() throws -> String {
        try PipelineTable.root.schema(summary: "A pipeline file of avprep. Every key is optional.")
            .document(title: "avprep pipeline")
    }

    private static func apply(_ text: String, to settings: inout PipelineSettings) -> [String] {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return ["--set \(text): write it as --set KEY=VALUE"] }
        let names = parts[0].split(separator: ".").map(String.init)
        guard let target = PipelineTable.root.find(names[...], SettingsPath()) else {
            return ["--set \(text): unknown key \(parts[0]); `avprep init` writes a file with all keys"]
        }
        guard let value = try? compose(yaml: String(parts[1])) else { return ["--set \(text): not a YAML value"] }
        var issues = SettingsIssues(origin: "--set", hasLines: false)
        target.read(&settings, value, SettingsPath(text: String(parts[0])), &issues)
        return issues.messages
    }

    /// Contradictions between keys.
    private static func contradictions(in settings: PipelineSettings) -> [String] {
        var found: [String] = []
        let names = settings.ingest.spectrograms.map(\.name) + settings.ingest.waveforms.map(\.name)
        if Set(names).count < names.count {
            found.append("ingest.spectrograms and ingest.waveforms: two entries have the same name")
        }
        for name in names where !StoredName.isTrackName(name) {
            found.append(
                "ingest: \"\(name)\" is not a valid dataset name; use a-z, 0-9 and _, starting with a letter, and not pcm"
            )
        }
        for kind in settings.ingest.spectrograms {
            do { try kind.check() } catch { found.append("ingest.spectrograms: \(error.description)") }
        }
        for text in settings.corpus.exclude {
            do throws(FilePattern.Invalid) { _ = try FilePattern(text) } catch {
                found.append("corpus.exclude: \"\(text)\" is not a valid pattern: \(error.reason)")
            }
        }
        if (try? SourcePattern(settings.corpus.sourcePattern)) == nil {
            found.append("corpus.source_pattern is not a valid regular expression: \(settings.corpus.sourcePattern)")
        }
        if settings.ingest.minSegmentSeconds > settings.ingest.segmentSeconds {
            found.append("ingest.min_segment_seconds is longer than ingest.segment_seconds")
        }
        let (borders, policy) = (settings.ingest.borders, settings.ingest.policy)
        if policy[flag: .borderChange] == .fix, borders.change == .union, policy[flag: .blackBorder] != .fix {
            found.append(
                "policy.border_change: fix with ingest.borders.change: union crops the bars, so policy.black_border must be fix, too"
            )
        }
        if !settings.ingest.cameraMotion.enabled {
            if settings.ingest.stabilise.enabled {
                found.append("ingest.stabilise needs ingest.camera_motion.enabled: true")
            }
            for flag in policy.fixed.intersection(IngestSettings.steadiedFlags).singleFlags {
                found.append("policy.\(flag.name): fix needs ingest.camera_motion.enabled: true")
            }
        }
        if policy[flag: .skewed] == .fix, settings.ingest.skew.searchSeconds == 0 {
            found.append("policy.skewed: fix needs ingest.skew.search_seconds above 0")
        }
        if settings.shard.split.val + settings.shard.split.test >= 1 {
            found.append("shard.split: val and test together leave nothing to train on")
        }
        if settings.synth.width % 2 != 0 || settings.synth.height % 2 != 0 {
            found.append("synth.width and synth.height must be even")
        }
        if settings.train.batchSize % 2 != 0, settings.train.recipeName != .multisensory {
            found.append("train.batch_size must be even: half of it is positive")
        }
        found += settings.train.contradictions
        if settings.train.stages.map(\.epochs).reduce(0, +) == 0 {
            found.append("train.stages: the stages have no epochs in total")
        }
        return found
    }
}

extension YamlError {
    /// `:line:column`, if the parser reports them.
    fileprivate var place: String {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            ":\(mark.line):\(mark.column)"
        case .duplicatedKeysInMapping(_, let context): ":\(context.mark.line):\(context.mark.column)"
        default: ""
        }
    }

    /// What is wrong, in one line.
    fileprivate var reason: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .duplicatedKeysInMapping(let keys, _):
            "the key \(keys.map { "\"\($0)\"" }.joined(separator: ", ")) occurs twice in a section"
        default: String(describing: self).split(separator: "\n").first.map(String.init) ?? "unreadable"
        }
    }
}
