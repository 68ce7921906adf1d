import Foundation

/// How much memory this process can still take: what the machine has left, what its control group pays for, and what limits of
/// the shell leave.
package struct AvailableMemory: Sendable, Equatable {
    package let bytes: Int
    /// Who gives no more, to follow "left of": `this machine's memory`.
    package let limit: String
    /// Whether other processes of this machine take from the same.
    package let isShared: Bool

    package init(bytes: Int, limit: String, isShared: Bool) {
        (self.bytes, self.limit, self.isShared) = (bytes, limit, isShared)
    }

    /// The least of all limits now; nil where the system tells none.
    package static func now() -> AvailableMemory? {
        let limits = [
            machine(meminfo: contents("/proc/meminfo")).map {
                AvailableMemory(bytes: $0, limit: "this machine's memory", isShared: true)
            },
            controlGroup(controlGroups: contents("/proc/self/cgroup"), root: "/sys/fs/cgroup").map {
                AvailableMemory(bytes: $0, limit: "the memory of this control group (job or container)", isShared: true)
            },
            addressSpace(statm: contents("/proc/self/statm")).map {
                AvailableMemory(bytes: $0, limit: "the address space that `ulimit -v` allows", isShared: false)
            },
        ]
        return limits.compactMap { $0 }.min { $0.bytes < $1.bytes }
    }

    /// What the kernel can give without pushing anything out but its caches, and swap.
    ///
    /// - Parameter meminfo: the content of `/proc/meminfo`, in kB.
    package static func machine(meminfo: String) -> Int? {
        func kilobytes(_ name: String) -> Int? {
            let line = meminfo.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        }
        guard let available = kilobytes("MemAvailable") else { return nil }
        return (available + (kilobytes("SwapFree") ?? 0)) * 1024
    }

    /// What the process's control groups leave, those above it as well; nil without a limit. Pages of files that were read
    /// count as used, and are given back when they are wanted.
    ///
    /// - Parameters:
    ///   - controlGroups: the content of `/proc/self/cgroup`.
    ///   - root: where the control group file systems are mounted.
    package static func controlGroup(controlGroups: String, root: String) -> Int? {
        var least: Int?
        for line in controlGroups.split(separator: "\n") {
            // HIERARCHY:CONTROLLERS:PATH; version 2 has no controllers.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("memory") else {
                continue
            }
            let isUnified = parts[1].isEmpty
            var names = parts[2].split(separator: "/")
            while true {
                let folder = ([isUnified ? root : root + "/memory"] + names.map(String.init)).joined(separator: "/")
                let left =
                    isUnified
                    ? left(in: folder, "memory.max", "memory.current", "inactive_file")
                    : left(in: folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
                if let left { least = min(least ?? left, left) }
                if names.popLast() == nil { break }
            }
        }
        return least
    }

    private static func left(in folder: String, _ limit: String, _ usage: String, _ cache: String) -> Int? {
        func number(_ name: String) -> Int? {
            Int(contents("\(folder)/\(name)").trimmingCharacters(in: .whitespacesAndNewlines))
        }
        // Version 1 writes a limit of no more than all addresses for none.
        guard let limit = number(limit), limit < 1 << 60, let usage = number(usage) else { return nil }
        let statistics = contents("\(folder)/memory.stat").split(separator: "\n")
        let cached = statistics.first { $0.hasPrefix(cache + " ") }?.split(separator: " ").last.flatMap { Int($0) } ?? 0
        return max(0, limit - max(0, usage - cached))
    }

    /// - Parameter statm: the content of `/proc/self/statm`, whose first number is the process's pages.
    private static func addressSpace(statm: String) -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(1) << 60,
            let pages = statm.split(separator: " ").first.flatMap({ Int($0) })
        else { return nil }
        return max(0, Int(limit.rlim_cur) - pages * sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Empty where there is no such file.
    private static func contents(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

extension Int {
    /// Of bytes: `12.3 GB`, `870 MB` or `64 kB`.
    package var byteText: String {
        let units = ["kB", "MB", "GB", "TB"]
        var value = Double(self) / 1000
        var unit = 0
        while value >= 999.5, unit + 1 < units.count {
            value /= 1000
            unit += 1
        }
        return String(format: value >= 99.95 || unit == 0 ? "%.0f" : "%.1f", value) + " " + units[unit]
    }
}
