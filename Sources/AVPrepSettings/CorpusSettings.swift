package import AVPrepCore
package import AVPrepModel

/// The videos to prepare.
package struct CorpusSettings: Sendable, Equatable, StoredSettings {
    /// Video files, folders (searched recursively), list files (`.txt`, one path per line) and manifests (`.csv`, `.tsv`,
    /// `.jsonl`).
    package var paths = ["videos"]
    /// How manifests are read.
    package var manifest = ManifestSettings()
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
    /// Empty: every file is a source of its own.
    ///
    /// The default recognises the clip names of public data sets, and no others: Kinetics (`ID_000010_000020.mp4`) and
    /// AudioSet (`ID_30.000_40.000.mp4`), whose two times no other file has behind eleven characters; VGGSound
    /// (`ID_000030.mp4`), where the eleven characters have to look like a YouTube id, too; and UCF101
    /// (`v_Archery_g01_c02.avi`). A name that somebody chose is made of words: it has a run of letters, or no capitals, or
    /// no small letters. One YouTube id in ten looks like that by chance, and its clips then count as sources of their own.
    package var sourcePattern =
        #"(?:^|/)(?:([A-Za-z0-9_-]{11})_(?:[0-9]{6}_[0-9]{6}|[0-9]{1,6}\.[0-9]{3}_[0-9]{1,6}\.[0-9]{3})"#
        + #"|(?=[A-Za-z0-9_-]{0,10}[A-Z])(?=[A-Za-z0-9_-]{0,10}[a-z])"#
        + #"(?![A-Za-z0-9_-]{0,10}(?:[a-z]{5}|[A-Z]{5}|[0-9]{4}))([A-Za-z0-9_-]{11})_[0-9]{6}"#
        + #"|(v_[A-Za-z]+_g[0-9]{2})_c[0-9]{2})\.[A-Za-z0-9]+$"#

    /// The default of earlier versions, which took any name of eleven letters and a number for a YouTube id.
    static let firstSourcePattern = #"(?:^|/)(?:([\w-]{11})_\d+(?:[._]\d+)*|(v_\w+_g\d+)_c\d+)\.\w+$"#

    package init() {}

    /// Before, hidden files and folders were left out, and nothing else; and there were no manifests.
    package static var laterKeys: [String: LaterKey] {
        ["exclude": .omitted(at: [".*"]), "manifest": .omitted(at: ManifestSettings())]
    }
}

/// The folders and files of the results, relative to the pipeline file.
package struct FolderSettings: Sendable, Equatable, StoredSettings {
    package var prepared = "prepared"
    package var shards = "shards"
    package var runs = "runs"
    /// The SQLite file that records the outcome of every video.
    package var catalog = "catalog.sqlite"
    /// How the catalog keeps what is being written.
    package var catalogJournal = CatalogJournal.automatic
    /// The file that is locked while a command changes the folder.
    package var lock = ".avprep.lock"
    /// Files fetched from the web addresses that are listed.
    package var downloads = "downloads"
    /// Where tasks that divide an ingest meet.
    package var parts = "parts"

    package init() {}

    package static var laterKeys: [String: LaterKey] {
        [
            "catalogJournal": .omitted(at: CatalogJournal.automatic.rawValue), "lock": .omitted(at: ".avprep.lock"),
            "downloads": .omitted(at: "downloads"), "parts": .omitted(at: "parts"),
        ]
    }
}
