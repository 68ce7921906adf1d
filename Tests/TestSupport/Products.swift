import Foundation

/// The programs that are built beside the tests.
package enum Products {
    /// The folder of the running test program.
    package static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    /// The `avprep` of this build, or the one that `AVPREP_PROGRAM` names.
    package static let avprep = ProcessInfo.processInfo.environment["AVPREP_PROGRAM"] ?? folder + "/avprep"

    /// The `avprep-decode` of this build in which faults can be planned (`--faults=PLAN`).
    package static let faultyDecoder = folder + "/avprep-decode-faulty"

    /// The torch engine, where `make engine` has built it.
    package static let engine: String? = {
        let path =
            ProcessInfo.processInfo.environment["AVPREP_ENGINE"]
            ?? Oracle.repository + "/.engine/libavprep_engine.so"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    /// The program that starts several processes, where it is there with the library that `make engine` builds against its
    /// MPI.
    package static let mpirun: String? = ["/usr/bin/mpirun", "/usr/local/bin/mpirun"].first { program in
        FileManager.default.isExecutableFile(atPath: program)
            && FileManager.default.fileExists(atPath: Oracle.repository + "/.engine/libavprep_mpi.so")
    }

    /// The ffmpeg program, which belongs to the system: it makes clips that our own encoder cannot, and decodes for
    /// comparison.
    package static let ffmpeg: String? = ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Whether tests that need it run: see ``Gate``.
    package static var hasFFmpeg: Bool { Gate.runs(ffmpeg != nil) }

    /// Whether tests of several processes run: see ``Gate``.
    package static var hasMPI: Bool { Gate.runs(mpirun != nil && engine != nil) }

    /// Whether tests that train run: see ``Gate``.
    package static var hasEngine: Bool { Gate.runs(engine != nil) }
}
