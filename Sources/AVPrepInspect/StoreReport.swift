import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
import Foundation

/// The report on a prepared file or a shard.
struct StoreReport: Sendable, Codable {
    struct PairSetCounts: Sendable, Codable {
        let name: String
        let pairs: Int
        /// Pairs by kind.
        let kinds: [String: Int]
    }

    /// `prepared` or `shard`.
    let kind: String
    let path: String
    let bytes: Int64
    /// Root attributes with a single value: versions, the settings' key, the seed.
    let attributes: [String: AttributeValue]
    let layout: StoreLayout
    let segments: Int
    let videos: Int
    let frames: Int
    let seconds: Double
    /// Bytes of the stored frames.
    let frameBytes: Int
    /// Segments by split; empty in prepared files.
    let splits: [String: Int]
    /// Total seconds of the segments with each flag.
    let flagSeconds: [String: Double]
    /// The policy's decisions on the segments of a prepared file, in order; empty for shards, which hold only segments
    /// that were kept.
    let decisions: [DecidedSegment]
    /// The first few of the videos' paths, as listed in the corpus.
    let sources: [String]
    /// The sets of the pair file beside a shard.
    let pairSets: [PairSetCounts]
    /// Segments by label, of the label file beside a shard; nil without labels.
    let labels: [String: Int]?

    private static let sourceLimit = 20

    /// - Parameters:
    ///   - pairSets: those of a shard's pair file.
    ///   - labels: those of its label file.
    init(_ reader: StoreReader, bytes: Int64, pairSets: [PairSet], labels: SegmentLabels?) throws {
        self.labels = labels.flatMap { labels in
            labels.vocabulary.isEmpty
                ? nil
                : reader.segments.indices.reduce(into: [:]) { counts, row in
                    for label in labels[row] { counts[label, default: 0] += 1 }
                }
        }
        kind = reader.kind.rawValue
        path = reader.path
        self.bytes = bytes
        // The settings and the layout are long texts; the layout is reported in full below.
        attributes = reader.attributes.filter { name, _ in
            ["format", "format_version", "avprep_version", "settings_key", "seed"].contains(name)
        }
        layout = reader.layout
        segments = reader.segments.count
        videos = Set(reader.segments.map(\.segment.videoID)).count
        let fps = reader.layout.fps
        var frames = 0
        var frameBytes = 0
        var splits: [String: Int] = [:]
        var flagSeconds: [String: Double] = [:]
        var sources: [String] = []
        for stored in reader.segments {
            frames += stored.frames.count
            frameBytes += stored.frames.reduce(0) { $0 + reader.frameByteCount($1) }
            if let split = stored.split { splits[split.rawValue, default: 0] += 1 }
            for flag in stored.segment.flags.setNames {
                flagSeconds[flag, default: 0] += Double(stored.frames.count) / fps
            }
            let source = stored.segment.source
            if sources.count < Self.sourceLimit, !sources.contains(where: { $0.utf8.elementsEqual(source.utf8) }) {
                sources.append(source)
            }
        }
        try reader.refuseNewerSettings()
        let settings = try reader.kind == .prepared ? reader.ingestSettings : IngestSettings()
        decisions =
            reader.kind == .prepared
            ? reader.segments.enumerated().map { DecidedSegment($1.segment, number: $0, settings: settings) } : []
        self.frames = frames
        self.frameBytes = frameBytes
        self.splits = splits
        self.flagSeconds = flagSeconds
        self.sources = sources
        seconds = Double(frames) / fps
        self.pairSets = pairSets.map { set in
            let kinds = Dictionary(grouping: set.pairs) { $0.kind.name }.mapValues(\.count)
            return PairSetCounts(name: set.name, pairs: set.pairs.count, kinds: kinds)
        }
    }

    /// Rows with a label and a value.
    var rows: [[String]] {
        var rows = [["file", "\(path), \(QuantityText.bytes(bytes))"]]
        rows.append([
            "kind", "\(kind), " + attributes.sorted { $0.key < $1.key }.map(Self.text).joined(separator: ", "),
        ])
        rows.append([
            "segments", "\(segments) of \(videos) videos, \(QuantityText.seconds(seconds)), \(frames) frames",
        ])
        if !splits.isEmpty { rows.append(["  splits", Self.text(splits.mapValues { "\($0)" })]) }
        rows.append([
            "frames",
            "\(layout.frameCodec.rawValue) at \(QuantityText.number(layout.fps)) fps, \(QuantityText.bytes(Int64(frameBytes)))",
        ])
        if let flow = layout.flow {
            let directions = flow.directions.map(\.rawValue).joined(separator: " and ")
            let method = [flow.method, flow.preset].compactMap(\.self).joined(separator: " ")
            rows.append(["flow", "\(directions), \(method), within ±\(QuantityText.number(flow.bound)) pixels"])
        }
        if let pcm = layout.pcm { rows.append(["pcm", "\(pcm.sampleRate) Hz, \(pcm.channels) channels"]) }
        for spectrogram in layout.spectrograms {
            rows.append([
                spectrogram.name,
                "\(spectrogram.bins) bins, \(QuantityText.number(spectrogram.framesPerSecond)) per second, \(spectrogram.storedType.rawValue)",
            ])
        }
        let flags = flagSeconds.mapValues { QuantityText.seconds($0) }
        rows.append(["flags", flags.isEmpty ? "none" : Self.text(flags)])
        rows += DecisionText.rows(decisions, times: decisions.map { "segment \($0.number)" })
        for set in pairSets {
            rows.append(["pairs \(set.name)", "\(set.pairs): " + Self.text(set.kinds.mapValues { "\($0)" })])
        }
        if let labels {
            let most = labels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.sourceLimit)
            let text = most.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            rows.append(["labels", PathEscape.withoutControls(text) + (labels.count > most.count ? ", …" : "")])
        }
        rows.append(["videos", sources.joined(separator: ", ") + (videos > sources.count ? ", …" : "")])
        return rows
    }

    private static func text(_ values: [String: String]) -> String {
        values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private static func text(_ attribute: (key: String, value: AttributeValue)) -> String {
        let value = attribute.value.text ?? attribute.value.number.map { QuantityText.number($0) } ?? "?"
        return "\(attribute.key) \(value)"
    }
}
