import AVPrepCore
import AVPrepMedia
import CSandbox
import Foundation

/// Starts decoder processes, one at a time: one host a worker.
///
/// Behind it runs `avprep-decode`, which loads the media libraries once and forks a process for each file. It is started
/// when the first file comes, and started again when it is gone. One thread at a time.
package final class DecoderClient {
    private let program: DecoderProgram
    private let arguments: [String]
    private var service: Service?
    private var memory: SharedMemory?
    /// How the process of the last file ended.
    private(set) var lastReport: ItemReport?

    /// The program behind a host, while it runs.
    private struct Service {
        let process: pid_t
        let channel: Channel
        let protection: DecoderProtection
    }

    /// A program that does not come up within so many seconds never will.
    private static let startSeconds = 60.0
    /// An order to die takes effect at once; a program that does not report it within so many seconds is gone itself.
    private static let reportSeconds = 10.0

    /// - Parameters:
    ///   - program: found beside the running program when nil.
    ///   - arguments: for `avprep-decode`; see ``DecoderServer``.
    /// - Throws: ``DecoderError`` when there is no such program.
    package init(program: DecoderProgram? = nil, arguments: [String] = []) throws(DecoderError) {
        if let program { self.program = program } else { self.program = try DecoderProgram.find() }
        self.arguments = arguments
    }

    deinit { stop() }

    /// What keeps the processes of this host from touching anything. Starts the program.
    ///
    /// - Throws: ``DecoderError`` when it does not start.
    package func protection() throws -> DecoderProtection {
        try running().protection
    }

    /// Whether this kernel has memory that two processes can share and neither can shorten.
    package static var hasSharedMemory: Bool { (try? SharedMemory(byteCount: 4096)) != nil }

    /// The program behind this host, while it runs.
    var process: pid_t? { service?.process }

    /// Starts a process for a file.
    ///
    /// - Returns: the way to talk to it. Close it, and call ``end(_:)``, before the next.
    /// - Throws: ``DecoderError`` when the program does not start.
    func begin(_ file: LocalFile, _ limits: MediaLimits) throws -> Channel {
        let (ours, theirs) = try Channel.pair()
        let request = ItemRequest(
            cpuSeconds: Int(min(limits.cpuSeconds(forBytes: file.size), 1e9).rounded(.up)),
            memoryBytes: limits.maxMemoryMegabytes << 20)
        let descriptors = [theirs.descriptor, file.descriptor]
        if try running().channel.send(request, descriptors: descriptors) { return ours }
        // It was gone before the file came: that is not the file's fault.
        stop()
        guard try running().channel.send(request, descriptors: descriptors) else {
            throw DecoderError("\(program.path) does not take files; install avprep again")
        }
        return ours
    }

    /// How the current file's process ends after its channel was closed.
    ///
    /// - Parameter isAtOnce: whether it is killed, or may end by itself.
    /// - Returns: nil when the program itself is gone or does not answer; another is started for the next file.
    func end(isAtOnce: Bool) -> ItemReport? {
        guard let service else { return nil }
        if isAtOnce { _ = service.channel.send(KillRequest(), waits: false) }
        var isKilled = isAtOnce
        let deadline = ContinuousClock.now + .seconds(Self.reportSeconds)
        while ContinuousClock.now < deadline {
            guard service.channel.isReadable(withinMilliseconds: isKilled ? 1000 : 2000) else {
                // Closing the channel was word enough for a process that listens.
                if !isKilled { _ = service.channel.send(KillRequest(), waits: false) }
                isKilled = true
                continue
            }
            guard let report = service.channel.receive({ bytes, _ in ItemReport(bytes) }) else { break }
            lastReport = report
            return report
        }
        stop()
        return nil
    }

    /// Memory to share with the current file's process: the last one's, when it has about the right size. That process
    /// is dead, so nobody else writes to it any more.
    func memory(byteCount: Int) throws(DecoderError) -> SharedMemory {
        if let memory, memory.byteCount >= byteCount, memory.byteCount <= 4 * byteCount { return memory }
        memory = nil
        let new = try SharedMemory(byteCount: byteCount)
        memory = new
        return new
    }

    private func running() throws(DecoderError) -> Service {
        if let service { return service }
        let (ours, theirs) = try Channel.pair()
        let process = try program.start(arguments, socket: theirs.descriptor)
        // Ours alone is left: when the program ends, reading from it ends.
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
        let new = Service(process: process, channel: ours, protection: greeting.protection)
        service = new
        guard greeting.version == Version.text else {
            stop()
            throw DecoderError(
                "\(program.path) is of avprep \(greeting.version), not \(Version.text); install avprep again")
        }
        return new
    }

    /// Ends the program, and with it whatever it started.
    private func stop() {
        guard let service else { return }
        self.service = nil
        // What it started may take a moment longer to die, and could still write to it.
        memory = nil
        kill(service.process, SIGKILL)
        var end = avprep_exit()
        avprep_wait(service.process, &end)
    }
}
