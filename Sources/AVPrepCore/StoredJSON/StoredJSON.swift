package import Foundation

/// Reads JSON that a program of another version may have written; the counterpart of ``CanonicalJSON``.
package enum StoredJSON {
    /// Reads a value. Keys that are missing have the values that the types of the value and of its parts give them
    /// (``StoredRecord``).
    ///
    /// - Throws: ``StoredJSONError``: `newer` where an object has a key, or a word stands for a choice, that this program
    ///   does not know; `damaged` where the text is no JSON, a key without a default is missing, or a value has another
    ///   type.
    package static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws(StoredJSONError) -> Value {
        do {
            return try JSONDecoder().decode(Root<Value>.self, from: data).value
        } catch let error as StoredJSONError {
            throw error
        } catch let error as DecodingError {
            throw .damaged(error.line)
        } catch {
            throw .damaged("\(error)")
        }
    }

    /// Reads a value from a text.
    package static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws(StoredJSONError) -> Value
    {
        try decode(type, from: Data(text.utf8))
    }

    /// Hands the decoder of the whole text over.
    private struct Root<Value: Decodable>: Decodable {
        let value: Value

        init(from decoder: any Decoder) throws { value = try StoredDecoder.decode(Value.self, from: decoder) }
    }
}

/// Why a stored JSON text could not be read.
package enum StoredJSONError: Error, Equatable {
    /// It says something that this program does not know, in words: it was written by a newer one.
    case newer(String)
    /// It cannot be what any version wrote: where, and what is wrong.
    case damaged(String)
}

extension DecodingError {
    /// One line: where in the document, and what is wrong.
    fileprivate var line: String {
        let context: Context? =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: nil
            }
        guard let context else { return "\(self)" }
        let place = context.codingPath.place
        return (place.isEmpty ? "" : "at \(place): ") + context.debugDescription
    }
}

extension [any CodingKey] {
    /// `shards/0/name`.
    var place: String { map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "/") }
}

/// What JSON writes as one word or number: handed to JSONDecoder and JSONEncoder as it is.
protocol JSONPrimitive {}

extension Bool: JSONPrimitive {}
extension String: JSONPrimitive {}
extension Double: JSONPrimitive {}
extension Float: JSONPrimitive {}
extension Int: JSONPrimitive {}
extension Int8: JSONPrimitive {}
extension Int16: JSONPrimitive {}
extension Int32: JSONPrimitive {}
extension Int64: JSONPrimitive {}
extension UInt: JSONPrimitive {}
extension UInt8: JSONPrimitive {}
extension UInt16: JSONPrimitive {}
extension UInt32: JSONPrimitive {}
extension UInt64: JSONPrimitive {}
