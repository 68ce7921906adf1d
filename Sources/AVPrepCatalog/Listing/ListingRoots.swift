import AVPrepCore
import GRDB

/// The roots of a listing, by their numbers in `items.root`.
struct ListingRoots {
    private var numbers: [CorpusRoot: Int64] = [:]
    private var kinds: [Int64: CorpusRoot.Kind] = [:]
    private let manifests: Set<Int64>
    private let readLists: Set<Int64>
    /// The last run that listed each.
    private let runs: [Int64: Int64]

    /// - Parameters:
    ///   - listed: those of the listing; new ones are recorded.
    ///   - lists: the lists that it has read.
    init(_ listed: Set<CorpusRoot>, lists: [BytePath], in catalog: Catalog) throws {
        let known = try catalog.read("read") { database in
            (
                roots: try Row.fetchAll(database, sql: "SELECT id, path, kind FROM roots"),
                manifests: try Int64.fetchAll(database, sql: "SELECT root FROM manifests"),
                runs: try Row.fetchAll(database, sql: "SELECT root, run FROM listed_roots")
            )
        }
        var lists = Set(lists)
        var readLists: Set<Int64> = []
        for row in known.roots {
            guard let kind = CorpusRoot.Kind(rawValue: row["kind"]) else {
                throw catalog.damaged("an unknown kind of root")
            }
            let root = CorpusRoot(row["path"], kind)
            (numbers[root], kinds[row["id"]]) = (row["id"], kind)
            if kind == .list, lists.remove(root.path) != nil { readLists.insert(row["id"]) }
        }
        manifests = Set(known.manifests)
        runs = Dictionary(known.runs.map { ($0["root"], $0["run"]) }) { $1 }
        let new = listed.filter { [numbers] in numbers[$0] == nil }.sorted { $0.path < $1.path }
        if !new.isEmpty {
            let added = try catalog.write("list files in") { database in
                try new.map { try Catalog.number(of: $0, in: database) }
            }
            for (root, number) in zip(new, added) {
                (numbers[root], kinds[number]) = (number, root.kind)
                // A list in whose place there was a folder.
                if root.kind == .list, lists.contains(root.path) { readLists.insert(number) }
            }
        }
        self.readLists = readLists
    }

    /// - Parameter root: one of the listing.
    func number(of root: CorpusRoot) -> Int64 {
        guard let number = numbers[root] else { preconditionFailure("all roots of a listing have numbers") }
        return number
    }

    func isManifest(_ root: Int64?) -> Bool { root.map(manifests.contains) ?? false }

    /// Whether an item was found in a folder: not named by a list or by the user.
    func isFolder(_ root: Int64?) -> Bool { root == nil || root.flatMap { kinds[$0] } == .folder }

    /// Whether it is a list that was read: what it does not name any more has vanished.
    func isReadList(_ root: Int64?) -> Bool { root.map(readLists.contains) ?? false }

    /// The last run that has listed it; 0: none that is known.
    func lastRun(of root: Int64?) -> Int64 { root.flatMap { runs[$0] } ?? 0 }
}
