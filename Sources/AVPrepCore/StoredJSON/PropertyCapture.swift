/// An encoder that keeps what a value gives for each of its keys, as it is.
final class PropertyCapture: Encoder {
    private var values: [String: any Encodable] = [:]

    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// The values of an object's keys; an optional that is nil has none.
    static func values(of value: some Encodable) throws -> [String: any Encodable] {
        let capture = PropertyCapture()
        try value.encode(to: capture)
        return capture.values
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Keyed(capture: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { fatalError("a template that is no object") }
    func singleValueContainer() -> any SingleValueEncodingContainer { fatalError("a template that is no object") }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let capture: PropertyCapture
        let codingPath: [any CodingKey] = []

        mutating func encodeNil(forKey key: Key) throws {}

        mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            capture.values[key.stringValue] = value
        }

        mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
            -> KeyedEncodingContainer<Nested>
        { fatalError("a template with containers of its own") }

        mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            fatalError("a template with containers of its own")
        }

        mutating func superEncoder() -> any Encoder { fatalError("a template with containers of its own") }
        mutating func superEncoder(forKey key: Key) -> any Encoder {
            fatalError("a template with containers of its own")
        }
    }
}
