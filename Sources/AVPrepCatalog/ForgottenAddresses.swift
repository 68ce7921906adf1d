package import AVPrepCore
import AVPrepModel
import GRDB

/// The web addresses of what was forgotten, as digests: they tell that an address is one of them, and not which ones there are.
package struct ForgottenAddresses: Sendable {
    private var videos: [String: String] = [:]

    /// None in an older catalog.
    package init(_ catalog: Catalog) throws {
        try catalog.read("read") { database in
            guard try database.tableExists("forgotten_addresses") else { return }
            for row in try Row.fetchAll(database, sql: "SELECT digest, video_id FROM forgotten_addresses") {
                videos[row["digest"]] = row["video_id"]
            }
        }
    }

    package var isEmpty: Bool { videos.isEmpty }

    /// The forgotten content that was found at an item's address, or in the part of its file that the item is.
    package subscript(listed: BytePath) -> String? {
        guard !videos.isEmpty, listed.isWebAddress else { return nil }
        return videos[Self.digest(listed)] ?? videos[Self.digest(ItemName(listed: listed).file)]
    }

    /// Of the address without its marks, and the part.
    static func digest(_ listed: BytePath) -> String {
        let name = ItemName(listed: listed)
        let address = WebAddress(name.file)?.text ?? name.file.escaped
        return SHA256.digest(of: name.range.map { "\(address)#t=\($0.text)" } ?? address).hex
    }

    static let tables = """
        CREATE TABLE forgotten_addresses (
            digest TEXT NOT NULL PRIMARY KEY,
            video_id TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}

extension Catalog {
    /// Notes where a forgotten content was found.
    ///
    /// - Parameter address: a web address, with the time range where only a part of the file is forgotten.
    package func noteForgotten(address: BytePath, videoID: String) throws {
        try write("record in") { try enterForgotten(address, videoID, in: $0) }
    }

    /// The same inside a transaction.
    func enterForgotten(_ address: BytePath, _ videoID: String, in database: Database) throws {
        try database.execute(
            sql: "INSERT INTO forgotten_addresses VALUES (?, ?) ON CONFLICT DO UPDATE SET video_id = excluded.video_id",
            arguments: [ForgottenAddresses.digest(address), videoID])
    }
}
