import AVPrepAudio
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import AVPrepSynth
import AVPrepTraining
import AVPrepVision
import Foundation
import Yams

/// Reading and writing pipeline files.
package enum PipelineFile {
    /// Settings in force: defaults, then the file, then `--set KEY=VALUE` in order.
    ///
    /// - Parameters:
    ///   - path: the pipeline file.
    ///   - overrides: `KEY=VALUE` texts, keys dotted (`ingest.video.fps=16`), values as YAML.
    /// - Throws: ``Failure`` with exit status 65 and one line an issue: file, line, key, what is allowed.
    package static func load(_ path: String, overrides: [String] = []) throws -> PipelineSettings {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(
                "cannot read the pipeline file \(path): \(systemError()); `avprep init` writes one, --pipeline names another",
                exitStatus: .badInput)
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw Failure("\(path) is not UTF-8 text, so it is no pipeline file", exitStatus: .badInput)
        }
        return try parse(text, name: path, overrides: overrides)
    }

    /// The same from a text; `name` stands in messages.
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

    /// The sections `ingest` and `policy` alone, as a pipeline file has them: how stored files were made.
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
            return ["--set \(text): there is no key \(parts[0]); `avprep init` writes a file with all keys"]
        }
        guard let value = try? compose(yaml: String(parts[1])) else { return ["--set \(text): not a YAML value"] }
        var issues = SettingsIssues(origin: "--set", hasLines: false)
        target.read(&settings, value, SettingsPath(text: String(parts[0])), &issues)
        return issues.messages
    }

    /// What no single key can tell is wrong.
    private static func contradictions(in settings: PipelineSettings) -> [String] {
        var found: [String] = []
        let names = settings.ingest.spectrograms.map(\.name) + settings.ingest.waveforms.map(\.name)
        if Set(names).count < names.count { found.append("ingest.spectrograms: two kinds have the same name") }
        for name in names where !StoredName.isTrackName(name) {
            found.append(
                "ingest: \"\(name)\" cannot be the name of a dataset beside pcm; take a-z, 0-9 and _, a letter first")
        }
        for kind in settings.ingest.spectrograms {
            do { try kind.check() } catch { found.append("ingest.spectrograms: \(error.description)") }
        }
        if (try? SourcePattern(settings.corpus.sourcePattern)) == nil {
            found.append("corpus.source_pattern is no regular expression: \(settings.corpus.sourcePattern)")
        }
        if settings.ingest.minSegmentSeconds > settings.ingest.segmentSeconds {
            found.append("ingest.min_segment_seconds is longer than ingest.segment_seconds")
        }
        let (borders, policy) = (settings.ingest.borders, settings.ingest.policy)
        if policy[flag: .borderChange] == .fix, borders.change == .union, policy[flag: .blackBorder] != .fix {
            found.append(
                "policy.border_change: fix by ingest.borders.change: union crops the bars, so policy.black_border must be fix too"
            )
        }
        if !settings.ingest.cameraMotion.enabled {
            if settings.ingest.stabilise.enabled {
                found.append("ingest.stabilise takes ingest.camera_motion.enabled: true")
            }
            for flag in policy.fixed.intersection(IngestSettings.steadiedFlags).each {
                found.append("policy.\(flag.name): fix takes ingest.camera_motion.enabled: true")
            }
        }
        if settings.shard.split.val + settings.shard.split.test >= 1 {
            found.append("shard.split: val and test together leave nothing to train on")
        }
        if settings.synth.width % 2 != 0 || settings.synth.height % 2 != 0 {
            found.append("synth.width and synth.height must be even")
        }
        if settings.train.batchSize % 2 != 0 { found.append("train.batch_size must be even: half of it is positive") }
        if settings.train.stages.map(\.epochs).reduce(0, +) == 0 { found.append("train.stages: no epoch to train") }
        return found
    }
}

extension YamlError {
    /// `:line:column`, where the parser knows them.
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
            "the key \(keys.map { "\"\($0)\"" }.joined(separator: ", ")) stands twice in a section"
        default: String(describing: self).split(separator: "\n").first.map(String.init) ?? "unreadable"
        }
    }
}
