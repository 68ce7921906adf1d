package import AVPrepCore

/// The videos to prepare.
package struct CorpusSettings: Sendable, Equatable, StoredSettings {
    /// Video files, folders (searched recursively) and list files (`.txt`, one path per line).
    package var paths = ["videos"]
    /// Files and folders that are left out where a folder is searched, as ``FilePattern``s: what recycle bins, file servers,
    /// other systems and half-finished downloads leave in folders of videos, and what is hidden. Of the patterns that match,
    /// the first counts. Files that are named, on the command line or by a list, are never left out.
    package var exclude = [
        "@eaDir", "#recycle", "@Recycle", "@Recently-Snapshot", "$RECYCLE.BIN", "RECYCLER", "System Volume Information",
        "found.[0-9][0-9][0-9]", "lost+found", "__MACOSX", ".Trash*", "._*", ".*", "*.part", "*.part-Frag*",
        "*.temp.*", "*.ytdl", "*.aria2", "*.crdownload", "*.download", "*.filepart", "*.!qB", "*.!ut", "*.bc!",
        "* beside {}.part", "* beside {}.ytdl", "* beside {}.aria2", "*.f[0-9]*.* beside {1}.*.part",
    ]
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

    /// Before, hidden files and folders were left out, and nothing else.
    package static var laterKeys: [String: LaterKey] { ["exclude": .omitted(at: [".*"])] }
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
