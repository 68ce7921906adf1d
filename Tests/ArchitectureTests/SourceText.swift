/// The little of Swift's grammar that reading a manifest and `import` lines needs: comments, string literals, brackets.
enum SourceText {
    /// The text with comments and the inside of multi-line string literals blanked; line breaks stay.
    static func withoutComments(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        var isInBlock = false
        var isInLongString = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var kept = ""
            var isInString = false
            var rest = line
            while let character = rest.first {
                if isInBlock {
                    isInBlock = !rest.hasPrefix("*/")
                    rest = rest.dropFirst(isInBlock ? 1 : 2)
                } else if !isInString, rest.hasPrefix("\"\"\"") {
                    isInLongString.toggle()
                    kept += "\"\"\""
                    rest = rest.dropFirst(3)
                } else if isInLongString {
                    rest = rest.dropFirst(character == "\\" ? 2 : 1)
                } else if isInString {
                    let length = character == "\\" ? 2 : 1
                    if character == "\"" { isInString = false }
                    kept += rest.prefix(length)
                    rest = rest.dropFirst(length)
                } else if rest.hasPrefix("//") {
                    break
                } else if rest.hasPrefix("/*") {
                    isInBlock = true
                    rest = rest.dropFirst(2)
                } else {
                    if character == "\"" { isInString = true }
                    kept.append(character)
                    rest = rest.dropFirst()
                }
            }
            result += kept + "\n"
        }
        return result
    }

    /// The modules of a Swift file's `import` lines, whatever stands before and after the word.
    static func imports(of text: String) -> Set<String> {
        // Most files have no multi-line literal and no block comment, in which an `import` line would be none.
        let source = text.contains("\"\"\"") || text.contains("/*") ? withoutComments(text) : text
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let"]
        let access: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
        var imports: Set<String> = []
        for line in source.split(separator: "\n") where line.contains("import ") {
            var words = line.split(separator: " ").drop { $0.hasPrefix("@") || access.contains($0) }
            guard words.popFirst() == "import" else { continue }
            if let kind = words.first, kinds.contains(kind) { words = words.dropFirst() }
            guard let path = words.first else { continue }
            imports.insert(String(path.prefix { $0.isLetter || $0.isNumber || $0 == "_" }))
        }
        return imports
    }

    /// Where the bracket at `open` is closed; nil where it is not.
    static func closing(_ open: Substring.Index, in text: Substring) -> Substring.Index? {
        var depth = 0
        var isInString = false
        var place = open
        while place < text.endIndex {
            let character = text[place]
            if isInString {
                if character == "\\" {
                    place = text.index(after: place)
                } else if character == "\"" {
                    isInString = false
                }
            } else if character == "\"" {
                isInString = true
            } else if "([{".contains(character) {
                depth += 1
            } else if ")]}".contains(character) {
                depth -= 1
                if depth == 0 { return place }
            }
            place = text.index(after: place)
        }
        return nil
    }

    /// What commas outside of brackets and literals divide, trimmed; a closing comma brings no further one.
    static func arguments(of text: Substring) -> [String] {
        var arguments: [String] = []
        var start = text.startIndex
        var place = text.startIndex
        func add(to end: Substring.Index) {
            let argument = text[start..<end].trimmingSpace
            if !argument.isEmpty { arguments.append(argument) }
        }
        while place < text.endIndex {
            let character = text[place]
            if "([{".contains(character), let close = closing(place, in: text) {
                place = close
            } else if character == "\"" {
                place = text[text.index(after: place)...].firstIndex(of: "\"") ?? place
            } else if character == "," {
                add(to: place)
                start = text.index(after: place)
            }
            place = text.index(after: place)
        }
        add(to: text.endIndex)
        return arguments
    }

    /// The label of an argument, `path` in `path: "Sources"`; nil without one.
    static func label(of argument: String) -> String? {
        let word = argument.prefix { $0.isLetter }
        return !word.isEmpty && argument.dropFirst(word.count).hasPrefix(":") ? String(word) : nil
    }

    /// An argument without its label.
    static func value(of argument: String) -> String {
        guard let label = label(of: argument) else { return argument }
        return argument.dropFirst(label.count + 1).trimmingSpace
    }

    /// The text of an argument that is a plain string literal; nil for anything else, interpolations too.
    static func literal(_ argument: String?) -> String? {
        guard let value = argument.map(value), value.count > 2, value.hasPrefix("\""), value.hasSuffix("\"") else {
            return nil
        }
        let text = value.dropFirst().dropLast()
        return text.contains("\"") || text.contains("\\") ? nil : String(text)
    }

    /// The first literal of an expression: the name in `.product(name: "Yams", package: "Yams")`.
    static func firstLiteral(of expression: String) -> String? {
        let parts = expression.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[1]) : nil
    }
}

extension Substring {
    fileprivate var trimmingSpace: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
