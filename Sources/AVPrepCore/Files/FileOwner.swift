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
    package static func isGone(_ owner: String) -> Bool? {
        guard owner.hasPrefix(place + "-"), let process = pid_t(owner.dropFirst(place.count + 1)), process > 0 else {
            return nil
        }
        // This process has written nothing yet when it looks for litter: the number was another process's.
        return process == getpid() || kill(process, 0) != 0 && errno != EPERM
    }

    /// Whether a process that worked at some time still runs; nil when that cannot be told here.
    ///
    /// - Parameter uptime: ``uptime`` at that time: a process that began later has only got the same number.
    package static func isAlive(_ owner: String, sinceUptime uptime: Double) -> Bool? {
        if owner == current { return begin(of: getpid()).map { $0 <= uptime } ?? true }
        guard let isGone = isGone(owner) else { return nil }
        guard !isGone, let process = pid_t(owner.dropFirst(place.count + 1)) else { return false }
        return begin(of: process).map { $0 <= uptime } ?? true
    }

    /// Seconds since the kernel started, by a clock that nobody sets.
    package static var uptime: Double {
        var time = timespec()
        guard clock_gettime(CLOCK_BOOTTIME, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// When a process began, as ``uptime``; nil where the system does not say (proc(5), field 22 of `stat`).
    private static func begin(of process: pid_t) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .isoLatin1),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 19, let begin = Double(fields[19]), ticks > 0 else { return nil }
        return begin / ticks
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
