import AVPrepCore
import AVPrepModel
import AVPrepSettings

/// What the rows of a manifest mean: its columns, the names of its media, and what is fixed for all rows.
struct ManifestLayout {
    let kind: ManifestSettings.Layout
    let patterns: [NamePattern]
    /// What separates labels in a cell.
    let labelSeparator: Character?
    /// Length of a range without an end; nil: to the end of the film.
    let rangeSeconds: Double?
    /// The split of all rows.
    let split: Split?

    private static let published: [ManifestSettings.Layout: [String]] = [
        .kinetics: [
            "{id}_{start:06}_{end:06}.mp4", "{split}/{id}_{start:06}_{end:06}.mp4",
            "{label}/{id}_{start:06}_{end:06}.mp4", "{split}/{label}/{id}_{start:06}_{end:06}.mp4", "{id}.mp4",
        ],
        .vggsound: ["{id}_{start:06}.mp4", "{split}/{id}_{start:06}.mp4", "{id}.mp4"],
        .audioset: [
            "{id}_{start:.3}_{end:.3}.mp4", "{id}_{start:ms}_{end:ms}.mp4", "{id}_{start}_{end}.mp4", "{id}.mp4",
        ],
        .columns: ["{id}.mp4"],
    ]

    /// - Parameters:
    ///   - kind: not `auto`.
    ///   - name: of the manifest; AudioSet says the split there.
    /// - Throws: ``MalformedRow`` for a pattern that cannot be read.
    init(_ kind: ManifestSettings.Layout, _ settings: ManifestSettings, name: BytePath) throws {
        self.kind = kind
        let names = settings.patterns.isEmpty ? Self.published[kind] ?? [] : settings.patterns
        patterns = try names.map { try NamePattern($0) }
        labelSeparator = settings.labelSeparator.first ?? (kind == .audioset ? "," : nil)
        rangeSeconds = settings.rangeSeconds > 0 ? settings.rangeSeconds : kind == .vggsound ? 10 : nil
        let file = String(decoding: name.name, as: UTF8.self)
        split =
            kind != .audioset
            ? nil : file.hasPrefix("eval_segments") ? .test : file.contains("train_segments") ? .train : nil
    }

    /// The layout that the first lines of a table speak of.
    ///
    /// - Parameters:
    ///   - comments: lines with `#` before the first row.
    ///   - first: the cells of the first row.
    static func recognised(_ comments: [String], _ first: [String]) -> ManifestSettings.Layout {
        if comments.contains(where: { $0.contains("YTID") }) { return .audioset }
        let names = Set(first.map { $0.trimmingBlanks.lowercased() })
        if names.isSuperset(of: ["youtube_id", "time_start", "time_end"]) { return .kinetics }
        let cells = first.map(\.trimmingBlanks)
        let isID = cells[0].utf8.count == 11 && !cells[0].contains(".")
        if isID, (3...4).contains(cells.count), Int(cells[1]) != nil,
            cells.count == 3 || Split(manifestWord: cells[3]) != nil
        {
            return .vggsound
        }
        return .columns
    }
}
