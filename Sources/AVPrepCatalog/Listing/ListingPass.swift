import AVPrepCore
import GRDB

/// A listing beside the catalog's items, both in the order of their texts: only what differs is written.
///
/// It goes on after each batch of changes. Rows that the listing does not concern are jumped over.
struct ListingPass<Files: RandomAccessCollection<ListedFile>> {
    private let files: Files
    private let roots: ListingRoots
    private let isGone: (BytePath) -> Bool
    /// Whether each row is of concern.
    private let isEverything: Bool
    private let isWhole: Bool
    private var walked: PathRanges
    private var unreachable: PathRanges

    private var place: Files.Index
    /// The next file, with the text of its path; nil after the last.
    private var next: (file: ListedFile, text: String)?
    /// Whether it is the same as the last one's, whose row has to be there first.
    private var isRepeated = false
    /// Where the first row lies that was not looked at, or before; nil when there is none.
    private var rest: String? = ""

    private(set) var changes: [ItemChange] = []
    private(set) var listing = ListingChange()
    private(set) var vanished = 0

    /// - Parameter files: in the order of their texts.
    init(_ files: Files, scope: ListingScope, roots: ListingRoots, isGone: @escaping (BytePath) -> Bool) {
        (self.files, self.roots, self.isGone) = (files, roots, isGone)
        (isEverything, isWhole) = (scope.isWhole || !scope.lists.isEmpty, scope.isWhole)
        (walked, unreachable) = (PathRanges(scope.walked), PathRanges(scope.unreachable))
        place = files.startIndex
        next = files.first.map { ($0, $0.path.escaped) }
    }

    var isDone: Bool { next == nil && rest == nil }

    /// Changes that are written at a time.
    private static var batch: Int { 10_000 }

    /// Compares files with items until there is a batch of changes, or nothing left.
    mutating func compare(in database: Database) throws {
        changes.removeAll(keepingCapacity: true)
        var rows = try KnownItems(database, from: rest)
        while changes.count < Self.batch, !isRepeated {
            guard let known = rows.current else {
                guard let next else { break }
                add(next.file)
                continue
            }
            let order = next.map { $0.text.order(known.path) } ?? 1
            if let next, order < 0 {
                add(next.file)
            } else if let next, order == 0 {
                meet(next.file, known)
                try rows.step()
            } else if isEverything || concerns(known.path) {
                try miss(known)
                try rows.step()
            } else {
                try rows.pass(to: [next?.text, walked.nextStart, unreachable.nextStart])
            }
        }
        rest = isRepeated ? next?.text : rows.current?.path
        isRepeated = false
    }

    private mutating func concerns(_ path: String) -> Bool {
        let isWalked = walked.contains(path)
        return unreachable.contains(path) || isWalked
    }

    private mutating func advance() {
        let last = next
        files.formIndex(after: &place)
        guard place < files.endIndex else {
            next = nil
            return
        }
        let file = files[place]
        next = (file, file.path.escaped)
        if let last, last.file.path == file.path { isRepeated = true }
    }

    private mutating func add(_ file: ListedFile) {
        changes.append(.insert(file, root: roots.number(of: file.root)))
        listing.added += 1
        advance()
    }

    /// A file whose item is known.
    private mutating func meet(_ file: ListedFile, _ known: KnownItem) {
        let listedBy = roots.number(of: file.root)
        // What a manifest names stays the manifest's, though a list (of what to try again, say) names it too: it leaves the
        // corpus with its row.
        let isKept = !known.isVanished && roots.isManifest(known.root) && !roots.isManifest(listedBy)
        let root = isKept ? known.root ?? listedBy : listedBy
        if known.isVanished { listing.returned += 1 }
        if known.size == file.size, known.modifiedNanoseconds == file.modifiedNanoseconds {
            listing.unchanged += 1
            if known.isVanished || known.isUnreachable {
                changes.append(.bringBack(known.path, root: root))
            } else if root != known.root || root != listedBy || file.root.kind == .named {
                // Else the root's own run tells when it was listed.
                changes.append(.note(known.path, root: root))
            }
        } else {
            listing.changed += 1
            changes.append(.replace(known.path, file, root: root))
        }
        advance()
    }

    /// An item that is not listed: it has vanished where one has looked for it, and is unreachable where one could not look.
    private mutating func miss(_ known: KnownItem) throws {
        guard !known.isVanished else { return }
        let isWalked = walked.contains(known.path)
        let isUnreachable = unreachable.contains(known.path) || (known.isUnreachable && !isWalked)
        let isVanished =
            !isUnreachable
            && (isWhole || roots.isReadList(known.root)
                || isWalked && (roots.isFolder(known.root) || isGone(BytePath(escaped: known.path))))
        guard isVanished || isUnreachable != known.isUnreachable else { return }
        if isVanished { vanished += 1 }
        changes.append(
            .leave(
                known.path, isVanished: isVanished, isUnreachable: isUnreachable,
                lastRun: known.isUnreachable ? known.lastRun : max(known.lastRun, roots.lastRun(of: known.root))))
    }
}

/// What is to be written of one item.
enum ItemChange {
    case insert(ListedFile, root: Int64)
    /// The usual case sets no column that a trigger waits for.
    case note(String, root: Int64)
    case bringBack(String, root: Int64)
    case replace(String, ListedFile, root: Int64)
    case leave(String, isVanished: Bool, isUnreachable: Bool, lastRun: Int64)
}

/// An item as the catalog has it.
private struct KnownItem {
    let path: String
    let size: Int64
    let modifiedNanoseconds: Int64
    let isVanished: Bool
    let isUnreachable: Bool
    let root: Int64?
    let lastRun: Int64

    init(_ row: Row) {
        // By number: there are millions of them, and names cost a search each.
        (path, size, modifiedNanoseconds, isVanished) = (row[0], row[1], row[2], row[3])
        (isUnreachable, root, lastRun) = (row[4], row[5], row[6])
    }
}

/// The catalog's items from some text on.
private struct KnownItems {
    private let database: Database
    private var rows: RowCursor?
    private(set) var current: KnownItem?
    private var passed = 0

    /// After so many rows of no concern, those up to the next that may be one are jumped over.
    private static let patience = 16

    init(_ database: Database, from start: String?) throws {
        self.database = database
        try jump(to: start)
    }

    mutating func step() throws {
        passed = 0
        current = try rows?.next().map(KnownItem.init)
    }

    /// Goes on behind a row of no concern.
    ///
    /// - Parameter places: where what concerns may begin.
    mutating func pass(to places: [String?]) throws {
        passed += 1
        if passed > Self.patience {
            try jump(to: places.compactMap { $0 }.min { $0.order($1) < 0 })
        } else {
            current = try rows?.next().map(KnownItem.init)
        }
    }

    private mutating func jump(to start: String?) throws {
        passed = 0
        (rows, current) = (nil, nil)
        guard let start else { return }
        rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT path, size, mtime_ns, vanished, unreachable, root, last_run FROM items
                WHERE path >= ? ORDER BY path
                """, arguments: [start])
        try step()
    }
}
