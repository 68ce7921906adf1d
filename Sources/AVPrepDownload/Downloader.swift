package import AVPrepCore
package import AVPrepModel
import Foundation

/// Fetches files from web servers to places of their own. A transfer that broke goes on where it ended, in the same run or
/// a later one, if the server tells that the file is still the same (RFC 9110, range requests with `If-Range`).
///
/// One for each worker; they share ``ServerHealth``.
package final class Downloader {
    /// What servers have shown themselves to be, for all workers of a run.
    package struct Shared: Sendable {
        let health = ServerHealth()

        package init() {}
    }

    /// What came of one file.
    package enum Result: Sendable, Equatable {
        /// It is in its place.
        ///
        /// - Parameters:
        ///   - bytes: its size.
        ///   - received: what of it came in this run.
        case fetched(bytes: Int64, received: Int64)
        case failed(Outcome.Reason)
    }

    /// Seconds to wait before the second attempt; each further one waits four times as long.
    private static let firstPause = 1.0
    /// Longest time that a server may ask to wait, in seconds; for longer ones there is the next run.
    private static let longestPause = 60.0

    private let settings: DownloadSettings
    private let cancellation: Cancellation
    private let health: ServerHealth
    private let client: HTTPClient
    /// How long a second of waiting takes; tests wait less.
    private let secondsPerSecond: Double

    /// - Throws: ``Failure`` when libcurl cannot be used.
    package init(
        _ settings: DownloadSettings, _ shared: Shared, cancellation: Cancellation, secondsPerSecond: Double = 1
    ) throws {
        self.settings = settings
        self.cancellation = cancellation
        self.secondsPerSecond = secondsPerSecond
        health = shared.health
        client = try HTTPClient(settings) { cancellation.isCancelled }
    }

    /// Fetches a file, unless another process has done so meanwhile.
    ///
    /// - Parameters:
    ///   - target: where it is put, once it is whole and has the digest that its address tells. Folders are made.
    ///   - progress: is called with the number of bytes that came since the last call.
    /// - Throws: ``Failure`` when the disk cannot be written; `CancellationError`. Trouble with the server or the file is
    ///   the result.
    package func fetch(_ address: WebAddress, to target: String, progress: @escaping (Int64) -> Void = { _ in }) throws
        -> Result
    {
        if let fault = address.fault { return failed("\(address.text): \(fault)") }
        try AtomicFile.makeFolder((target as NSString).deletingLastPathComponent)
        guard let file = try open(target, address) else {
            let size = FileIdentity(path: target)?.size ?? 0
            return .fetched(bytes: size, received: 0)
        }
        let result = try fetch(address, into: file, progress)
        if case .failed = result, file.size == 0 { file.discard() }
        return result
    }

    private func fetch(_ address: WebAddress, into file: PartialFile, _ progress: @escaping (Int64) -> Void) throws
        -> Result
    {
        var received: Int64 = 0
        var attempt = 1
        while true {
            try cancellation.check()
            if health.isGivenUp(address.host) {
                return .failed(
                    Outcome.Reason(
                        Outcome.Reason.downloadError,
                        "\(address.text) was not asked for: \(address.host) failed \(ServerHealth.patience) times in a row; the next run tries again"
                    ))
            }
            let transfer = FileTransfer(file, address, settings) { bytes in
                received += bytes
                progress(bytes)
            }
            let before = received
            let step = try transfer.run(with: client)
            switch step {
            case .whole:
                health.note(address.host, succeeded: true)
                return try finish(file, address, received)
            case .failed(let words):
                // The server answers: it is this file that cannot be had.
                health.note(address.host, succeeded: true)
                return failed("\(address.text): \(words)")
            case .tooLarge(let words):
                health.note(address.host, succeeded: true)
                try file.restart(nil)
                return .failed(Outcome.Reason(Outcome.Reason.overLimit, "\(address.text): \(words)"))
            case .passing(let words, let pause):
                // What brought the file forward was no vain attempt.
                if received > before { attempt = 1 }
                health.note(address.host, succeeded: received > before)
                let wait = pause ?? Self.firstPause * Double(1 << (2 * min(attempt - 1, 8)))
                if attempt >= settings.attempts || wait > Self.longestPause {
                    return .failed(
                        Outcome.Reason(
                            Outcome.Reason.downloadError, "\(address.text): \(words); the next run goes on with it"))
                }
                attempt += 1
                try cancellation.wait(seconds: wait * secondsPerSecond)
            }
        }
    }

    /// - Returns: nil when another process has put the file in its place.
    private func open(_ target: String, _ address: WebAddress) throws -> PartialFile? {
        while true {
            try cancellation.check()
            if let file = try PartialFile.open(for: target, address: address) {
                // Two may have waited for the same file.
                guard try ExistingFile.isThere(target) else { return file }
                file.discard()
                return nil
            }
            try cancellation.wait(seconds: 0.2)
        }
    }

    private func failed(_ detail: String) -> Result { .failed(Outcome.Reason(Outcome.Reason.downloadFailed, detail)) }

    private func finish(_ file: PartialFile, _ address: WebAddress, _ received: Int64) throws -> Result {
        if let expected = address.sha256 {
            let digest = try file.digest { cancellation.isCancelled }
            guard digest == expected else {
                try file.restart(nil)
                return failed(
                    "\(address.text): what came has the SHA-256 \(digest.hex), not \(expected.hex), and was thrown away; mend the address, or ask whoever serves the file"
                )
            }
        }
        try file.finish()
        return .fetched(bytes: file.size, received: received)
    }
}

extension Outcome.Reason {
    /// The server does not give the file, or it is not what was asked for.
    fileprivate static let downloadFailed = "download-failed"
    fileprivate static let overLimit = "over-limit"
}
