/// Values by file name, as a JSON object: what a folder notes of the files in it.
///
/// Beside the names there may be a `format_version`, which rises when an entry's meaning changes; it is left out while it is
/// the first.
package struct StoredTable<Entry: Codable>: Codable {
    package static var version: Int { 1 }
    private static var versionKey: String { "format_version" }

    package var entries: [String: Entry]

    package init(_ entries: [String: Entry] = [:]) { self.entries = entries }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let versionKey = AnyKey(stringValue: Self.versionKey)
        if container.contains(versionKey) {
            let version = try container.decode(Int.self, forKey: versionKey)
            guard version == Self.version else {
                throw StoredJSONError.newer("the \(Self.versionKey) \(version)")
            }
        }
        entries = [:]
        for key in container.allKeys where key.stringValue != Self.versionKey {
            entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
        }
    }

    package func encode(to encoder: any Encoder) throws { try entries.encode(to: encoder) }
}
