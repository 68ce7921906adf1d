import AVPrepCore
import AVPrepMedia
import CSandbox
import Foundation

/// Starts decoder processes, one at a time: one client per worker.
///
/// It runs the server `avprep-decode`, which loads the media libraries once and forks a process for each file. The
/// server is started with the first file, and restarted when it has ended. One thread at a time.
package final class DecoderClient {
    private let program: DecoderProgram
    private let arguments: [String]
    private var server: Server?
    private var memory: SharedMemory?
    /// How the process of the last file ended.
    private(set) var lastReport: SandboxReport?

    /// The running server.
    private struct Server {
        let process: pid_t
        let channel: Channel
        let protection: DecoderProtection
    }

    /// Longest time for the server to start, in seconds.
    private static let startSeconds = 60.0
    /// Longest time for the server to report the end of a killed process, in seconds; after that the server counts as
    /// dead.
    private static let reportSeconds = 10.0

    /// - Parameters:
    ///   - program: looked for beside the running program when nil.
    ///   - arguments: for `avprep-decode`; see ``DecoderServer``.
    /// - Throws: ``DecoderError`` when the program is not found.
    package init(program: DecoderProgram? = nil, arguments: [String] = []) throws(DecoderError) {
        if let program { self.program = program } else { self.program = try DecoderProgram.find() }
        self.arguments = arguments
    }

    deinit { stop() }

    /// The protection of this client's decoder processes. Starts the server.
    ///
    /// - Throws: ``DecoderError`` when it does not start.
    package func protection() throws -> DecoderProtection {
        try running().protection
    }

    /// Whether this kernel has shared memory whose size neither process can reduce.
    package static var hasSharedMemory: Bool { (try? SharedMemory(byteCount: 4096)) != nil }

    /// The server's process id, while it runs.
    var process: pid_t? { server?.process }

    /// Starts a process for a file.
    ///
    /// - Returns: the connection to it. Close it and call ``end(isAtOnce:)`` before the next.
    /// - Throws: ``DecoderError`` when the server does not start.
    func begin(_ file: LocalFile, _ limits: MediaLimits) throws -> Channel {
        let (ours, theirs) = try Channel.pair()
        let request = SandboxRequest(
            cpuSeconds: Int(min(limits.cpuSeconds(forBytes: file.size), 1e9).rounded(.up)),
            memoryBytes: limits.maxMemoryMegabytes << 20)
        let descriptors = [theirs.descriptor, file.descriptor]
        if try running().channel.send(request, descriptors: descriptors) { return ours }
        // The server had ended before the file was sent: the file is not the cause.
        stop()
        guard try running().channel.send(request, descriptors: descriptors) else {
            throw DecoderError("\(program.path) does not accept files; install avprep again")
        }
        return ours
    }

    /// Waits for the end of the current file's process after its channel was closed, and reports it.
    ///
    /// - Parameter isAtOnce: whether to kill it instead of letting it exit by itself.
    /// - Returns: nil when the server itself has ended or does not answer; another is started for the next file.
    func end(isAtOnce: Bool) -> SandboxReport? {
        guard let server else { return nil }
        if isAtOnce { _ = server.channel.send(KillRequest(), waits: false) }
        var isKilled = isAtOnce
        let deadline = ContinuousClock.now + .seconds(Self.reportSeconds)
        while ContinuousClock.now < deadline {
            guard server.channel.isReadable(withinMilliseconds: isKilled ? 1000 : 2000) else {
                // A process that reads its channel exits when the channel closes.
                if !isKilled { _ = server.channel.send(KillRequest(), waits: false) }
                isKilled = true
                continue
            }
            guard let report = server.channel.receive({ bytes, _ in SandboxReport(bytes) }) else { break }
            lastReport = report
            return report
        }
        stop()
        return nil
    }

    /// Memory to share with the current file's process: the previous file's, when its size is about right. That process
    /// is dead, so no other process writes to it.
    func memory(byteCount: Int) throws(DecoderError) -> SharedMemory {
        if let memory, memory.byteCount >= byteCount, memory.byteCount <= 4 * byteCount { return memory }
        memory = nil
        let new = try SharedMemory(byteCount: byteCount)
        memory = new
        return new
    }

    private func running() throws(DecoderError) -> Server {
        if let server { return server }
        let (ours, theirs) = try Channel.pair()
        let process = try program.start(arguments, socket: theirs.descriptor)
        // Only our own copy is left open, so reading ends when the server ends.
        theirs.close()
        var isReadable = false
        let deadline = ContinuousClock.now + .seconds(Self.startSeconds)
        while !isReadable, ContinuousClock.now < deadline { isReadable = ours.isReadable(withinMilliseconds: 1000) }
        guard isReadable, let greeting = ours.receive({ bytes, _ in Greeting(bytes) }) else {
            kill(process, SIGKILL)
            var end = avprep_exit()
            avprep_wait(process, &end)
            throw DecoderError("\(program.path) does not start; install avprep again")
        }
        let new = Server(process: process, channel: ours, protection: greeting.protection)
        server = new
        guard greeting.version == Version.text else {
            stop()
            throw DecoderError(
                "\(program.path) belongs to avprep \(greeting.version), not \(Version.text); install avprep again")
        }
        return new
    }

    /// Ends the server and every process it started.
    private func stop() {
        guard let server else { return }
        self.server = nil
        // The processes it started may live a moment longer and could still write to the memory.
        memory = nil
        kill(server.process, SIGKILL)
        var end = avprep_exit()
        avprep_wait(server.process, &end)
    }
}
