package import AVPrepCatalog
package import AVPrepCore
package import AVPrepModel

/// A video as listed in the corpus, and the file it refers to.
package struct CorpusItem: Sendable, Equatable {
    /// The path as listed: relative to the folder or list that contains it. The catalog uses it as the video's name.
    package let listed: BytePath
    /// The path to open.
    package let path: BytePath
    /// The part of the file that it is; nil: all of it.
    package let range: TimeRange?
    /// What it was found by.
    package let root: CorpusRoot
    /// The file as it was when it was listed, before anything of it was read: what is found to differ later was written to
    /// meanwhile. Nil where there is no regular file.
    package let identity: FileIdentity?
    /// Why it cannot be a video at all: it is not opened then. Nil for a regular file.
    package let fault: Outcome.Reason?
    /// What manifests say of it.
    package internal(set) var notes: [ItemNote] = []

    /// The longest path that the system takes.
    static let maxPathBytes = 4095

    init(listed: BytePath, path: BytePath, root: CorpusRoot, _ status: EntryStatus) {
        self.init(ItemName(file: listed, range: nil), path: path, root: root, status)
    }

    /// - Parameter path: of the file.
    init(_ name: ItemName, path: BytePath, root: CorpusRoot, _ status: EntryStatus) {
        listed = name.listed
        range = name.range
        self.path = path
        self.root = root
        var fault: Outcome.Reason?
        switch status {
        case .regular(let identity): self.identity = identity
        case .folder, .other, .broken, .gone, .unknown:
            identity = nil
            fault = Self.fault(status, listed)
        }
        if fault != nil, listed.isWebAddress, status == .gone { fault = Self.notDownloaded(listed) }
        if path.bytes.count > Self.maxPathBytes {
            fault = Outcome.Reason(
                "path-too-long",
                "\(listed): its path has \(path.bytes.count) bytes, of which the system takes \(Self.maxPathBytes); move it up, or give folders shorter names"
            )
        }
        self.fault = fault
    }

    /// An item by its listed name.
    ///
    /// - Parameter path: of its file.
    package init(named listed: BytePath, path: BytePath) {
        self.init(ItemName(listed: listed), path: path, root: CorpusRoot("", .named), EntryStatus(at: path))
    }

    /// An item of which there is no file, with the reason.
    init(_ name: ItemName, path: BytePath, root: CorpusRoot, missing: Outcome.Reason) {
        (listed, range, self.path, self.root) = (name.listed, name.range, path, root)
        (identity, fault) = (nil, missing)
    }

    /// Whether it is the web address of a file that is not here.
    package var isToBeDownloaded: Bool { listed.isWebAddress && identity == nil }

    /// The same item after its file was fetched, or with the reason why it was not.
    func downloaded(_ reason: Outcome.Reason?) -> CorpusItem {
        CorpusItem(self, EntryStatus(at: path), reason)
    }

    private init(_ item: CorpusItem, _ status: EntryStatus, _ reason: Outcome.Reason?) {
        let seen = CorpusItem(ItemName(listed: item.listed), path: item.path, root: item.root, status)
        (listed, path, range, root, identity) = (seen.listed, seen.path, seen.range, seen.root, seen.identity)
        fault = reason ?? seen.fault
        notes = item.notes
    }

    private static func notDownloaded(_ listed: BytePath) -> Outcome.Reason {
        Outcome.Reason(
            Outcome.Reason.downloadError, "\(listed) is not downloaded yet: run avprep download, or avprep ingest")
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

    /// The item as the catalog lists it: with size -1 where there is no regular file.
    package var listedFile: ListedFile {
        ListedFile(
            path: listed, size: identity?.size ?? -1, modifiedNanoseconds: identity?.modifiedNanoseconds ?? 0,
            root: root)
    }
}
