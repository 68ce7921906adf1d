import AVPrepCore
import CEngine
import Foundation

/// Finds and opens `libavprep_engine.so`, the one part of avprep that needs libtorch.
enum EngineLibrary {
    /// The file that `make engine` builds.
    static let file = LoadedLibrary(fileName: "libavprep_engine.so", variable: "AVPREP_ENGINE", name: "training engine")

    /// Opens the library. Only this loads libtorch, which takes about 0.1 to 1 s.
    ///
    /// - Throws: `TorchError(.engine)` when it is missing, cannot be loaded, or has another version.
    static func open(candidates: [String] = file.candidates()) throws -> avprep_engine_api {
        typealias Entry = @convention(c) (UInt32) -> UnsafePointer<avprep_engine_api>?
        // Deep binding: libtorch contains a BLAS under the standard names. Without deep binding its calls would go to
        // the OpenBLAS that the executable is linked with, and use that one's threads.
        let entry = try file.open(candidates, symbol: "avprep_engine", flags: RTLD_LOCAL | Int32(RTLD_DEEPBIND))
        guard let api = unsafeBitCast(entry.symbol, to: Entry.self)(UInt32(AVPREP_ENGINE_ABI)) else {
            throw file.otherVersion(entry.path)
        }
        return api.pointee
    }

    /// The part of the same library that tells what memory is taken.
    ///
    /// - Throws: as ``open(candidates:)``.
    static func openMemory(candidates: [String] = file.candidates()) throws -> avprep_memory_api {
        typealias Entry = @convention(c) (UInt32) -> UnsafePointer<avprep_memory_api>?
        let entry = try file.open(candidates, symbol: "avprep_engine_memory", flags: RTLD_LOCAL | Int32(RTLD_DEEPBIND))
        guard let api = unsafeBitCast(entry.symbol, to: Entry.self)(UInt32(AVPREP_MEMORY_ABI)) else {
            throw file.otherVersion(entry.path)
        }
        return api.pointee
    }

    /// The part of the same library that several processes use.
    ///
    /// - Throws: as ``open(candidates:)``.
    static func openGroup(candidates: [String] = file.candidates()) throws -> avprep_group_api {
        typealias Entry = @convention(c) (UInt32) -> UnsafePointer<avprep_group_api>?
        let entry = try file.open(candidates, symbol: "avprep_engine_group", flags: RTLD_LOCAL | Int32(RTLD_DEEPBIND))
        guard let api = unsafeBitCast(entry.symbol, to: Entry.self)(UInt32(AVPREP_GROUP_ABI)) else {
            throw file.otherVersion(entry.path)
        }
        return api.pointee
    }
}
