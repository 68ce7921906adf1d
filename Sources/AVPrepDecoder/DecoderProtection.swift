import CSandbox

/// What keeps a decoder process from touching anything; what this kernel lacks is false or 0.
package struct DecoderProtection: Sendable, Equatable, Codable {
    /// A filter lets only the system calls of a decoder through.
    package let systemCallFilter: Bool
    /// The version of Landlock's interface that takes the file system away; 0 where there is none. From 4 on TCP too.
    package let landlock: Int

    /// Whether a decoder process can open no file and no connection, whatever a media file makes it do.
    package var isComplete: Bool { systemCallFilter }
}
