import Foundation

/// What the engine's threads need to find in the environment when the process starts.
package enum EngineEnvironment {
    /// libgomp, which runs libtorch's threads, lets them spin for a while whenever they wait for one another. While the
    /// loader's threads work on the same cores, a step cost 3 times the CPU and twice the time of one that sleeps.
    private static let variables = ["OMP_WAIT_POLICY": "passive"]

    /// What `environment` lacks. A value that somebody has set stands.
    static func missing(from environment: [String: String]) -> [String: String] {
        variables.filter { environment[$0.key] == nil }
    }

    /// Starts the running program again with what the environment lacks; returns at once if that is nothing.
    ///
    /// libgomp reads its variables when it is loaded, and FFmpeg's libavcodec loads it with the executable: too early
    /// for a program to set them for itself. Call this first thing, before files are opened or threads begun. The
    /// process keeps its id. If the system refuses, training is slower and otherwise the same.
    package static func restartProcessIfNeeded() {
        let missing = missing(from: ProcessInfo.processInfo.environment)
        guard !missing.isEmpty,
            let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        else { return }
        for (name, value) in missing { setenv(name, value, 1) }
        execv(executable, CommandLine.unsafeArgv)
    }
}
