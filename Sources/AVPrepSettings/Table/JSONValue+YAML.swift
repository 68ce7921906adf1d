import AVPrepCore
import Yams

extension JSONValue {
    /// What a node of a pipeline file says, which is written with plain words for texts: `off` is a word here, not false.
    init(yaml node: Node) {
        switch node {
        case .mapping(let members):
            self = .object(
                members.reduce(into: [:]) { $0[$1.key.string ?? ""] = JSONValue(yaml: $1.value) })
        case .sequence(let items): self = .array(items.map(JSONValue.init(yaml:)))
        case .alias: self = .null
        case .scalar(let scalar):
            if scalar.style != .plain {
                self = .string(scalar.string)
            } else if let value = Int(scalar.string) {
                self = .integer(value)
            } else if let value = Double(scalar.string), value.isFinite {
                self = .number(value)
            } else {
                self =
                    ["true", "false"].contains(scalar.string) ? .bool(scalar.string == "true") : .string(scalar.string)
            }
        }
    }
}
