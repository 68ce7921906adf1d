/// A value that is stored as JSON, in a file or a row that outlives the program that wrote it, and that may gain keys.
///
/// ``StoredJSON`` reads it and ``CanonicalJSON`` writes it, and takes keys of it, by these tables. A key is added in two
/// steps, and the texts and hashes of before stay what they were:
///
/// 1. The type gets the property.
/// 2. ``laterKeys`` gets the key, as it is spelt in the text, with what a text without it stands for: that under which the
///    program does what it did before there was the key. It never changes again, whatever the property's own default
///    becomes.
///
/// A key never changes its meaning and is never used again for another one. Keys that a text has and the type does not
/// know are an error of its own kind (``StoredJSONError/newer(_:)``), since whoever wrote them meant something by them.
package protocol StoredRecord: Codable {
    /// The keys that texts of an earlier version lack.
    static var laterKeys: [String: LaterKey] { get }
    /// A value that has the default of every key that has one; nil where no key has one but the ``laterKeys``.
    static var template: Self? { get }
    /// Keys of the template whose values are no defaults: a text without them is damaged.
    static var requiredKeys: Set<String> { get }
}

extension StoredRecord {
    package static var laterKeys: [String: LaterKey] { [:] }
    package static var template: Self? { nil }
    package static var requiredKeys: Set<String> { [] }
}

/// Settings: every key has a default, so that a text may lack any of them.
package protocol StoredSettings: StoredRecord {
    init()
}

extension StoredSettings {
    package static var template: Self? { Self() }
}

/// What a text stands for that lacks a key which came later.
package enum LaterKey: Sendable {
    /// The key is left out of the text while it has this value: texts and hashes are those of before. For new keys.
    case omitted(at: any Encodable & Sendable)
    /// The key is always written. For values that no hash is taken of and that other programs read.
    case written(absent: any Encodable & Sendable)

    var value: any Encodable & Sendable {
        switch self {
        case .omitted(let value), .written(let value): value
        }
    }
}
