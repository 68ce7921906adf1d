import Foundation

/// A program run to its end, or to its deadline, with what it took: for tests that hostile input neither crashes, hangs nor
/// bloats it.
package struct MeasuredCommand: Sendable {
    /// The exit code, or nil where a signal ended it.
    package let status: Int32?
    /// The signal that ended it, or nil.
    package let signal: Int32?
    /// Whether it was killed at its deadline.
    package let isOverdue: Bool
    package let seconds: Double
    /// Peak resident memory in MiB, of itself or of the largest of its children: as the system shows it every few milliseconds.
    /// (What `wait4` tells counts the peak of the program that started it, too: Linux keeps that over `exec`.)
    package let peakMegabytes: Double
    package let standardOutput: String
    package let standardError: String

    /// - Parameters:
    ///   - folder: the working directory; what the program prints lies there in two hidden files meanwhile.
    ///   - deadline: seconds after which the program and its children are killed.
    package static func run(_ path: String, _ arguments: [String], in folder: String, deadline: Double) throws
        -> MeasuredCommand
    {
        let outputs = [folder + "/.stdout", folder + "/.stderr"]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (number, output) in zip([Int32(1), 2], outputs) {
            posix_spawn_file_actions_addopen(&actions, number, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that a deadline ends its children too.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        // env changes the folder and becomes the program: the C library's own call for that is not visible to Swift.
        let environment = "/usr/bin/env"
        var words: [UnsafeMutablePointer<CChar>?] =
            ([environment, "--chdir=\(folder)", path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        let started = ContinuousClock.now
        let spawned = posix_spawn(&process, environment, &actions, &attributes, &words, environ)
        guard spawned == 0 else { throw POSIXError(POSIXErrorCode(rawValue: spawned) ?? .ENOENT) }
        var state: Int32 = 0
        var usage = rusage()
        var isOverdue = false
        var peak = 0
        while wait4(process, &state, WNOHANG, &usage) == 0 {
            if !isOverdue, ContinuousClock.now - started > .seconds(deadline) {
                isOverdue = true
                kill(-process, SIGKILL)
            }
            peak = max(peak, peakKilobytes(of: process))
            usleep(5000)
        }
        let elapsed = (ContinuousClock.now - started) / .seconds(1)
        let signal = state & 0x7F
        func text(_ path: String) -> String {
            defer { unlink(path) }
            return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        }
        return MeasuredCommand(
            status: signal == 0 ? (state >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal, isOverdue: isOverdue,
            seconds: elapsed, peakMegabytes: Double(peak) / 1024, standardOutput: text(outputs[0]),
            standardError: text(outputs[1]))
    }

    /// The largest peak of a process and its children so far, in KiB (proc(5), `VmHWM`); 0 where there are none any more.
    private static func peakKilobytes(of process: pid_t) -> Int {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        let children = threads.flatMap { thread in
            let text = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/children", encoding: .utf8)
            return (text ?? "").split(separator: " ").map(String.init)
        }
        let family = ["\(process)"] + children
        return family.compactMap { one in
            let status = try? String(contentsOfFile: "/proc/\(one)/status", encoding: .utf8)
            let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }.max() ?? 0
    }
}
