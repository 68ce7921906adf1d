package import AVPrepCore
import Foundation

/// JSON to take keys from and to put keys into.
extension JSONValue {
    package init(parsing text: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }

    package var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// The value at a path; setting nil removes the key.
    package subscript(path: [String]) -> JSONValue? {
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
        func objects(_ tree: JSONValue, _ path: [String]) -> [[String]] {
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
