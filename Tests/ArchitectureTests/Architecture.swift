import Foundation

/// A package's targets, files and table of modules, and what is wrong between them.
struct Architecture {
    struct File {
        /// From the package's top folder.
        let path: String
        let lines: Int
        let imports: Set<String>
    }

    /// What a folder and a file may hold, so that one finds one's way.
    static let maximumFiles = 20
    static let maximumLines = 300
    /// No library but loops of our own, each header of which belongs to the module that owns its subject.
    static let sharedModules: Set = ["CKernels"]
    /// What comes with the toolchain: nobody declares it.
    static let platformModules: Set = [
        "Swift", "Foundation", "Dispatch", "Synchronization", "Testing", "PackageDescription", "Glibc", "Darwin",
        "Musl",
    ]

    let targets: [PackageManifest.Target]
    let rows: [ModuleTable.Row]
    let swiftFiles: [File]
    /// Folders under `Sources`, from the package's top folder, and how many files lie in each itself.
    let filesInFolders: [String: Int]

    /// Reads `Package.swift`, `Sources/README.md` and every file under `Sources` and `Tests`.
    ///
    /// - Parameter repository: the package's top folder.
    init(repository: String) throws {
        targets = PackageManifest(try String(contentsOfFile: repository + "/Package.swift", encoding: .utf8)).targets
        rows = ModuleTable(try String(contentsOfFile: repository + "/Sources/README.md", encoding: .utf8)).rows
        var files: [File] = []
        var filesInFolders: [String: Int] = [:]
        for top in ["Sources", "Tests"] {
            let folder = "\(repository)/\(top)"
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() {
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder),
                    !isFolder.boolValue
                else { continue }
                let path = "\(top)/\(name)"
                if top == "Sources" { filesInFolders[(path as NSString).deletingLastPathComponent, default: 0] += 1 }
                guard name.hasSuffix(".swift") else { continue }
                let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                let lines = text.utf8.count { $0 == UInt8(ascii: "\n") }
                files.append(File(path: path, lines: lines, imports: SourceText.imports(of: text)))
            }
        }
        swiftFiles = files
        self.filesInFolders = filesInFolders
    }

    /// Every breach of the rules, as one line each; none when the package keeps them.
    func faults() -> [String] {
        sizeFaults() + homeFaults() + dependencyFaults() + tableFaults() + ownerFaults()
    }

    // MARK: - Sizes

    private func sizeFaults() -> [String] {
        let folders = filesInFolders.filter { $0.value > Self.maximumFiles }.sorted { $0.key < $1.key }
            .map { "\($0.key) holds \($0.value) files, more than \(Self.maximumFiles): divide it by concept" }
        let files = swiftFiles.filter { $0.lines > Self.maximumLines }
            .map { "\($0.path) has \($0.lines) lines, more than \(Self.maximumLines): divide it by concept" }
        return folders + files
    }

    // MARK: - Declarations

    private func files(of target: PackageManifest.Target) -> [File] {
        swiftFiles.filter { $0.path.hasPrefix(target.path + "/") }
    }

    /// Each folder is a target's: nothing that the manifest's reader overlooks is left unchecked.
    private func homeFaults() -> [String] {
        let homes = Set(targets.map(\.path))
        let folders = Set(
            (swiftFiles.map(\.path) + filesInFolders.keys.map { $0 + "/" })
                .compactMap { path -> String? in
                    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
                    return parts.count > 2 ? parts[0] + "/" + parts[1] : nil
                })
        return folders.subtracting(homes).sorted().map { "\($0) is no target's in Package.swift" }
            + homes.filter { $0.hasPrefix("Sources/") }.subtracting(folders).sorted().map { "\($0) holds no file" }
    }

    /// What is imported is declared, and what is declared is imported.
    private func dependencyFaults() -> [String] {
        let programs = Set(targets.filter { $0.kind == .program }.map(\.name))
        return targets.flatMap { target -> [String] in
            let files = files(of: target)
            guard !files.isEmpty else { return [] }
            let modules = Dictionary(
                target.dependencies.map { name in
                    (targets.first { $0.name == name }?.moduleName ?? name, name)
                }, uniquingKeysWith: { first, _ in first })
            let own: Set = [target.moduleName]
            let undeclared = files.flatMap { file in
                file.imports.subtracting(Self.platformModules).subtracting(own).subtracting(modules.keys).sorted()
                    .map { "\(file.path) imports \($0), which \(target.name) does not declare in Package.swift" }
            }
            // A program is no module to import: who depends on one wants it built.
            let used = files.reduce(into: Set<String>()) { $0.formUnion($1.imports) }
            let given = target.kind == .tests ? programs.union([PackageManifest.sharedByTests]) : programs
            let unused = modules.filter { !used.contains($0.key) && !given.contains($0.value) }.values.sorted()
                .map { "\(target.name) declares \($0) in Package.swift and imports it nowhere" }
            return undeclared + unused
        }
    }

    // MARK: - The table

    private func tableFaults() -> [String] {
        let products = Set(targets.filter { $0.path.hasPrefix("Sources/") }.flatMap(\.dependencies))
        let names = Set(targets.map(\.name)).union(products)
        func full(_ name: String) -> String { names.contains(name) ? name : "AVPrep" + name }
        var faults: [String] = []
        var above: Set<String> = []
        for row in rows {
            if above.contains(row.module) { faults.append("Sources/README.md has two rows for \(row.module)") }
            for name in row.mayImport.map(full) where targets.contains(where: { $0.name == name }) {
                if !above.contains(name) {
                    faults.append("Sources/README.md lets \(row.module) import \(name), which does not stand above it")
                }
            }
            above.insert(row.module)
        }
        for module in above.subtracting(targets.map(\.name)).sorted() {
            faults.append("Sources/README.md has a row for \(module), which Package.swift does not have")
        }
        for target in targets where target.path.hasPrefix("Sources/") {
            guard let row = rows.first(where: { $0.module == target.name }) else {
                faults.append("Sources/README.md has no row for \(target.name)")
                continue
            }
            let allowed = Set(row.mayImport.map(full))
            let reached = Set(target.dependencies).union(
                files(of: target).flatMap(\.imports).filter { module in
                    module != target.moduleName && targets.contains { $0.moduleName == module }
                })
            faults += reached.subtracting(allowed).sorted()
                .map { "\(target.name) reaches \($0), which its row in Sources/README.md does not allow" }
        }
        return faults
    }

    // MARK: - Owners of C libraries

    /// One Swift module a C library: no other sees its types.
    private func ownerFaults() -> [String] {
        let libraries = targets.filter { target in
            target.path.hasPrefix("Sources/C") && files(of: target).isEmpty && !Self.sharedModules.contains(target.name)
        }
        return libraries.flatMap { library -> [String] in
            let importers = targets.filter { target in
                target.path.hasPrefix("Sources/") && files(of: target).contains { $0.imports.contains(library.name) }
            }
            if importers.count == 1 { return [] }
            let names = importers.map(\.name).joined(separator: ", ")
            return [
                "\(library.name) is imported by \(importers.isEmpty ? "no module" : names), not by one module alone"
            ]
        }
    }
}
