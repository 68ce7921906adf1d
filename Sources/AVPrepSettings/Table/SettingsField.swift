import AVPrepCore
import Yams

/// One key of the pipeline file: its name, its meaning, its allowed values, and how it is read from and written to
/// `Root`.
///
/// Each section is described once, by a table of these: reading, writing with comments, the JSON Schema and `--set` all
/// derive from it, so they cannot disagree.
struct SettingsField<Root> {
    /// The key as spelled in the file: `snake_case`.
    let name: String
    /// What the key does, in one line.
    let summary: String
    /// The JSON Schema of the value.
    let schema: SchemaValue
    /// Stores the value of a YAML node in the settings, or reports why it cannot.
    let read: (inout Root, Node, SettingsPath, inout SettingsIssues) -> Void
    /// The value as YAML text.
    let show: (Root) -> ShownValue
    /// Whether the value sets other keys of its section; it is then read before them, wherever it is in the file.
    var isPreset = false
    /// Finds a field below a section, for dotted paths.
    var find: ((ArraySlice<String>, SettingsPath) -> SettingsTarget<Root>?) = { _, _ in nil }
    /// Whether there is a key of this dotted name below the field, in a section or in the entries of a list.
    var holds: (ArraySlice<String>) -> Bool = { $0.isEmpty }
}

/// A value of the pipeline file before it is written as text.
indirect enum ShownValue {
    /// A scalar or a short list in flow style, as written after the colon.
    case inline(String)
    /// A section: its lines, without its own indentation.
    case section([String])
}

/// A field found by a dotted path, ready to be set.
struct SettingsTarget<Root> {
    let read: (inout Root, Node, SettingsPath, inout SettingsIssues) -> Void
}

extension SettingsField {
    /// A number within `range`.
    static func number(
        _ name: String, _ key: WritableKeyPath<Root, Double>, in range: ClosedRange<Double>, _ summary: String
    ) -> Self {
        scalar(name, key, summary, schema: .number(range), expected: "a number from \(range.text)") { node in
            node.scalarNumber.flatMap { range.contains($0) ? $0 : nil }
        } show: {
            $0.shortText
        }
    }

    /// A number within `range`, or a word that sets `flag` instead.
    static func number(
        _ name: String, _ key: WritableKeyPath<Root, Double>, or word: String, _ flag: WritableKeyPath<Root, Bool>,
        in range: ClosedRange<Double>, _ summary: String
    ) -> Self {
        let number = number(name, key, in: range, summary)
        return Self(
            name: name, summary: summary,
            schema: .either(.number(range), .words([word])).described(summary),
            read: { root, node, path, issues in
                root[keyPath: flag] = node.string == word
                if !root[keyPath: flag] { number.read(&root, node, path, &issues) }
            }, show: { $0[keyPath: flag] ? .inline(word) : number.show($0) })
    }

    /// A whole number within `range`.
    static func integer(
        _ name: String, _ key: WritableKeyPath<Root, Int>, in range: ClosedRange<Int>, _ summary: String
    ) -> Self {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return scalar(name, key, summary, schema: .integer(range), expected: expected) { node in
            node.int.flatMap { range.contains($0) ? $0 : nil }
        } show: {
            String($0)
        }
    }

    /// `true` or `false`.
    static func flag(_ name: String, _ key: WritableKeyPath<Root, Bool>, _ summary: String) -> Self {
        scalar(name, key, summary, schema: .boolean, expected: "true or false") {
            $0.bool
        } show: {
            String($0)
        }
    }

    /// Any text.
    static func text(_ name: String, _ key: WritableKeyPath<Root, String>, _ summary: String) -> Self {
        scalar(name, key, summary, schema: .text, expected: "text") { node in
            node.string.flatMap { $0.isEmpty ? nil : $0 }
        } show: {
            quoted($0)
        }
    }

    /// Any text, including the empty one.
    static func optionalText(_ name: String, _ key: WritableKeyPath<Root, String>, _ summary: String) -> Self {
        scalar(name, key, summary, schema: .anyText, expected: "text") { node in
            node.string
        } show: {
            quoted($0)
        }
    }

    /// One of the words of an enumeration.
    static func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ key: WritableKeyPath<Root, Value>, _ summary: String
    ) -> Self {
        let words = Value.allCases.map(\.rawValue)
        let expected = words.joined(separator: ", ")
        return scalar(name, key, summary, schema: .words(words), expected: expected) { node in
            // YAML reads a bare `off` as false, but the word is meant.
            let word = node.string ?? (node.bool == false ? "off" : nil)
            return word.flatMap(Value.init(rawValue:))
        } show: {
            $0.rawValue
        }
    }

    /// One of the given words of an enumeration.
    static func choice<Value: RawRepresentable<String>>(
        _ name: String, _ key: WritableKeyPath<Root, Value>, among values: [Value], _ summary: String
    ) -> Self {
        let words = values.map(\.rawValue)
        return scalar(name, key, summary, schema: .words(words), expected: words.joined(separator: ", ")) { node in
            node.string.flatMap { word in words.contains(word) ? Value(rawValue: word) : nil }
        } show: {
            $0.rawValue
        }
    }

    /// One of the words of an enumeration, which sets the whole section to its own values. Other keys of the section
    /// override single values, whether they are above or below it.
    static func preset<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ key: WritableKeyPath<Root, Value>, _ summary: String,
        fill: @escaping (Value, inout Root) -> Void
    ) -> Self {
        let plain = choice(name, key, summary)
        return Self(
            name: name, summary: summary, schema: plain.schema,
            read: { root, node, path, issues in
                let before = issues.messages.count
                plain.read(&root, node, path, &issues)
                if issues.messages.count == before { fill(root[keyPath: key], &root) }
            }, show: plain.show, isPreset: true)
    }

    /// A list of words of an enumeration, which may be empty.
    static func choices<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ key: WritableKeyPath<Root, [Value]>, _ summary: String
    ) -> Self {
        let words = Value.allCases.map(\.rawValue)
        let expected = "a list of \(words.joined(separator: ", "))"
        return scalar(name, key, summary, schema: .list(.words(words)), expected: expected) { node in
            guard let items = node.sequence else { return nil }
            let values = items.compactMap { $0.string.flatMap(Value.init(rawValue:)) }
            return values.count == items.count ? values : nil
        } show: { values in
            "[\(values.map(\.rawValue).joined(separator: ", "))]"
        }
    }

    /// A list of texts.
    static func texts(
        _ name: String, _ key: WritableKeyPath<Root, [String]>, _ summary: String, mayBeEmpty: Bool = false
    ) -> Self {
        scalar(name, key, summary, schema: .list(.text), expected: "a list of texts") { node in
            guard let items = node.sequence, mayBeEmpty || !items.isEmpty else { return nil }
            let texts = items.compactMap(\.string)
            return texts.count == items.count ? texts : nil
        } show: { texts in
            "[\(texts.map(quoted).joined(separator: ", "))]"
        }
    }

    /// A list of different whole numbers within `range`, at least one.
    static func integers(
        _ name: String, _ key: WritableKeyPath<Root, [Int]>, in range: ClosedRange<Int>, _ summary: String
    ) -> Self {
        let expected = "a list of different whole numbers from \(range.lowerBound) to \(range.upperBound)"
        return scalar(name, key, summary, schema: .list(.integer(range)), expected: expected) { node in
            guard let items = node.sequence, !items.isEmpty else { return nil }
            let numbers = items.compactMap(\.int).filter(range.contains)
            return numbers.count == items.count && Set(numbers).count == items.count ? numbers : nil
        } show: { numbers in
            "[\(numbers.map(String.init).joined(separator: ", "))]"
        }
    }

    /// Two numbers, the smaller first, both within `range`.
    static func interval(
        _ name: String, _ key: WritableKeyPath<Root, [Double]>, in range: ClosedRange<Double>, _ summary: String
    ) -> Self {
        let expected = "two numbers from \(range.text), the smaller first"
        return scalar(name, key, summary, schema: .pair(range), expected: expected) { node in
            guard let items = node.sequence, items.count == 2 else { return nil }
            let numbers = items.compactMap(\.scalarNumber)
            guard numbers.count == 2, numbers[0] <= numbers[1], numbers.allSatisfy(range.contains) else { return nil }
            return numbers
        } show: { numbers in
            "[\(numbers.map(\.shortText).joined(separator: ", "))]"
        }
    }

    /// A section with keys of its own.
    static func section<Value>(
        _ name: String, _ key: WritableKeyPath<Root, Value>, _ table: SettingsTable<Value>, _ summary: String
    ) -> Self {
        var field = Self(
            name: name, summary: summary, schema: table.schema(summary: summary),
            read: { root, node, path, issues in table.read(&root[keyPath: key], node, path, &issues) },
            show: { root in .section(table.lines(of: root[keyPath: key])) })
        field.holds = { $0.isEmpty || table.holds($0) }
        field.find = { names, path in
            guard let target = table.find(names, path) else { return nil }
            return SettingsTarget { root, node, path, issues in target.read(&root[keyPath: key], node, path, &issues) }
        }
        return field
    }

    /// A list of sections. Keys missing in an entry have the value of `template`.
    static func sections<Value>(
        _ name: String, _ key: WritableKeyPath<Root, [Value]>, _ table: SettingsTable<Value>, template: Value,
        allowEmpty: Bool = false, _ summary: String
    ) -> Self {
        var field = Self(
            name: name, summary: summary, schema: .list(table.schema(summary: summary)),
            read: { root, node, path, issues in
                guard let items = node.sequence, allowEmpty || !items.isEmpty else {
                    issues.add(node, path, "must be a list of sections")
                    return
                }
                root[keyPath: key] = items.enumerated().map { index, item in
                    var value = template
                    table.read(&value, item, path.appending("[\(index)]"), &issues)
                    return value
                }
            },
            show: { root in
                let entries = root[keyPath: key].map { value in table.lines(of: value) }
                if entries.isEmpty { return .inline("[]") }
                return .section(
                    entries.flatMap { lines in
                        lines.enumerated().map { ($0 == 0 ? "- " : "  ") + $1 }
                    })
            })
        field.holds = { $0.isEmpty || table.holds($0) }
        return field
    }

    private static func scalar<Value>(
        _ name: String, _ key: WritableKeyPath<Root, Value>, _ summary: String, schema: SchemaValue, expected: String,
        parse: @escaping (Node) -> Value?, show: @escaping (Value) -> String
    ) -> Self {
        Self(
            name: name, summary: summary, schema: schema.described(summary),
            read: { root, node, path, issues in
                if let value = parse(node) {
                    root[keyPath: key] = value
                } else {
                    issues.add(node, path, "must be \(expected), not \(node.shortDescription)")
                }
            },
            show: { .inline(show($0[keyPath: key])) })
    }
}

/// A text as YAML writes it: quoted if it could be read as another type.
package func quoted(_ text: String) -> String {
    let isPlain =
        !text.isEmpty
        && text.allSatisfy { $0.isLetter || $0.isNumber || "._/-".contains($0) }
        && !["true", "false", "yes", "no", "on", "off", "null", "~"].contains(text.lowercased())
        && Double(text) == nil && text.first != "-"
    return isPlain ? text : "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
}

extension ClosedRange<Double> {
    fileprivate var text: String { "\(lowerBound.shortText) to \(upperBound.shortText)" }
}

extension Node {
    /// A finite number, from an integer or a float scalar.
    fileprivate var scalarNumber: Double? {
        (float ?? int.map(Double.init)).flatMap { $0.isFinite ? $0 : nil }
    }

    /// The value, briefly, for a message about it.
    fileprivate var shortDescription: String {
        switch self {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "\"\(scalar.string.prefix(40))\""
        case .sequence(let items): "a list of \(items.count)"
        case .mapping: "a section"
        case .alias: "an alias"
        }
    }
}
