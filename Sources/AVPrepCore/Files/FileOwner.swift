import Foundation

/// Who writes a temporary file: `HOST-BOOT-PID`.
///
/// Several machines may work in one folder, and a process id says nothing about a process elsewhere: so it is told together
/// with the machine's name, and with a digest of the start of its kernel and of the process's name space (containers of one
/// machine count their processes each for itself).
package enum FileOwner {
    /// This process.
    package static var current: String { "\(place)-\(getpid())" }

    /// Whether a writer has ended; nil when that cannot be told here: it runs or ran elsewhere, or before this machine was
    /// started anew, or is no name of a writer.
    static func isGone(_ owner: String) -> Bool? {
        guard owner.hasPrefix(place + "-"), let process = pid_t(owner.dropFirst(place.count + 1)), process > 0 else {
            return nil
        }
        // This process has written nothing yet when it looks for litter: the number was another process's.
        return process == getpid() || kill(process, 0) != 0 && errno != EPERM
    }

    private static let place: String = {
        var name = [CChar](repeating: 0, count: 256)
        let hasName = gethostname(&name, name.count - 1) == 0
        let letters = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let host = hasName ? String(decoding: letters, as: UTF8.self) : "host"
        let allowed = host.prefix(32).map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "_" }
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        let space = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
        return String(allowed) + "-" + SHA256.digest(of: boot + space).hex.prefix(8)
    }()
}
