import Foundation

/// A JSON Schema (draft 2020-12) under construction, limited to the forms that settings need.
indirect enum SchemaValue {
    case number(ClosedRange<Double>)
    case integer(ClosedRange<Int>)
    case boolean
    case text
    case anyText
    case words([String])
    case list(SchemaValue)
    case pair(ClosedRange<Double>)
    case either(SchemaValue, SchemaValue)
    case section(String, [(name: String, value: SchemaValue)])
    case annotated(SchemaValue, String)

    /// The same with a description.
    func described(_ text: String) -> SchemaValue { .annotated(self, text) }

    /// The schema as an object for JSONSerialization.
    var object: [String: Any] {
        switch self {
        case .number(let range):
            ["type": "number", "minimum": range.lowerBound, "maximum": range.upperBound]
        case .integer(let range):
            ["type": "integer", "minimum": range.lowerBound, "maximum": range.upperBound]
        case .boolean: ["type": "boolean"]
        case .text: ["type": "string", "minLength": 1]
        case .anyText: ["type": "string"]
        // YAML 1.1 readers read a bare `off` as false, so a validator sees `method: off` as false.
        case .words(let words): ["enum": words.contains("off") ? words as [Any] + [false] : words]
        case .list(let item): ["type": "array", "items": item.object]
        case .pair(let range):
            [
                "type": "array", "items": SchemaValue.number(range).object, "minItems": 2, "maxItems": 2,
            ]
        case .either(let one, let other): ["anyOf": [one.object, other.object]]
        case .section(let summary, let members):
            [
                "type": "object", "description": summary, "additionalProperties": false,
                "properties": Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value.object) }),
            ]
        case .annotated(let value, let text):
            value.object.merging(["description": text]) { _, new in new }
        }
    }

    /// The schema as a document.
    func document(title: String) throws -> String {
        var object = self.object
        object["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        object["title"] = title
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
