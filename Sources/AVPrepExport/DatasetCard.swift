import AVPrepCatalog
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

    /// - Throws: `CatalogError` when there is no catalog to say what was left out.
    init(index: ShardIndex, workspace: Workspace, request: ExportRequest) throws {
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        let stage = try catalog.counts(stage: StageName.ingest, settingsKey: try workspace.settings.ingest.key)
        let decisions = try DecisionReport(catalog: catalog, settings: workspace.settings.ingest)
        text =
            [
                Self.header(index, request), "# \(request.title)", Self.contents(index), Self.layout(index, request),
                Self.pairs(index), Self.dropped(stage), Self.decided(decisions),
                Self.settings(workspace),
            ].joined(separator: "\n\n") + "\n"
    }

    // MARK: - Header

    private static func header(_ index: ShardIndex, _ request: ExportRequest) -> String {
        let hubNames = [Split.train: "train", .val: "validation", .test: "test"]
        let splits = Split.allCases.filter { index.splits[$0.rawValue] != nil }
        let files = splits.map {
            "      - split: \(hubNames[$0] ?? $0.rawValue)\n        path: data/\($0.rawValue)-*.tar"
        }
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

    private static func layout(_ index: ShardIndex, _ request: ExportRequest) -> String {
        let layout = index.layout
        var rows = [["`json`", "source, start, size, flags and what was measured"]]
        if request.parts.contains(.frames) {
            rows.append(
                layout.frameCodec != .raw
                    ? [
                        "`000000.\(layout.frameCodec == .png ? "png" : "jpg")` …",
                        "frames, \(layout.fps.shortText) a second",
                    ]
                    : ["`frames.npy`", "frames, uint8 [frame, y, x, RGB], \(layout.fps.shortText) a second"])
        }
        if request.parts.contains(.pcm), let pcm = layout.pcm {
            rows.append(["`wav`", "\(pcm.sampleRate) samples a second, \(channels(pcm.channels))"])
        }
        if request.parts.contains(.waveforms) {
            for waveform in layout.waveforms {
                rows.append([
                    "`\(waveform.name).wav`", "\(waveform.sampleRate) samples a second, \(channels(waveform.channels))",
                ])
            }
        }
        if request.parts.contains(.spectrograms) {
            for spectrogram in layout.spectrograms {
                rows.append([
                    "`\(spectrogram.name).npy`",
                    "\(spectrogram.storedType.rawValue) [frame, \(spectrogram.bins)], \(spectrogram.framesPerSecond.shortText) frames a second",
                ])
            }
        }
        if request.parts.contains(.flow), let flow = layout.flow {
            for direction in flow.directions {
                let name = "flow_\(direction.rawValue)"
                rows.append([
                    flow.codec == .raw ? "`\(name).npy`" : "`\(name).000000.\(flow.codec == .png ? "png" : "jpg")` …",
                    "optical flow (\(flow.method)), \((flow.storedType ?? .uint8).rawValue), x above y, "
                        + flow.quantisation,
                ])
            }
        }
        if request.parts.contains(.motion), layout.hasMotion {
            rows.append(["`motion.npy`", "homographies to the central frame, float32 [frame, 3, 3]"])
            rows.append([
                "`motion_rates.npy`",
                "float32 [frame, \(SegmentSample.motionRates.joined(separator: ", "))], pixels and degrees a second",
            ])
        }
        return "## Samples\n\nOne sample a segment; members of one key, by ending. Frame 0 and sound sample 0 are "
            + "simultaneous.\n\n" + table(["ending", "holds"], rows) + leftOut(layout, request)
    }

    private static func channels(_ count: Int) -> String {
        count == 1 ? "mono" : count == 2 ? "stereo" : "\(count) channels"
    }

    /// What the shards hold and the export, as it was ordered, does not.
    private static func leftOut(_ layout: StoreLayout, _ request: ExportRequest) -> String {
        let held: [(part: SegmentSample.Part, isHeld: Bool)] = [
            (.frames, true), (.flow, layout.flow != nil), (.motion, layout.hasMotion), (.pcm, layout.pcm != nil),
            (.waveforms, !layout.waveforms.isEmpty), (.spectrograms, !layout.spectrograms.isEmpty),
        ]
        let names = held.filter { $0.isHeld && !request.parts.contains($0.part) }.map(\.part.rawValue)
        return names.isEmpty ? "" : "\n\nThe shards also hold \(names.joined(separator: ", ")), left out here."
    }

    private static func pairs(_ index: ShardIndex) -> String {
        var rows: [[String]] = []
        for set in index.pairSets {
            for split in Split.allCases {
                guard let counts = set.counts[split.rawValue] else { continue }
                rows.append([
                    "`pairs/\(set.name).csv`", split.rawValue,
                    PairKind.allCases.compactMap { kind in counts[kind.name].map { "\($0) \(kind.name)" } }
                        .joined(separator: ", "),
                ])
            }
        }
        guard !rows.isEmpty else { return "## Pairs\n\nNone." }
        return "## Pairs\n\nPictures and sounds to be told apart, as places in the samples (`video_segment`, "
            + "`video_start_frame`, `audio_segment`, `audio_segment_seconds`).\n\n"
            + table(["table", "split", "pairs"], rows)
    }

    // MARK: - How it was made

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

    private static func settings(_ workspace: Workspace) -> String {
        """
        ## Settings

        Made by avprep \(Version.text) with these settings:

        ```yaml
        \(PipelineFile.text(of: workspace.settings, heading: []).trimmingCharacters(in: .newlines))
        ```
        """
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        ([header, header.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}
