import Foundation

/// A JSON text as a tree, to take keys from and to put keys into.
package enum JSONTree: Codable, Equatable {
    case object([String: JSONTree])
    case array([JSONTree])
    case string(String)
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case null

    package init(_ text: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONTree].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .object(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .null: try container.encodeNil()
        }
    }

    package var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// The value at a path; setting nil removes the key.
    package subscript(path: [String]) -> JSONTree? {
        get {
            guard let step = path.first else { return self }
            let rest = Array(path.dropFirst())
            switch self {
            case .object(let members): return members[step]?[rest]
            case .array(let elements):
                return Int(step).flatMap { elements.indices.contains($0) ? elements[$0][rest] : nil }
            default: return nil
            }
        }
        set {
            guard let step = path.first else {
                if let newValue { self = newValue }
                return
            }
            let rest = Array(path.dropFirst())
            switch self {
            case .object(var members):
                if rest.isEmpty { members[step] = newValue } else { members[step]?[rest] = newValue }
                self = .object(members)
            case .array(var elements):
                guard let index = Int(step), elements.indices.contains(index) else { return }
                elements[index][rest] = newValue
                self = .array(elements)
            default: return
            }
        }
    }

    /// The paths of all objects whose members are keys, the outermost first. Of an array's elements, and of a dictionary's
    /// values, the first stands for all.
    ///
    /// - Parameter dictionaries: objects whose members are no keys but names of something, by their paths, joined by `/`.
    package func objects(dictionaries: Set<String>) -> [[String]] {
        func objects(_ tree: JSONTree, _ path: [String]) -> [[String]] {
            switch tree {
            case .object(let members):
                let names = members.keys.sorted()
                let isDictionary = dictionaries.contains(path.joined(separator: "/"))
                return (isDictionary ? [] : [path])
                    + (isDictionary ? Array(names.prefix(1)) : names).flatMap { name in
                        members[name].map { objects($0, path + [name]) } ?? []
                    }
            case .array(let elements): return elements.first.map { objects($0, path + ["0"]) } ?? []
            default: return []
            }
        }
        return objects(self, [])
    }

    /// The paths of all keys of these objects.
    package func keys(dictionaries: Set<String>) -> [[String]] {
        objects(dictionaries: dictionaries).flatMap { path -> [[String]] in
            guard case .object(let members)? = self[path] else { return [] }
            return members.keys.sorted().map { path + [$0] }
        }
    }
}
