import AVPrepCore
import Foundation

/// One attempt to fetch a file, or the rest of it.
final class FileTransfer: HTTPClient.Receiver {
    /// How the attempt ended, in words for people.
    enum Step: Equatable {
        case whole
        /// Asking again would bring the same.
        case failed(String)
        case tooLarge(String)
        /// - Parameter pause: how long the server asks to wait, in seconds.
        case passing(String, pause: Double?)
    }

    private let file: PartialFile
    private let address: WebAddress
    private let settings: DownloadSettings
    private let count: (Int64) -> Void
    /// What was found out while the response came in; the transfer ended for it.
    private var finding: Step?
    private var error: (any Error)?
    /// The size that the whole file has, if the server told it.
    private var total: Int64?

    init(_ file: PartialFile, _ address: WebAddress, _ settings: DownloadSettings, count: @escaping (Int64) -> Void) {
        self.file = file
        self.address = address
        self.settings = settings
        self.count = count
    }

    /// - Throws: ``Failure`` when the disk cannot be written; `CancellationError`.
    func run(with client: HTTPClient) throws -> Step {
        var request = HTTPClient.Request(address: address)
        if file.size > 0, let origin = file.origin {
            request.first = file.size
            request.validator = origin.validator
        }
        let (response, end) = try client.run(request, to: self)
        if let error { throw error }
        if let code = file.writeError { throw file.refusal(code) }
        if let finding { return finding }
        switch end {
        case .cancelled: throw CancellationError()
        case .broken(let words, let isPassing): return isPassing ? .passing(words, pause: nil) : .failed(words)
        case .refused: return .failed("the transfer was ended (HTTP status \(response.status))")
        case .whole: break
        }
        if let total, file.size != total {
            return .passing("the transfer ended after \(file.size) of \(total) bytes", pause: nil)
        }
        return file.size > 0 ? .whole : .failed("the server sent an empty file")
    }

    func begin(_ response: HTTPResponse) -> Bool {
        do {
            finding = try verdict(on: response)
        } catch {
            self.error = error
        }
        return finding == nil && error == nil
    }

    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard file.append(bytes) else { return false }
        count(Int64(bytes.count))
        if let limit = settings.maxBytes, file.size > limit {
            finding = tooLarge(nil)
            return false
        }
        return true
    }

    /// Looks at the head of a response, and makes the file ready for its body.
    ///
    /// - Returns: why there will be no body to keep; nil if there will be.
    private func verdict(on response: HTTPResponse) throws -> Step? {
        switch response.status {
        case 200:
            total = response.fields["content-length"].flatMap { Int64($0) }
            if response.fields["content-encoding"].map({ $0.lowercased() != "identity" }) == true { total = nil }
            try file.restart(
                response.validator.map {
                    PartialFile.Origin(address: address.text, validator: $0, total: total)
                })
        case 206:
            // A server that does not know `If-Range` may send the rest of another version.
            let isSame = response.validator.map { $0 == file.origin?.validator } ?? true
            guard let range = response.range, range.first == file.size, isSame else {
                try file.restart(nil)
                return .passing("the server sent another part than it was asked for", pause: nil)
            }
            total = range.total
        case 416:
            // All of it may be here: the process was killed before it could put it in its place.
            if let size = response.sizeBeyondWhichNothingIs, size == file.size, file.origin?.total == size {
                return .whole
            }
            try file.restart(nil)
            return .passing("the file on the server has become shorter", pause: nil)
        case 408, 425, 429, 500...599:
            return .passing("the server answers with HTTP status \(response.status)", pause: response.retryAfter)
        default:
            return .failed(
                "the server answers with HTTP status \(response.status)"
                    + (response.status == 401 || response.status == 403
                        ? "; it may want a password: put it into ~/.netrc and set download.netrc: true" : "")
                    + "; mend the address, or take it from the list")
        }
        if response.isPage {
            try file.restart(nil)
            return .failed(
                "it is a web page, not a file; pages of video portals are for programs like yt-dlp: list the files that these make"
            )
        }
        if let total, let limit = settings.maxBytes, total > limit { return tooLarge(total) }
        return nil
    }

    private func tooLarge(_ size: Int64?) -> Step {
        let text = size.map { "\($0) bytes" } ?? "more bytes"
        return .tooLarge(
            "it has \(text), and download.max_megabytes (\(settings.maxMegabytes)) is the limit; raise it, or take the file from the list"
        )
    }
}
