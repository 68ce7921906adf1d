import AVPrepCore
import CCurl
import Foundation

/// Fetches files by HTTP with libcurl, one after another, over connections that stay open.
final class HTTPClient {
    /// A request for a file, or for the rest of one.
    struct Request {
        let address: WebAddress
        /// The first byte that is wanted.
        var first: Int64 = 0
        /// What names the file that the bytes before belong to; the whole file comes if it is another one now.
        var validator: String?
    }

    /// How a transfer ended.
    enum End: Equatable {
        case whole
        /// The receiver ended it: the file is larger than it may be, or cannot be written.
        case refused
        case cancelled
        /// libcurl's words, and whether the same may succeed later.
        case broken(String, isPassing: Bool)
    }

    /// Takes what comes. Its methods return false to end the transfer.
    protocol Receiver: AnyObject {
        /// The head of the response whose body follows.
        func begin(_ response: HTTPResponse) -> Bool
        func take(_ bytes: UnsafeRawBufferPointer) -> Bool
    }

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let handle: UnsafeMutableRawPointer
    private let settings: DownloadSettings
    private let isCancelled: @Sendable () -> Bool

    /// - Throws: ``Failure`` when libcurl cannot be used.
    init(_ settings: DownloadSettings, isCancelled: @escaping @Sendable () -> Bool) throws {
        guard Self.isReady, let handle = curl_easy_init() else {
            throw Failure("libcurl cannot start: not enough memory; close other programs", endsRun: true)
        }
        self.handle = handle
        self.settings = settings
        self.isCancelled = isCancelled
    }

    deinit { curl_easy_cleanup(handle) }

    /// Fetches, and passes what comes to the receiver.
    func run(_ request: Request, to receiver: any Receiver) throws -> (response: HTTPResponse, end: End) {
        curl_easy_reset(handle)
        var fields: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(fields) }
        if request.first > 0 {
            try set(CURLOPT_RANGE, "\(request.first)-")
            if let validator = request.validator {
                guard let list = curl_slist_append(nil, "If-Range: \(validator)") else { throw Self.noMemory }
                fields = list
                try check(avprep_curl_set_fields(handle, list))
            }
        }
        try configure(request.address)
        let transfer = Transfer(receiver, isCancelled)
        var message = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = try message.withUnsafeMutableBufferPointer { buffer in
            try check(avprep_curl_set_message(handle, buffer.baseAddress))
            try check(
                avprep_curl_set_receivers(
                    handle,
                    { bytes, _, count, context in Transfer.of(context).takeField(bytes, count) },
                    { bytes, _, count, context in Transfer.of(context).takeBody(bytes, count) },
                    { context, _, _, _, _ in Transfer.of(context).isCancelled() ? 1 : 0 },
                    Unmanaged.passUnretained(transfer).toOpaque()))
            return withExtendedLifetime(transfer) { curl_easy_perform(handle) }
        }
        let words = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (
            transfer.response, end(code, words.isEmpty ? String(cString: curl_easy_strerror(code)) : words, transfer)
        )
    }

    private func end(_ code: CURLcode, _ words: String, _ transfer: Transfer) -> End {
        switch code {
        // An empty body begins nothing.
        case CURLE_OK: transfer.begin() ? .whole : .refused
        case CURLE_ABORTED_BY_CALLBACK: .cancelled
        case CURLE_WRITE_ERROR where transfer.isRefused, CURLE_FILESIZE_EXCEEDED: .refused
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
            .broken(
                "\(words); if the server is to be trusted, name its certificates in SSL_CERT_FILE", isPassing: false)
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_TOO_MANY_REDIRECTS, CURLE_LOGIN_DENIED:
            .broken(words, isPassing: false)
        default: .broken(words, isPassing: true)
        }
    }

    private func configure(_ address: WebAddress) throws {
        try set(CURLOPT_URL, address.text)
        try set(CURLOPT_USERAGENT, "avprep/\(Version.text)")
        try check(avprep_curl_set_protocols(handle, address.isSecure ? 1 : 0))
        try set(CURLOPT_FOLLOWLOCATION, 1)
        try set(CURLOPT_MAXREDIRS, 10)
        // Signals are this program's own.
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_CONNECTTIMEOUT, min(30, settings.stallSeconds))
        try set(CURLOPT_LOW_SPEED_LIMIT, 1)
        try set(CURLOPT_LOW_SPEED_TIME, settings.stallSeconds)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        if settings.netrc { try set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue)) }
        if let rate = settings.bytesPerSecond {
            try check(avprep_curl_set_size(handle, CURLOPT_MAX_RECV_SPEED_LARGE, curl_off_t(rate)))
        }
        let environment = ProcessInfo.processInfo.environment
        if let file = environment["SSL_CERT_FILE"] ?? environment["CURL_CA_BUNDLE"], !file.isEmpty {
            try set(CURLOPT_CAINFO, file)
        }
    }

    private func set(_ option: CURLoption, _ value: String) throws {
        try check(avprep_curl_set_text(handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: Int) throws {
        try check(avprep_curl_set_number(handle, option, value))
    }

    private func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else {
            throw Failure("libcurl refuses a setting: \(String(cString: curl_easy_strerror(code)))", endsRun: true)
        }
    }

    private static var noMemory: Failure { Failure("libcurl has no memory left; close other programs", endsRun: true) }
}

/// One transfer, as libcurl's callbacks see it.
private final class Transfer {
    private(set) var response = HTTPResponse()
    private(set) var isRefused = false
    let isCancelled: @Sendable () -> Bool
    private let receiver: any HTTPClient.Receiver
    private var isBegun = false

    init(_ receiver: any HTTPClient.Receiver, _ isCancelled: @escaping @Sendable () -> Bool) {
        self.receiver = receiver
        self.isCancelled = isCancelled
    }

    static func of(_ context: UnsafeMutableRawPointer?) -> Transfer {
        guard let context else { preconditionFailure("libcurl passes the context it was given") }
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    func takeField(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes else { return count }
        response.take(line: String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self))
        return count
    }

    func takeBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard begin(), let bytes, receiver.take(UnsafeRawBufferPointer(start: bytes, count: count)) else {
            isRefused = true
            return 0
        }
        return count
    }

    /// Passes the head on, once.
    func begin() -> Bool {
        if isBegun { return true }
        isBegun = true
        return receiver.begin(response)
    }
}
