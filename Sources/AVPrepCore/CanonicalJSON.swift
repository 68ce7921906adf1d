import Foundation

/// JSON with exactly one spelling per value: sorted keys, no unnecessary escapes. Keys and stored settings use it.
///
/// Keys that a type has gained later are left out while they have the value of before (``StoredRecord``): the text, and
/// every key made of it, is that of a program that does not know them. ``StoredJSON`` reads it.
package enum CanonicalJSON {
    /// - Parameter pretty: one key per line, for files that people read.
    package static func encode(_ value: some Encodable, pretty: Bool = false) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: try encoder.encode(StoredEncoding(value: value)), as: UTF8.self)
    }

    /// The first 12 hexadecimal digits of the SHA-256 of a value's canonical JSON: the key of these settings.
    package static func key(of value: some Encodable) throws -> String {
        String(SHA256.digest(of: try encode(value)).hex.prefix(12))
    }
}
