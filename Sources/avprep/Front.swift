import AVPrepCommands
import ArgumentParser

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The program a user types: answers `--help`, `--version` and usage errors at once, and becomes `avprep-work` for the
/// rest. Loading the media libraries takes longer than all of that together.
@main
enum Front {
    static func main() {
        WorkHost.perform = { _ in become() }
        Avprep.main()
    }

    /// Replaces this program by the one that does the work, with the same arguments.
    private static func become() {
        // libgomp, which runs libtorch's threads, lets them spin whenever they wait for one another. While the loader
        // works on the same cores, a step then costs three times the CPU. It reads this when it is loaded: before any
        // code of the program that loads it. A value that somebody has set stands.
        guard setenv("OMP_WAIT_POLICY", "passive", 0) == 0 else {
            complain("cannot set an environment variable: no memory")
        }
        holdSignals()
        let folder = executableFolder()
        let candidates = ["\(folder)/avprep-work", "\(folder)/../lib/avprep/avprep-work"]
        for path in candidates where access(path, X_OK) == 0 {
            execv(path, CommandLine.unsafeArgv)
        }
        let looked = candidates.joined(separator: ", ")
        complain("cannot start avprep-work (looked for \(looked)); install avprep again")
    }

    /// Signals that come while the loader works wait until `avprep-work` listens to them: a job that is stopped in its first
    /// moment ends as cleanly as later. (Blocked signals, and those that wait, stay over an exec.)
    private static func holdSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGUSR1, SIGHUP] { sigaddset(&signals, number) }
        if sigprocmask(SIG_BLOCK, &signals, nil) != 0 { complain("cannot block signals") }
    }

    private static func complain(_ message: String) -> Never {
        let line = "avprep: \(message)\n"
        // Where nobody can be told, the exit code tells.
        _ = write(STDERR_FILENO, line, line.utf8.count)
        exit(1)
    }

    private static func executableFolder() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { return "." }
        let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
