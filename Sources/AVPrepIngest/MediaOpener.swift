import AVPrepCore
import AVPrepDecoder
import AVPrepMedia
import AVPrepSettings

/// Opens media files for one worker, one at a time: in processes of their own, or in this one.
final class MediaOpener {
    private let limits: MediaLimits
    private let cancellation: Cancellation
    /// nil where files are decoded in this process.
    private let host: DecoderClient?
    private var process: SandboxedMediaSource?

    /// - Throws: ``DecoderError`` when decoder processes are wanted and there is no program for them.
    init(_ isolation: IngestSettings.Isolation, limits: MediaLimits, cancellation: Cancellation) throws {
        self.limits = limits
        self.cancellation = cancellation
        host = isolation == .process ? try DecoderClient() : nil
    }

    /// What this machine lacks to keep a decoder process from touching anything, with what follows from it; nil when
    /// nothing is missing, or when there are no such processes.
    ///
    /// - Throws: ``DecoderError`` when they cannot be started.
    func weakness() throws -> String? {
        guard let host else { return nil }
        let protection = try host.protection()
        if protection.isComplete { return nil }
        let rest = protection.landlock > 0 ? "Landlock still blocks access to files" : "Landlock is missing, too"
        return
            "this kernel cannot filter the system calls of decoder processes (\(rest)); their limits and crashes "
            + "remain isolated"
    }

    /// Opens a file for reading; ``close()`` it before the next.
    func open(_ path: String) throws -> any MediaSource {
        let cancellation = cancellation
        guard let host else { return try MediaFile(path: path, limits: limits) { cancellation.isCancelled } }
        let process = try SandboxedMediaSource(path: path, on: host, limits: limits) { cancellation.isCancelled }
        self.process = process
        return process
    }

    /// Ends what was opened last.
    ///
    /// - Returns: CPU time that it took outside of this process, in seconds.
    func close() -> Double {
        defer { process = nil }
        return process?.finish() ?? 0
    }
}
