import AVPrepCore
package import AVPrepMedia
import CSandbox
import Foundation

/// The program `avprep-decode`: receives files and forks a process for each, which enters the sandbox before it reads
/// the first byte.
///
/// Loading the media libraries takes 55 to 95 ms of CPU time, a fork 1 ms; and whatever a file does to its process ends with
/// that process. The server itself never reads a file's bytes. It exits when its socket closes.
package enum DecoderServer {
    /// Serves until the client closes the connection.
    ///
    /// - Parameters:
    ///   - arguments: `--without-filter` and `--without-landlock` behave as if the kernel lacked these features.
    ///   - reader: reads each file; the shipped program has the system's own.
    ///   - hook: called in the process of each file; nil in the shipped program.
    package static func run(
        _ arguments: [String], reader: @escaping LocalFile.Reader = LocalFile.systemReader, hook: DecoderHook? = nil
    ) -> Never {
        signal(SIGPIPE, SIG_IGN)
        avprep_close_from(avprep_box_socket.descriptor + 1)
        let channel = Channel(owning: avprep_box_socket.descriptor)
        // When memory runs out, the system should kill a decoder before any other process of the user.
        try? "1000".write(toFile: "/proc/self/oom_score_adj", atomically: false, encoding: .utf8)
        // Without a time zone of UTC nothing that is decoded changes; without the folder a mounted one stays in use.
        guard setenv("TZ", "UTC", 1) == 0, chdir("/") == 0 else { exit(1) }
        tzset()
        MediaLibraries.load()
        let ownBytes = max(0, avprep_data_bytes())
        let rules = arguments.contains("--without-filter") || avprep_has_seccomp() == 0 ? nil : avprep_box_rules()
        var landlock = 0
        if !arguments.contains("--without-landlock"), avprep_landlock_restrict() == 0 {
            landlock = Int(avprep_landlock_version())
        }
        let protection = DecoderProtection(systemCallFilter: rules != nil, landlock: landlock)
        guard channel.send(Greeting(version: Version.text, protection: protection)) else { exit(0) }
        // Loading errors went to the terminal; from here on stderr goes nowhere, like stdout.
        guard dup2(STDOUT_FILENO, STDERR_FILENO) >= 0 else { exit(1) }
        while true {
            let isServed = channel.receive(descriptors: 2) { bytes, descriptors -> Bool? in
                guard let request = SandboxRequest(bytes), descriptors.count == 2 else {
                    for descriptor in descriptors { close(descriptor) }
                    // A request to kill a process that has meanwhile ended by itself.
                    return KillRequest(bytes).map { _ in true }
                }
                let limits = avprep_box_limits(
                    cpu_seconds: UInt64(max(1, request.cpuSeconds)),
                    memory_bytes: UInt64(ownBytes + Int64(max(0, request.memoryBytes))))
                return serve(descriptors, limits, rules, hook, reader, channel)
            }
            guard isServed == true else { exit(0) }
        }
    }

    /// Forks a process for one file and waits until it ends.
    ///
    /// - Parameter descriptors: the process's socket and its file.
    /// - Returns: false when the client has closed the connection.
    private static func serve(
        _ descriptors: [Int32], _ limits: avprep_box_limits, _ rules: UnsafeMutableRawPointer?, _ hook: DecoderHook?,
        _ reader: @escaping LocalFile.Reader, _ channel: Channel
    ) -> Bool {
        var life: [Int32] = [-1, -1]
        guard pipe(&life) == 0 else { return false }
        let parent = getpid()
        let process = avprep_fork()
        if process == 0 {
            // Moved away from the descriptor numbers that they are to have.
            let moved = (descriptors + [life[1]]).map { fcntl($0, F_DUPFD, 64) }
            guard moved.allSatisfy({ $0 >= 0 }), dup2(moved[0], avprep_box_socket.descriptor) >= 0,
                dup2(moved[1], avprep_box_file.descriptor) >= 0, dup2(moved[2], avprep_box_life.descriptor) >= 0
            else { _exit(1) }
            avprep_close_from(avprep_box_memory.descriptor)
            guard avprep_die_with_parent(parent) == 0 else { _exit(1) }
            DecoderSandbox.run(limits, rules, hook, reader)
        }
        for descriptor in descriptors + [life[1]] { close(descriptor) }
        defer { close(life[0]) }
        guard process > 0 else { return false }
        var isWanted = true
        while true {
            var states = [
                pollfd(fd: life[0], events: Int16(POLLIN), revents: 0),
                pollfd(fd: isWanted ? channel.descriptor : -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&states, 2, -1) > 0 else { continue }
            if states[0].revents != 0 { break }
            // Any message, or the end of the connection, means that the process is to be killed.
            isWanted = false
            kill(process, SIGKILL)
        }
        var end = avprep_exit()
        guard avprep_wait(process, &end) == 0 else { return false }
        let signal = Int(avprep_exit_signal(end.status))
        let code = Int(avprep_exit_code(end.status))
        return channel.send(
            SandboxReport(
                exitCode: code < 0 ? nil : code, signal: signal == 0 ? nil : signal, cpuSeconds: end.cpu_seconds,
                peakBytes: Int(end.peak_bytes)))
    }
}

/// An unnamed C enumeration, whose type differs from platform to platform.
extension BinaryInteger {
    fileprivate var descriptor: Int32 { Int32(self) }
}
