import AVPrepCore

/// The videos to prepare.
package struct CorpusSettings: Sendable, Equatable, StoredSettings {
    /// Video files, folders (searched recursively) and list files (`.txt`, one path per line).
    package var paths = ["videos"]
    /// Extensions of video files in folders, without the dot.
    package var extensions = [
        "mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "flv", "wmv", "3gp", "ogv",
    ]
    /// A regular expression (ICU syntax) that finds the source of a video in its path: videos with the same text in its
    /// first group are excerpts of one source. They stay in one split and never serve as "other source" for each other.
    /// Empty: every file is a source of its own. The default recognises the clip names of public data sets: Kinetics,
    /// AudioSet and VGGSound (`--2b3x4F7g1_000010.mp4`, `--2b3x4F7g1_30.000_40.000.mp4`: an eleven-character YouTube
    /// id, and times) and UCF101 (`v_Archery_g01_c02.avi`).
    package var sourcePattern = #"(?:^|/)(?:([\w-]{11})_\d+(?:[._]\d+)*|(v_\w+_g\d+)_c\d+)\.\w+$"#

    package init() {}
}

/// The folders and files of the results, relative to the pipeline file.
package struct FolderSettings: Sendable, Equatable, StoredSettings {
    package var prepared = "prepared"
    package var shards = "shards"
    package var runs = "runs"
    /// The SQLite file that records the outcome of every video.
    package var catalog = "catalog.sqlite"

    package init() {}
}
