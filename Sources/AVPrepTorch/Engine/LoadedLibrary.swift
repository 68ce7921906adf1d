import Foundation

/// A library that `make engine` builds and that is loaded when it is needed, since not every machine has what it needs.
struct LoadedLibrary {
    let fileName: String
    /// The variable of the environment that names another file.
    let variable: String
    /// What messages call it.
    let name: String

    /// The paths where the library is searched, in order: the file that the variable names, and no other if that is
    /// set; beside the executable, as `make install` places it; `.engine/` in the working directory; `.engine/` in the
    /// folders above the executable, for a build in a checkout.
    func candidates(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        workingFolder: String = FileManager.default.currentDirectoryPath, executable: String = executablePath
    ) -> [String] {
        if let named = environment[variable], !named.isEmpty { return [named] }
        let folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
        let prefix = folder.deletingLastPathComponent()
        var paths = [
            prefix.appendingPathComponent("lib/avprep/\(fileName)").path,
            folder.appendingPathComponent(fileName).path,
            "\(workingFolder)/.engine/\(fileName)",
        ]
        // Above .build/x86_64-unknown-linux-gnu/debug/, the package's folder is the fourth.
        var above = folder
        for _ in 0..<5 where above.path != "/" {
            paths.append(above.appendingPathComponent(".engine/\(fileName)").path)
            above.deleteLastPathComponent()
        }
        return paths
    }

    /// The first candidate that exists.
    func find(in candidates: [String]) -> String? {
        candidates.first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Opens the library and finds its one symbol.
    ///
    /// - Throws: `TorchError(.engine)` when it is missing, cannot be loaded, or is another library.
    func open(_ candidates: [String], symbol: String, flags: Int32) throws -> (
        symbol: UnsafeMutableRawPointer, path: String
    ) {
        guard let path = find(in: candidates) else {
            throw TorchError(
                .engine,
                "the \(name) is not built: run `make engine` (looked for \(candidates.joined(separator: ", ")))")
        }
        guard let library = dlopen(path, RTLD_NOW | flags) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown reason"
            throw TorchError(.engine, "cannot load the \(name) \(path): \(reason); build it again with `make engine`")
        }
        guard let found = dlsym(library, symbol) else {
            throw TorchError(
                .engine, "\(path) is not a \(name): it has no `\(symbol)`; build one with `make engine`")
        }
        return (found, path)
    }

    func otherVersion(_ path: String) -> TorchError {
        TorchError(
            .engine, "the \(name) \(path) is of another version than this avprep; build it again with `make engine`")
    }

    private static var executablePath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
