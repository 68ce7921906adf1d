import Foundation

/// JSON with one spelling for one value: keys sorted, no needless escapes. What keys and stored settings are made of.
///
/// Keys that a type has gained since, and that have the value of before, are left out (``StoredRecord``): the text, and
/// every key that is made of it, is that of a program which does not know them. ``StoredJSON`` reads it.
package enum CanonicalJSON {
    /// - Parameter pretty: one key a line, for files that people read.
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
