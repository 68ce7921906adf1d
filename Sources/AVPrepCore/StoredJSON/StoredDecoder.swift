/// A decoder around another one that gives missing keys their defaults, and notes which keys of an object nobody asked for.
struct StoredDecoder: Decoder {
    fileprivate let base: any Decoder
    fileprivate let keys: KeyLedger
    fileprivate let defaults: KeyDefaults

    var codingPath: [any CodingKey] { base.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { base.userInfo }

    /// Decodes a value, all of whose keys must be asked for.
    ///
    /// - Throws: ``StoredJSONError`` for what is not known; `DecodingError`.
    static func decode<Value: Decodable>(_ type: Value.Type, from base: any Decoder) throws -> Value {
        let keys = KeyLedger()
        let defaults = KeyDefaults(record: type as? any StoredRecord.Type)
        let value: Value
        do {
            value = try Value(from: StoredDecoder(base: base, keys: keys, defaults: defaults))
        } catch DecodingError.dataCorrupted(let context) where type is any RawRepresentable<String>.Type {
            guard let word = try? String(from: base) else { throw DecodingError.dataCorrupted(context) }
            let place = base.codingPath.place
            throw StoredJSONError.newer("the value \"\(word.shown)\"" + (place.isEmpty ? "" : " of \"\(place.shown)\""))
        }
        if let key = keys.unknown.min() {
            let place = base.codingPath.place
            throw StoredJSONError.newer("the key \"\((place.isEmpty ? key : "\(place)/\(key)").shown)\"")
        }
        return value
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        keys.present.formUnion(try base.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue))
        return KeyedDecodingContainer(
            StoredKeyedDecoding(base: try base.container(keyedBy: type), keys: keys, defaults: defaults))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        StoredUnkeyedDecoding(base: try base.unkeyedContainer(), keys: keys)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        StoredSingleDecoding(base: try base.singleValueContainer(), decoder: base)
    }
}

/// Any key, as it is spelt.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// The keys that an object has, and those that its type knows.
private final class KeyLedger {
    var present: Set<String> = []
    var asked: Set<String> = []
    /// Those of objects within it that are no values of a type of their own.
    private var parts: [(name: String, keys: KeyLedger)] = []

    func part(_ name: String) -> KeyLedger {
        let keys = KeyLedger()
        parts.append((name, keys))
        return keys
    }

    var unknown: [String] {
        present.subtracting(asked) + parts.flatMap { part in part.keys.unknown.map { "\(part.name)/\($0)" } }
    }
}

/// What the missing keys of a type stand for.
private struct KeyDefaults {
    let record: (any StoredRecord.Type)?

    func isLater(_ key: String) -> Bool { record?.laterKeys[key] != nil }

    /// - Returns: nil where the key has no default.
    func value<Value: Decodable>(_ type: Value.Type, _ key: String) throws -> Value? {
        guard let record else { return nil }
        let found: (any Encodable)?
        if let later = record.laterKeys[key] {
            found = later.value
        } else if !record.requiredKeys.contains(key), let template = record.template {
            found = try PropertyCapture.values(of: template)[key]
        } else {
            found = nil
        }
        guard let found else { return nil }
        if let value = found as? Value { return value }
        // A table may spell a choice as its word and a number without a point.
        return try StoredJSON.decode(type, from: CanonicalJSON.encode(found))
    }
}

extension String {
    /// A text from a file, for a message of one line.
    fileprivate var shown: String {
        String(
            String.UnicodeScalarView(unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }
}

// MARK: - Containers

private struct StoredKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let base: KeyedDecodingContainer<Key>
    let keys: KeyLedger
    let defaults: KeyDefaults

    var codingPath: [any CodingKey] { base.codingPath }
    var allKeys: [Key] { base.allKeys }

    func contains(_ key: Key) -> Bool {
        keys.asked.insert(key.stringValue)
        return base.contains(key) || defaults.isLater(key.stringValue)
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        keys.asked.insert(key.stringValue)
        return try base.contains(key) && base.decodeNil(forKey: key)
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        keys.asked.insert(key.stringValue)
        if !base.contains(key), let value = try defaults.value(type, key.stringValue) { return value }
        if type is any JSONPrimitive.Type || !base.contains(key) { return try base.decode(type, forKey: key) }
        return try StoredDecoder.decode(type, from: try base.superDecoder(forKey: key))
    }

    // Cases with values of enumerations nest containers.
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<Nested>
    {
        keys.asked.insert(key.stringValue)
        return try StoredDecoder(
            base: base.superDecoder(forKey: key), keys: keys.part(key.stringValue), defaults: KeyDefaults(record: nil)
        ).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        keys.asked.insert(key.stringValue)
        return StoredUnkeyedDecoding(base: try base.nestedUnkeyedContainer(forKey: key), keys: keys)
    }

    func superDecoder() throws -> any Decoder { try base.superDecoder() }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        keys.asked.insert(key.stringValue)
        return try base.superDecoder(forKey: key)
    }
}

private struct StoredUnkeyedDecoding: UnkeyedDecodingContainer {
    var base: any UnkeyedDecodingContainer
    let keys: KeyLedger

    var codingPath: [any CodingKey] { base.codingPath }
    var count: Int? { base.count }
    var isAtEnd: Bool { base.isAtEnd }
    var currentIndex: Int { base.currentIndex }

    mutating func decodeNil() throws -> Bool { try base.decodeNil() }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type is any JSONPrimitive.Type { return try base.decode(type) }
        return try StoredDecoder.decode(type, from: base.superDecoder())
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested>
    {
        let keys = keys.part(String(base.currentIndex))
        return try StoredDecoder(base: base.superDecoder(), keys: keys, defaults: KeyDefaults(record: nil))
            .container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        StoredUnkeyedDecoding(base: try base.nestedUnkeyedContainer(), keys: keys)
    }

    mutating func superDecoder() throws -> any Decoder { try base.superDecoder() }
}

private struct StoredSingleDecoding: SingleValueDecodingContainer {
    let base: any SingleValueDecodingContainer
    let decoder: any Decoder

    var codingPath: [any CodingKey] { base.codingPath }

    func decodeNil() -> Bool { base.decodeNil() }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type is any JSONPrimitive.Type { return try base.decode(type) }
        return try StoredDecoder.decode(type, from: decoder)
    }
}
