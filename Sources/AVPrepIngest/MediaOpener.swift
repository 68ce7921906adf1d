package import AVPrepCore
import AVPrepDecoder
package import AVPrepMedia
package import AVPrepModel
package import AVPrepSettings

/// Opens media files for one worker, one at a time: in sandboxed processes, or in this process.
package final class MediaOpener {
    private let limits: MediaLimits
    private let cancellation: Cancellation
    /// nil when files are decoded in this process.
    private let host: DecoderClient?
    private var process: SandboxedMediaSource?

    /// - Throws: ``DecoderError`` when decoder processes are requested and their program is missing.
    package init(_ isolation: IngestSettings.Isolation, limits: MediaLimits, cancellation: Cancellation) throws {
        self.limits = limits
        self.cancellation = cancellation
        host = isolation == .process ? try DecoderClient() : nil
    }

    /// The sandbox features that this machine lacks, and the consequences; nil when none is missing, or when decoding is in
    /// this process.
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
    ///
    /// - Parameter range: the part to read; nil: all of it.
    package func open(_ file: LocalFile, range: TimeRange? = nil) throws -> any MediaSource {
        let cancellation = cancellation
        guard let host else {
            return try MediaFile(file, range: range, limits: limits, isCancelled: { cancellation.isCancelled })
        }
        let process = try SandboxedMediaSource(file, range: range, on: host, limits: limits) {
            cancellation.isCancelled
        }
        self.process = process
        return process
    }

    /// Closes the file that was opened last.
    ///
    /// - Returns: CPU time spent on it in other processes, in seconds.
    package func close() -> Double {
        defer { process = nil }
        return process?.finish() ?? 0
    }
}
