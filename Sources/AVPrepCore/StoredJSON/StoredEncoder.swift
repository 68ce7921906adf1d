/// A value that is encoded without the keys that came later and still have the value of before.
struct StoredEncoding<Value: Encodable>: Encodable {
    let value: Value

    func encode(to encoder: any Encoder) throws {
        try value.encode(to: StoredEncoder(base: encoder, omitted: try Self.omitted))
    }

    /// The values at which keys are left out, as JSON.
    private static var omitted: [String: String] {
        get throws {
            guard let record = Value.self as? any StoredRecord.Type else { return [:] }
            return try record.laterKeys.compactMapValues { key in
                if case .omitted(let value) = key { try CanonicalJSON.encode(value) } else { nil }
            }
        }
    }
}

/// An encoder around another one that leaves keys out.
private struct StoredEncoder: Encoder {
    let base: any Encoder
    let omitted: [String: String]

    var codingPath: [any CodingKey] { base.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { base.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(StoredKeyedEncoding(base: base.container(keyedBy: type), omitted: omitted))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { StoredUnkeyedEncoding(base: base.unkeyedContainer()) }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        StoredSingleEncoding(base: base.singleValueContainer())
    }
}

// MARK: - Containers

private struct StoredKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    var base: KeyedEncodingContainer<Key>
    let omitted: [String: String]

    var codingPath: [any CodingKey] { base.codingPath }

    mutating func encodeNil(forKey key: Key) throws { try base.encodeNil(forKey: key) }

    mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        if let text = omitted[key.stringValue], try CanonicalJSON.encode(value) == text { return }
        if value is any JSONPrimitive {
            try base.encode(value, forKey: key)
        } else {
            try base.encode(StoredEncoding(value: value), forKey: key)
        }
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
        -> KeyedEncodingContainer<Nested>
    {
        KeyedEncodingContainer(
            StoredKeyedEncoding<Nested>(base: base.nestedContainer(keyedBy: type, forKey: key), omitted: [:]))
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        StoredUnkeyedEncoding(base: base.nestedUnkeyedContainer(forKey: key))
    }

    mutating func superEncoder() -> any Encoder { base.superEncoder() }
    mutating func superEncoder(forKey key: Key) -> any Encoder { base.superEncoder(forKey: key) }
}

private struct StoredUnkeyedEncoding: UnkeyedEncodingContainer {
    var base: any UnkeyedEncodingContainer

    var codingPath: [any CodingKey] { base.codingPath }
    var count: Int { base.count }

    mutating func encodeNil() throws { try base.encodeNil() }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        if value is any JSONPrimitive {
            try base.encode(value)
        } else {
            try base.encode(StoredEncoding(value: value))
        }
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(StoredKeyedEncoding<Nested>(base: base.nestedContainer(keyedBy: type), omitted: [:]))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        StoredUnkeyedEncoding(base: base.nestedUnkeyedContainer())
    }

    mutating func superEncoder() -> any Encoder { base.superEncoder() }
}

private struct StoredSingleEncoding: SingleValueEncodingContainer {
    var base: any SingleValueEncodingContainer

    var codingPath: [any CodingKey] { base.codingPath }

    mutating func encodeNil() throws { try base.encodeNil() }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        if value is any JSONPrimitive {
            try base.encode(value)
        } else {
            try base.encode(StoredEncoding(value: value))
        }
    }
}
