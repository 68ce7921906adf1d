import AVPrepCore

/// Which videos there are.
package struct CorpusSettings: Sendable, Equatable, StoredSettings {
    /// Video files, folders (searched to the bottom) and list files (`.txt`, one path a line).
    package var paths = ["videos"]
    /// Endings, without the dot, by which a folder's videos are known.
    package var extensions = [
        "mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "flv", "wmv", "3gp", "ogv",
    ]
    /// Which videos are excerpts of one source, by their paths: those for which the first group of this regular expression
    /// (ICU's syntax) holds the same. They stay on one side of the split and are no strangers to each other. Empty: every
    /// file is a source of its own. The default knows clips by the names that public sets give them: Kinetics, AudioSet and
    /// VGGSound (`--2b3x4F7g1_000010.mp4`, `--2b3x4F7g1_30.000_40.000.mp4`: eleven signs of YouTube, and times) and
    /// UCF101 (`v_Archery_g01_c02.avi`).
    package var sourcePattern = #"(?:^|/)(?:([\w-]{11})_\d+(?:[._]\d+)*|(v_\w+_g\d+)_c\d+)\.\w+$"#

    package init() {}
}

/// Where results lie, relative to the pipeline file.
package struct FolderSettings: Sendable, Equatable, StoredSettings {
    package var prepared = "prepared"
    package var shards = "shards"
    package var runs = "runs"
    /// The SQLite file that knows what happened to every video.
    package var catalog = "catalog.sqlite"

    package init() {}
}
