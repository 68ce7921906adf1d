import CEngine
import Foundation

/// Finds and opens `libavprep_engine.so`, the one part of avprep that needs libtorch.
enum EngineLibrary {
    /// The file that `make engine` builds.
    static let fileName = "libavprep_engine.so"

    /// The paths where the library is searched, in order: the file named by `AVPREP_ENGINE`, and no other if that is
    /// set; beside the executable, as `make install` places it; `.engine/` in the working directory; `.engine/` in the
    /// folders above the executable, for a build in a checkout.
    static func candidates(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        workingFolder: String = FileManager.default.currentDirectoryPath, executable: String = executablePath
    ) -> [String] {
        if let named = environment["AVPREP_ENGINE"], !named.isEmpty { return [named] }
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
    static func find(in candidates: [String] = candidates()) -> String? {
        candidates.first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Opens the library. Only this loads libtorch, which takes about 0.1 to 1 s.
    ///
    /// - Throws: `TorchError(.engine)` when it is missing, cannot be loaded, or has another version.
    static func open(candidates: [String] = candidates()) throws -> avprep_engine_api {
        guard let path = find(in: candidates) else {
            throw TorchError(
                .engine,
                "the training engine is not built: run `make engine` (looked for \(candidates.joined(separator: ", ")))"
            )
        }
        // Deep binding: libtorch contains a BLAS under the standard names. Without deep binding its calls would go to
        // the OpenBLAS that the executable is linked with, and use that one's threads.
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL | Int32(RTLD_DEEPBIND)) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown reason"
            throw TorchError(
                .engine, "cannot load the training engine \(path): \(reason); build it again with `make engine`")
        }
        guard let symbol = dlsym(library, "avprep_engine") else {
            throw TorchError(
                .engine, "\(path) is not a training engine: it has no `avprep_engine`; build one with `make engine`")
        }
        typealias Entry = @convention(c) (UInt32) -> UnsafePointer<avprep_engine_api>?
        let entry = unsafeBitCast(symbol, to: Entry.self)
        guard let api = entry(UInt32(AVPREP_ENGINE_ABI)) else {
            throw TorchError(
                .engine,
                "the training engine \(path) is of another version than this avprep; build it again with `make engine`")
        }
        return api.pointee
    }

    private static var executablePath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
