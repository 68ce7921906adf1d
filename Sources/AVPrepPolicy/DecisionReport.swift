package import AVPrepCatalog
import AVPrepCore
import AVPrepModel
package import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace

/// Which flags segments carry and what the policy made of them: a part of `status`, `ingest`, `shard` and the card.
package struct DecisionReport: Sendable, Equatable, Codable {
    /// One flag.
    package struct Flag: Sendable, Equatable, Codable {
        package let flag: String
        /// What the policy in force says of it.
        package let action: String
        /// Segments that carry it: kept + dropped + fixed.
        package let segments: Int
        package let kept: Int
        package let dropped: Int
        package let fixed: Int
        /// Length of those segments together.
        package let seconds: Double
    }

    /// Segments of the prepared videos: kept + dropped + fixed.
    package let segments: Int
    /// Without a flag that drops them, and nothing fixed.
    package let kept: Int
    package let dropped: Int
    package let fixed: Int
    package let seconds: Double
    package let droppedSeconds: Double
    /// Flags that some segment carries, as the pipeline file orders them.
    package let flags: [Flag]
    /// Videos that were decided by another policy than the one in force: `ingest` decides them anew.
    package let outdated: Int

    package init(catalog: Catalog, settings: IngestSettings) throws {
        let key = try settings.key
        let counts = try catalog.decisionCounts(stage: StageName.ingest, settingsKey: key)
        var table: [String: [String: DecisionCount]] = [:]
        for count in counts { table[count.flag, default: [:]][count.verdict] = count }
        let fps = settings.video.fps
        func segments(_ flag: String, _ verdict: SegmentDecision.Verdict) -> Int {
            table[flag]?[verdict.word]?.segments ?? 0
        }
        func seconds(_ flag: String) -> Double {
            Double((table[flag] ?? [:]).values.reduce(0) { $0 + $1.frames }) / fps
        }
        kept = segments("", .kept)
        dropped = segments("", .dropped)
        fixed = segments("", .fixed)
        self.segments = kept + dropped + fixed
        self.seconds = seconds("")
        droppedSeconds = Double(table[""]?[SegmentDecision.Verdict.dropped.word]?.frames ?? 0) / fps
        flags = FlagRule.all.filter { table[$0.flag.name] != nil }.map { rule in
            let name = rule.flag.name
            let numbers = SegmentDecision.Verdict.allCases.map { segments(name, $0) }
            return Flag(
                flag: name, action: settings.policy[flag: rule.flag].rawValue, segments: numbers.reduce(0, +),
                kept: segments(name, .kept), dropped: segments(name, .dropped), fixed: segments(name, .fixed),
                seconds: seconds(name))
        }
        outdated = try catalog.decidedOtherwiseCount(
            stage: StageName.ingest, settingsKey: key, policyKey: settings.policyKey)
    }

    /// Segments that are left out, by the flags that drop them; one with two such flags counts for both.
    package var droppedByFlag: [String: Int] {
        Dictionary(uniqueKeysWithValues: flags.filter { $0.dropped > 0 }.map { ($0.flag, $0.dropped) })
    }

    /// One line: what became of the segments; nil when there are none.
    package var summary: String? {
        guard segments > 0 else { return nil }
        let names = flags.filter { $0.dropped > 0 }.map { "\($0.dropped) \($0.flag)" }.joined(separator: ", ")
        return "\(segments) segments = \(kept) kept + \(fixed) fixed + \(dropped) dropped"
            + (names.isEmpty ? "" : " (\(names))")
    }

    /// The table of flags, with its header.
    package var rows: [[String]] {
        [["flag", "policy", "segments", "kept", "dropped", "fixed", "seconds"]]
            + flags.map { flag in
                [
                    flag.flag, flag.action, String(flag.segments), String(flag.kept), String(flag.dropped),
                    String(flag.fixed), String(Int(flag.seconds.rounded())),
                ]
            }
    }

    /// The lines in `status`.
    package var lines: [String] {
        guard let summary else { return [] }
        var lines = [summary]
        if outdated > 0 {
            lines.append(
                "\(outdated) videos were decided under another policy; run avprep ingest to apply the current one")
        }
        if !flags.isEmpty { lines += TextTable.text(rows).split(separator: "\n").map { "  " + $0 } }
        return lines
    }
}

extension ShardIndex.LeftOut {
    package init(_ decisions: DecisionReport) {
        self.init(
            segments: decisions.dropped, seconds: decisions.droppedSeconds, flags: decisions.droppedByFlag)
    }

    /// A line for the segments and one for the near-duplicates, where there are any.
    package var lines: [String] {
        var lines: [String] = []
        if segments > 0 {
            let names = flags.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            lines.append("\(segments) segments are dropped by the policy: \(names.joined(separator: ", "))")
        }
        if let videos = nearDuplicates {
            lines.append("\(videos.count) videos are dropped as near-duplicates of others")
        }
        return lines
    }
}
