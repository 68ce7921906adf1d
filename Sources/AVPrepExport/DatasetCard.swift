import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation

/// The `README.md` of an exported data set: a YAML header by the Hugging Face hub's rules, then what is in it, how it was
/// made, and what was left out and why.
struct DatasetCard {
    let text: String

    /// - Parameter members: those of each sample.
    /// - Throws: `CatalogError` when there is no catalog to say what was left out; `StoreError`.
    init(shards: ShardSet, workspace: Workspace, request: ExportRequest, members: [SampleMember]) throws {
        // What the shards are, they say themselves: the pipeline file may have changed since.
        let index = shards.index
        let made = try index.shards.first.map { try shards.reader(of: $0).attributes } ?? [:]
        let config = made["config_json"]?.text ?? "{}"
        let settings = try? StoredJSON.decode(IngestSettings.self, from: config)
        text =
            [
                Self.header(index, request, members), "# \(request.title)", Self.contents(index),
                Self.samples(index, request, members), CardSnippets.text(index, members), Self.pairs(index),
                try Self.leftOut(index, settings, workspace), Self.settings(index, config, settings),
            ].joined(separator: "\n\n") + "\n"
    }

    // MARK: - Header

    private static func header(_ index: ShardIndex, _ request: ExportRequest, _ members: [SampleMember]) -> String {
        let hubNames = [Split.train: "train", .val: "validation", .test: "test"]
        let splits = Split.allCases.filter { index.splits[$0.rawValue] != nil }
        let files = splits.map {
            "      - split: \(hubNames[$0] ?? $0.rawValue)\n        path: data/\($0.rawValue)-*.tar"
        }
        // Types are declared, so that none is guessed from the first samples, where a measure may be null.
        let features = members.flatMap(\.featureLines) + ["__key__", "__url__"].flatMap(SampleMember.text)
        return """
            ---
            pretty_name: \(quoted(request.title))
            license: \(quoted(request.license))
            task_categories:
              - other
            tags:
              - audio-visual
              - self-supervised
              - video
              - webdataset
            size_categories:
              - \(sizeCategory(index.shards.reduce(0) { $0 + $1.segments }))
            dataset_info:
              features:
            \(features.joined(separator: "\n"))
            configs:
              - config_name: default
                data_files:
            \(files.joined(separator: "\n"))
            ---
            """
    }

    /// The hub's words for a number of rows.
    private static func sizeCategory(_ rows: Int) -> String {
        let steps = [(1000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M")]
        return steps.first { rows < $0.0 }?.1 ?? (rows < 10_000_000 ? "1M<n<10M" : "10M<n<100M")
    }

    // MARK: - What is in it

    private static func contents(_ index: ShardIndex) -> String {
        let rows = Split.allCases.compactMap { split -> [String]? in
            guard let totals = index.splits[split.rawValue] else { return nil }
            return [
                split.rawValue, String(totals.shards), String(totals.videos), String(totals.segments),
                String(format: "%.1f", totals.seconds / 60),
            ]
        }
        return "## Contents\n\n" + table(["split", "tars", "videos", "segments", "minutes"], rows)
    }

    private static func samples(_ index: ShardIndex, _ request: ExportRequest, _ members: [SampleMember]) -> String {
        "## Samples\n\nOne sample a segment; members of one key, by ending, the same in all samples. Frame 0 and sound "
            + "sample 0 are simultaneous.\n\n"
            + table(["ending", "holds"], members.map { ["`\($0.ending)`", $0.summary] })
            + notExported(index.layout, request)
    }

    /// What the shards hold and the export, as it was ordered, does not.
    private static func notExported(_ layout: StoreLayout, _ request: ExportRequest) -> String {
        let held: [(part: SegmentSample.Part, isHeld: Bool)] = [
            (.frames, true), (.flow, layout.flow != nil), (.motion, layout.hasMotion), (.pcm, layout.pcm != nil),
            (.waveforms, !layout.waveforms.isEmpty), (.spectrograms, !layout.spectrograms.isEmpty),
        ]
        let names = held.filter { $0.isHeld && !request.parts.contains($0.part) }.map(\.part.rawValue)
        return names.isEmpty ? "" : "\n\nThe shards also hold \(names.joined(separator: ", ")), left out here."
    }

    private static func pairs(_ index: ShardIndex) -> String {
        let settings = [
            "recipe", "hard_ratio", "super_hard_ratio", "clip_seconds", "sound_seconds", "gap_seconds", "seed",
        ]
        var rows: [[String]] = []
        for set in index.pairSets {
            for split in Split.allCases {
                guard let counts = set.counts[split.rawValue] else { continue }
                let numbers = PairKind.allCases.compactMap { kind in counts[kind.name].map { "\($0) \(kind.name)" } }
                rows.append(
                    ["`pairs/\(set.name).csv`", split.rawValue, numbers.joined(separator: ", ")]
                        + settings.map { set.attributes[$0]?.cardText ?? "" })
            }
        }
        guard !rows.isEmpty else { return "## Pairs\n\nNone." }
        return "## Pairs\n\nPictures and sounds to be told apart, as places in the samples (`video_segment`, "
            + "`video_start_frame`, `audio_segment`, `audio_segment_seconds`), and what each table was drawn with.\n\n"
            + table(["table", "split", "pairs"] + settings.map { "`\($0)`" }, rows)
    }

    // MARK: - How it was made

    /// - Parameter settings: those that the shards were made with; nil where this avprep cannot read them.
    private static func leftOut(_ index: ShardIndex, _ settings: IngestSettings?, _ workspace: Workspace) throws
        -> String
    {
        guard let settings else {
            return "## Left out\n\n\(index.leftOut?.segments ?? 0) segments, by the policy."
        }
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        let stage = try catalog.counts(stage: StageName.ingest, settingsKey: try settings.key)
        guard stage.done > 0 else {
            return
                "## Left out\n\n\(index.leftOut?.segments ?? 0) segments, by the policy. What became of the files when "
                + "these shards were made is not known any more: the corpus was prepared under other settings since."
        }
        return try dropped(stage) + "\n\n" + decided(DecisionReport(catalog: catalog, settings: settings))
    }

    private static func dropped(_ stage: StageCounts) -> String {
        let summary = "Of \(stage.listed) files, \(stage.done) are in it"
        guard !stage.reasons.isEmpty else { return "## Left out\n\n\(summary)." }
        let rows = stage.reasons.map { [$0.status, $0.code, String($0.count)] }
        return "## Left out\n\n\(summary); the others and their reasons:\n\n"
            + table(["outcome", "reason", "files"], rows)
    }

    private static func decided(_ decisions: DecisionReport) -> String {
        let summary = decisions.summary ?? "no segments"
        guard !decisions.flags.isEmpty else { return "## Flags\n\nOf the videos' segments: \(summary)." }
        return
            "## Flags\n\nOf the videos' segments: \(summary). A segment may carry several flags; fixed: the samples no "
            + "longer show it.\n\n" + table(decisions.rows[0], Array(decisions.rows.dropFirst()))
    }

    private static func settings(_ index: ShardIndex, _ config: String, _ settings: IngestSettings?) -> String {
        let text = settings.map { "```yaml\n" + PipelineFile.text(of: $0) } ?? "```json\n" + config + "\n"
        return """
            ## Settings

            Made by \(index.createdBy), with the seed \(index.seed) and these settings:

            \(text)```
            """
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        ([header, header.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}

extension AttributeValue {
    /// The value as a cell of a table.
    fileprivate var cardText: String? { text ?? integer.map(String.init) ?? number?.shortText }
}
