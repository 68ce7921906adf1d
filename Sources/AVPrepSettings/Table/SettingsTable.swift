import Yams

/// The keys of one section of the pipeline file, in the order in which they are shown.
struct SettingsTable<Root> {
    let fields: [SettingsField<Root>]

    init(_ fields: [SettingsField<Root>]) {
        let names = Set(fields.map(\.name))
        precondition(names.count == fields.count, "a section's table has a key twice")
        self.fields = fields
    }

    /// Reads a section into `root`; absent keys keep their value. Unknown keys and bad values become issues.
    func read(_ root: inout Root, _ node: Node, _ path: SettingsPath, _ issues: inout SettingsIssues) {
        if case .scalar(let scalar) = node, scalar.string.isEmpty { return }
        guard let mapping = node.mapping else {
            issues.add(node, path, "must be a section with the keys \(fields.map(\.name).joined(separator: ", "))")
            return
        }
        for isPreset in [true, false] {
            for (keyNode, value) in mapping {
                let key = keyNode.string ?? ""
                if let field = fields.first(where: { $0.name == key }) {
                    if field.isPreset == isPreset { field.read(&root, value, path.appending(key), &issues) }
                } else if !isPreset {
                    issues.add(keyNode, path, unknown(key))
                }
            }
        }
    }

    /// The field at the end of a dotted path, e.g. `["video", "fps"]`.
    func find(_ names: ArraySlice<String>, _ path: SettingsPath) -> SettingsTarget<Root>? {
        guard let name = names.first, let field = fields.first(where: { $0.name == name }) else { return nil }
        let rest = names.dropFirst()
        return rest.isEmpty ? SettingsTarget(read: field.read) : field.find(rest, path.appending(name))
    }

    /// Whether there is a key at the end of a dotted path. Entries of a list are passed by.
    func holds(_ names: ArraySlice<String>) -> Bool {
        guard let name = names.first, let field = fields.first(where: { $0.name == name }) else { return false }
        return field.holds(names.dropFirst())
    }

    /// The section as commented YAML lines, without indentation of its own.
    func lines(of root: Root) -> [String] {
        fields.flatMap { field -> [String] in
            switch field.show(root) {
            case .inline(let text): ["\(field.name): \(text)".padded(to: 34) + "  # \(field.summary)"]
            case .section(let lines): ["\(field.name):  # \(field.summary)"] + lines.map { "  " + $0 }
            }
        }
    }

    /// The JSON Schema of the section.
    func schema(summary: String) -> SchemaValue {
        .section(summary, fields.map { ($0.name, $0.schema) })
    }

    private func unknown(_ key: String) -> String {
        let names = fields.map(\.name)
        let nearest = names.min { $0.editDistance(to: key) < $1.editDistance(to: key) }
        let hint = nearest.flatMap { $0.editDistance(to: key) <= 1 + key.count / 3 ? "; did you mean \"\($0)\"?" : nil }
        return "unknown key \"\(key)\"\(hint ?? ";") allowed: \(names.joined(separator: ", "))"
    }
}

/// Where in the settings a value stands, e.g. `ingest.video.fps`.
struct SettingsPath {
    private(set) var text = ""

    func appending(_ name: String) -> SettingsPath {
        SettingsPath(text: text.isEmpty || name.hasPrefix("[") ? text + name : "\(text).\(name)")
    }
}

/// What is wrong with a pipeline file: each with its place, all reported at once.
struct SettingsIssues {
    /// The file's name, or `--set KEY=VALUE`.
    let origin: String
    /// Whether line and column mean something to the user.
    let hasLines: Bool
    private(set) var messages: [String] = []

    init(origin: String, hasLines: Bool = true) {
        self.origin = origin
        self.hasLines = hasLines
    }

    mutating func add(_ node: Node, _ path: SettingsPath, _ message: String) {
        let place = hasLines ? node.mark.map { ":\($0.line):\($0.column)" } ?? "" : ""
        messages.append("\(origin)\(place): \(path.text.isEmpty ? "" : "\(path.text): ")\(message)")
    }
}

extension String {
    package func padded(to length: Int) -> String { self + String(repeating: " ", count: Swift.max(0, length - count)) }

    /// Levenshtein's distance, for "did you mean".
    func editDistance(to other: String) -> Int {
        let target = Array(other)
        var row = Array(0...target.count)
        for (i, character) in enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in target.indices {
                let substitution = diagonal + (character == target[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = Swift.min(substitution, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[target.count]
    }
}
