/// The targets of a `Package.swift`, read from its text: what each is and which modules it declares to need.
///
/// Asking `swift package dump-package` instead would take seconds and the lock of the build folder that the running tests
/// belong to. The text is regular enough: every target is one call with a literal name. What this reader does not
/// recognise shows as a folder without a target.
struct PackageManifest {
    struct Target: Equatable {
        enum Kind { case module, program, systemLibrary, tests }

        let name: String
        let kind: Kind
        /// The name in `import` lines.
        var moduleName: String { String(name.map { $0 == "-" ? "_" : $0 }) }
        /// Modules of this package and products of others, in the order of the text.
        let dependencies: [String]
        /// Where its files lie, from the package's top folder.
        let path: String
    }

    let targets: [Target]
    /// What the helper `tests` gives every test target, whether it needs it or not.
    static let sharedByTests = "TestSupport"

    /// - Parameter text: the manifest's source text.
    init(_ text: String) {
        let source = SourceText.withoutComments(text)
        var targets: [Target] = []
        var rest = Substring(source)
        while let call = Self.nextCall(in: rest) {
            rest = rest[call.end...]
            if let target = Self.target(call.word, call.arguments) { targets.append(target) }
        }
        self.targets = targets
    }

    private struct Call {
        let word: String
        let arguments: [String]
        let end: String.Index
    }

    /// The words that declare a target: SwiftPM's own and the manifest's helpers.
    private static let words = [
        ".target", ".executableTarget", ".testTarget", ".systemLibrary", "module", "tests", "system",
    ]

    /// The first of the calls that declare a target, with its arguments.
    private static func nextCall(in text: Substring) -> Call? {
        var place = text.startIndex
        while let open = text[place...].firstIndex(of: "(") {
            let word = String(text[place..<open].reversed().prefix { $0.isLetter || $0 == "." }.reversed())
            let isDefinition = text[place..<open].dropLast(word.count).hasSuffix("func ")
            place = text.index(after: open)
            guard words.contains(word), !isDefinition, let close = SourceText.closing(open, in: text) else { continue }
            let inner = text[place..<close]
            return Call(word: word, arguments: SourceText.arguments(of: inner), end: text.index(after: close))
        }
        return nil
    }

    /// The target that a call declares; nil for one whose name is no literal, as in the bodies of helpers.
    private static func target(_ word: String, _ arguments: [String]) -> Target? {
        let named = Dictionary(
            arguments.compactMap { argument in SourceText.label(of: argument).map { ($0, argument) } },
            uniquingKeysWith: { first, _ in first })
        let isHelper = !word.hasPrefix(".")
        guard let name = SourceText.literal(isHelper ? arguments.first : named["name"]) else { return nil }
        let list =
            isHelper ? arguments.dropFirst().first { $0.hasPrefix("[") } : named["dependencies"].map(SourceText.value)
        var dependencies = (list.map { SourceText.arguments(of: $0.dropFirst().dropLast()) } ?? [])
            .compactMap(SourceText.firstLiteral)
        let path = SourceText.literal(named["path"].map(SourceText.value))
        switch word {
        case ".systemLibrary", "system":
            return Target(name: name, kind: .systemLibrary, dependencies: [], path: path ?? "Sources/\(name)")
        case "tests":
            dependencies = [name, Self.sharedByTests] + dependencies
            return Target(name: name + "Tests", kind: .tests, dependencies: dependencies, path: "Tests/\(name)Tests")
        case ".testTarget":
            return Target(name: name, kind: .tests, dependencies: dependencies, path: path ?? "Tests/\(name)")
        default:
            let kind: Target.Kind = word == ".executableTarget" ? .program : .module
            return Target(name: name, kind: kind, dependencies: dependencies, path: path ?? "Sources/\(name)")
        }
    }
}
