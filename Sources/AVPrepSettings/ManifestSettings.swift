import AVPrepCore

/// How the manifests among `corpus.paths` are read: tables (`.csv`, `.tsv`) and lists of objects (`.jsonl`) of videos with
/// times, labels and splits.
package struct ManifestSettings: Sendable, Equatable, StoredSettings {
    /// What the columns mean, and how media files are called.
    package enum Layout: String, Sendable, Codable, CaseIterable {
        /// By the first lines: one of the published layouts, else by the names of the columns.
        case auto
        /// `label,youtube_id,time_start,time_end,split` with a header.
        case kinetics
        /// `id,start,label,split` without a header.
        case vggsound
        /// `# YTID, start_seconds, end_seconds, positive_labels` in a comment.
        case audioset
        /// By `columns`, or the usual names.
        case columns
    }

    /// Columns by the name in the header, or by number from 1 on where there is none. Empty: by the usual names.
    package struct Columns: Sendable, Equatable, StoredSettings {
        package var path = ""
        package var id = ""
        package var start = ""
        package var end = ""
        package var labels: [String] = []
        package var split = ""

        package init() {}
    }

    package var layout = Layout.auto
    /// The folder where media lie, relative to the manifest's; empty: the manifest's folder.
    package var media = ""
    /// The names of media files of an id, the first that is there counts; empty: those of the layout.
    package var patterns: [String] = []
    package var columns = Columns()
    /// What separates labels within a cell; empty: as in the layout, else a cell is one label.
    package var labelSeparator = ""
    /// Length of a range whose end is not stated, in seconds; 0: as in the layout, else to the end of the film.
    package var rangeSeconds = 0.0

    package init() {}
}
