import Foundation

/// How many processors this process may use: what the scheduler lets it run on, and what its control group pays for. A
/// cluster's job on 4 of 128 cores must not start 128 workers.
package enum AvailableProcessors {
    /// At least 1; asked once per process.
    package static let count: Int = min(
        affinity(status: contents("/proc/self/status")) ?? ProcessInfo.processInfo.activeProcessorCount,
        quota(controlGroups: contents("/proc/self/cgroup"), root: "/sys/fs/cgroup"))

    /// The processors that a process may run on: `taskset`, Slurm and cpusets set them, and Foundation counts others too.
    ///
    /// - Parameter status: the content of `/proc/self/status`, with a line such as `Cpus_allowed_list: 0-3,8`.
    /// - Returns: nil where there is no such line.
    package static func affinity(status: String) -> Int? {
        guard let list = affinityList(status: status) else { return nil }
        let ranges = list.split(separator: ",").map { $0.split(separator: "-").map { Int($0) } }
        let count = ranges.reduce(0) { sum, range in
            guard let first = range.first ?? nil, let last = range.last ?? nil, first <= last else { return sum }
            return sum + last - first + 1
        }
        return count > 0 ? count : nil
    }

    /// The same as its list, e.g. `0-3,8`: processes with the same list share these processors.
    package static func affinityList(status: String) -> String? {
        let name = "Cpus_allowed_list:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        return line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)
    }

    /// The CPU quota of a process's control groups in whole processors, rounded up, and `Int.max` without one. A quota
    /// of a group above counts too (kernel documentation, "Control Group v2" and "CFS Bandwidth Control").
    ///
    /// - Parameters:
    ///   - controlGroups: the content of `/proc/self/cgroup`.
    ///   - root: where the control group file systems are mounted.
    package static func quota(controlGroups: String, root: String) -> Int {
        var least = Double.infinity
        for line in controlGroups.split(separator: "\n") {
            // HIERARCHY:CONTROLLERS:PATH; version 2 has no controllers.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let controllers = parts[1].split(separator: ",")
            guard parts[1].isEmpty || controllers.contains("cpu") else { continue }
            for mount in parts[1].isEmpty ? [root] : ["\(root)/cpu", "\(root)/cpu,cpuacct"] {
                var names = parts[2].split(separator: "/")
                while true {
                    let folder = ([mount] + names.map(String.init)).joined(separator: "/")
                    if let processors = parts[1].isEmpty ? unified(folder) : legacy(folder) {
                        least = min(least, processors)
                    }
                    if names.popLast() == nil { break }
                }
            }
        }
        return least.isFinite ? max(1, Int(min(least.rounded(.up), 1e6))) : .max
    }

    /// `cpu.max` of version 2: "QUOTA PERIOD" in microseconds, or "max PERIOD".
    private static func unified(_ folder: String) -> Double? {
        let words = contents("\(folder)/cpu.max").split(whereSeparator: \.isWhitespace)
        guard words.count == 2 else { return nil }
        return processors(Double(words[0]), Double(words[1]))
    }

    /// The two files of version 1; a quota of -1 is none.
    private static func legacy(_ folder: String) -> Double? {
        func number(_ name: String) -> Double? {
            Double(contents("\(folder)/\(name)").trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return processors(number("cpu.cfs_quota_us"), number("cpu.cfs_period_us"))
    }

    private static func processors(_ quota: Double?, _ period: Double?) -> Double? {
        guard let quota, let period, quota > 0, period > 0, quota.isFinite else { return nil }
        return quota / period
    }

    /// Empty where there is no such file: outside of Linux's control groups nothing is limited by them.
    private static func contents(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
