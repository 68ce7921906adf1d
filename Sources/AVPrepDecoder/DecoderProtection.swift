import CSandbox

/// The protection of a decoder process; what this kernel lacks is false or 0.
package struct DecoderProtection: Sendable, Equatable, Codable {
    /// Whether a seccomp filter allows only the system calls that a decoder needs.
    package let systemCallFilter: Bool
    /// Version of the Landlock interface that denies access to the file system; 0 where missing. From version 4 it
    /// denies TCP too.
    package let landlock: Int

    /// Whether a decoder process can open neither a file nor a connection, whatever a media file makes it do.
    package var isComplete: Bool { systemCallFilter }
}
