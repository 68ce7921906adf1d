package import AVPrepCatalog
package import AVPrepCore
package import AVPrepModel

/// A video as listed in the corpus, and the file it refers to.
package struct CorpusItem: Sendable, Equatable {
    /// The path as listed: relative to the folder or list that contains it. The catalog uses it as the video's name.
    package let listed: BytePath
    /// The path to open.
    package let path: BytePath
    /// What it was found by.
    package let root: CorpusRoot
    /// In bytes, and in nanoseconds since 1970; -1 and 0 where there is no regular file.
    package let size: Int64
    package let modifiedNanoseconds: Int64
    /// Why it cannot be a video at all: it is not opened then. Nil for a regular file.
    package let fault: Outcome.Reason?

    /// The longest path that the system takes.
    static let maxPathBytes = 4095

    init(listed: BytePath, path: BytePath, root: CorpusRoot, _ status: EntryStatus) {
        self.listed = listed
        self.path = path
        self.root = root
        var fault: Outcome.Reason?
        switch status {
        case .regular(let bytes, let time):
            (size, modifiedNanoseconds) = (bytes, time)
        case .folder, .other, .broken, .gone, .unknown:
            (size, modifiedNanoseconds) = (-1, 0)
            fault = Self.fault(status, listed)
        }
        if path.bytes.count > Self.maxPathBytes {
            fault = Outcome.Reason(
                "path-too-long",
                "\(listed): its path has \(path.bytes.count) bytes, of which the system takes \(Self.maxPathBytes); move it up, or give folders shorter names"
            )
        }
        self.fault = fault
    }

    private static func fault(_ status: EntryStatus, _ listed: BytePath) -> Outcome.Reason {
        switch status {
        case .folder:
            Outcome.Reason(
                "not-regular", "\(listed) is not a regular file (a folder): list it in corpus.paths, or its videos")
        case .other(let kind): Outcome.Reason("not-regular", "\(listed) is not a regular file (\(kind)): remove it")
        case .broken(let kind): Outcome.Reason("unreadable", "cannot open \(listed): it is \(kind); mend or remove it")
        case .unknown(let reason): Outcome.Reason("unreadable", "cannot open \(listed): \(reason)")
        case .gone, .regular: Outcome.Reason("unreadable", "cannot open \(listed): No such file or directory")
        }
    }

    /// The item as the catalog lists it.
    package var listedFile: ListedFile {
        ListedFile(path: listed, size: size, modifiedNanoseconds: modifiedNanoseconds, root: root)
    }
}
