package import AVPrepCatalog
package import AVPrepCore
package import AVPrepModel

/// A video as listed in the corpus, and the file it refers to.
package struct CorpusItem: Sendable, Equatable {
    /// The path as listed: relative to the folder or list that contains it. The catalog uses it as the video's name.
    package let listed: BytePath
    /// The path to open.
    package var path: BytePath { isInFolder ? place.appending(listed.name) : place }
    /// The folder of its file, which all files of one share; the file's path where it is called otherwise than it is listed.
    private let place: BytePath
    private let isInFolder: Bool
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

    /// A file in a folder that is walked.
    ///
    /// - Parameter folder: the path of the folder, in which the file has the name that it is listed by.
    init(listed: BytePath, in folder: BytePath, root: CorpusRoot, _ status: EntryStatus) {
        self.init(
            listed, nil, (folder, true), pathLength: folder.bytes.count + 1 + listed.name.count, root: root, status)
    }

    /// - Parameter path: of the file.
    init(_ name: ItemName, path: BytePath, root: CorpusRoot, _ status: EntryStatus) {
        self.init(name.listed, name.range, (path, false), pathLength: path.bytes.count, root: root, status)
    }

    private init(
        _ listed: BytePath, _ range: TimeRange?, _ place: (path: BytePath, isFolder: Bool), pathLength: Int,
        root: CorpusRoot, _ status: EntryStatus
    ) {
        (self.listed, self.range, self.place, isInFolder) = (listed, range, place.path, place.isFolder)
        self.root = root
        var fault: Outcome.Reason?
        switch status {
        case .regular(let identity): self.identity = identity
        case .folder, .other, .broken, .gone, .unknown:
            identity = nil
            fault = Self.fault(status, listed)
        }
        if fault != nil, listed.isWebAddress, status == .gone { fault = Self.notDownloaded(listed) }
        if pathLength > Self.maxPathBytes {
            fault = Outcome.Reason(
                "path-too-long",
                "\(listed): its path has \(pathLength) bytes, of which the system takes \(Self.maxPathBytes); move it up, or give folders shorter names"
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
        (listed, range, place, isInFolder, self.root) = (name.listed, name.range, path, false, root)
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
        (listed, place, isInFolder, range) = (seen.listed, seen.place, seen.isInFolder, seen.range)
        (root, identity) = (seen.root, seen.identity)
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

/// Items by their names, in little memory: millions of them are held once, in order.
package struct ItemsByName: Sendable {
    private let items: [CorpusItem]

    /// - Parameter items: each name once. In the byte order of the names they are not copied.
    package init(_ items: [CorpusItem]) {
        let isSorted = zip(items, items.dropFirst()).allSatisfy { $0.listed < $1.listed }
        self.items = isSorted ? items : items.sorted { $0.listed < $1.listed }
    }

    package subscript(name: BytePath) -> CorpusItem? {
        var (low, high) = (0, items.count)
        while low < high {
            let middle = (low + high) / 2
            if items[middle].listed < name { low = middle + 1 } else { high = middle }
        }
        return low < items.count && items[low].listed == name ? items[low] : nil
    }
}
