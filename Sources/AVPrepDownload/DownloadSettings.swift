import AVPrepCore

/// How files are fetched from web servers. Nothing is fetched unless an address is listed.
package struct DownloadSettings: Sendable, Equatable, StoredSettings {
    /// Largest size of a file, in MiB; 0: no limit.
    package var maxMegabytes = 4096
    /// Largest rate of all transfers together, in MiB a second; 0: no limit.
    package var megabytesPerSecond = 0.0
    /// Transfers at a time.
    package var connections = 4
    /// Attempts at a file in one run, if the cause of a failure may pass.
    package var attempts = 4
    /// A transfer that brings nothing for so long is given up, in seconds.
    package var stallSeconds = 60
    /// Whether user names and passwords are taken from `~/.netrc`.
    package var netrc = false

    package init() {}

    /// The largest size in bytes; nil: no limit.
    var maxBytes: Int64? { maxMegabytes == 0 ? nil : Int64(maxMegabytes) << 20 }

    /// The largest rate of one transfer, in bytes a second; nil: no limit.
    var bytesPerSecond: Int64? {
        megabytesPerSecond == 0 ? nil : max(1, Int64(megabytesPerSecond * 1_048_576 / Double(max(1, connections))))
    }
}
