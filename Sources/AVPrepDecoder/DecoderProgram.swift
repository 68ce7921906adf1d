import AVPrepCore
import CSandbox
import Foundation

/// The decoding program, `avprep-decode`.
package struct DecoderProgram: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// Finds it: where `AVPREP_DECODER` says, beside the running program, or in `lib/avprep`.
    ///
    /// - Throws: ``DecoderError`` when it is in none of these places.
    package static func find() throws(DecoderError) -> DecoderProgram {
        if let path = ProcessInfo.processInfo.environment["AVPREP_DECODER"] {
            guard access(path, X_OK) == 0 else {
                throw DecoderError("AVPREP_DECODER names \(path), which is not a program: \(systemError())")
            }
            return DecoderProgram(path: path)
        }
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        let candidates = ["\(folder)/avprep-decode", "\(folder)/../lib/avprep/avprep-decode"]
        guard let path = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw DecoderError(
                "cannot find avprep-decode (looked for \(candidates.joined(separator: ", "))); install avprep again")
        }
        return DecoderProgram(path: path)
    }

    /// Starts it with no inherited descriptors but a socket and stderr.
    func start(_ arguments: [String], socket: Int32) throws(DecoderError) -> pid_t {
        func check(_ status: Int32) throws(DecoderError) {
            if status != 0 { throw DecoderError("cannot start \(path): \(systemError(status))") }
        }
        var actions = posix_spawn_file_actions_t()
        try check(posix_spawn_file_actions_init(&actions))
        defer { posix_spawn_file_actions_destroy(&actions) }
        try check(posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0))
        try check(posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0))
        try check(posix_spawn_file_actions_adddup2(&actions, socket, Int32(avprep_box_socket)))
        var attributes = posix_spawnattr_t()
        try check(posix_spawnattr_init(&attributes))
        defer { posix_spawnattr_destroy(&attributes) }
        // Dispatch's threads, one of which runs this, block all signals. Those by which a user or a scheduler ends avprep
        // stay blocked in the decoder and its children: on Ctrl-C, which reaches them, too, the parent decides.
        var blocked = sigset_t()
        sigemptyset(&blocked)
        for number in [SIGINT, SIGTERM, SIGUSR1, SIGHUP] { sigaddset(&blocked, number) }
        try check(posix_spawnattr_setsigmask(&attributes, &blocked))
        try check(posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK)))
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = Self.environment.map { strdup($0) } + [nil]
        defer { for text in argv + environment { free(text) } }
        var process: pid_t = 0
        try check(posix_spawn(&process, path, &actions, &attributes, &argv, &environment))
        return process
    }

    /// The variables that the loader needs, and a single thread, since a process that forks must not have others.
    private static var environment: [String] {
        let inherited = ["LD_LIBRARY_PATH"].compactMap { name in
            ProcessInfo.processInfo.environment[name].map { "\(name)=\($0)" }
        }
        return inherited + ["OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "SWIFT_BACKTRACE=enable=no"]
    }
}
