import Foundation

/// Which errors of the operating system are likely to be gone when the same is tried again.
package enum PassingCause {
    /// A server that restarts or cannot be reached, a disk that stumbles, a machine that is short of something. A missing
    /// file, missing rights and the wrong kind of file are none: waiting does not help there.
    private static let codes: Set<Int32> = [
        EIO, ESTALE, ETIMEDOUT, EAGAIN, EINTR, ENOMEM, ENOBUFS, EMFILE, ENFILE, EBUSY, ENXIO, ENODEV, ENOLINK,
        EREMOTEIO,
        ECOMM, EPROTO, EKEYEXPIRED, ENOTCONN, ECONNRESET, ECONNREFUSED, ECONNABORTED, EHOSTDOWN, EHOSTUNREACH, ENETDOWN,
        ENETUNREACH, ENETRESET, ESHUTDOWN,
    ]

    /// - Parameter code: an `errno`.
    package static func isPassing(_ code: Int32) -> Bool { codes.contains(code) }
}
