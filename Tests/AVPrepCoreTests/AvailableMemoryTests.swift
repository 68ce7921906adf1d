import AVPrepCore
import Foundation
import TestSupport
import Testing

/// What a step may take is what the kernel, the job and the shell leave.
struct AvailableMemoryTests {
    /// A file system of control groups: content by path.
    private func left(_ files: [String: String], of groups: String) throws -> Int? {
        try withTemporaryFolder { root in
            for (path, content) in files {
                let file = "\(root)/\(path)"
                try FileManager.default.createDirectory(
                    atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try content.write(toFile: file, atomically: true, encoding: .utf8)
            }
            return AvailableMemory.controlGroup(controlGroups: groups, root: root)
        }
    }

    @Test func theMachineLeavesWhatIsAvailableAndSwap() {
        let text = "MemTotal:  100 kB\nMemFree:  10 kB\nMemAvailable:  50 kB\nSwapTotal: 9 kB\nSwapFree:  7 kB\n"
        #expect(AvailableMemory.machine(meminfo: text) == 57 * 1024)
        #expect(AvailableMemory.machine(meminfo: "MemTotal: 1 kB\n") == nil)
    }

    @Test func theTightestGroupCountsAndPagesOfFilesAreGivenBack() throws {
        let files = [
            "slurm/memory.max": "1000\n", "slurm/memory.current": "900\n",
            "slurm/memory.stat": "anon 100\ninactive_file 500\nactive_file 300\n",
            "slurm/job/memory.max": "max\n", "slurm/job/memory.current": "5\n",
            "slurm/job/step/memory.max": "4000\n", "slurm/job/step/memory.current": "7\n",
        ]
        #expect(try left(files, of: "0::/slurm/job/step\n") == 600)
        #expect(try left(["memory.max": "10\n", "memory.current": "90\n"], of: "0::/gone\n") == 0)
    }

    @Test func versionOneIsReadAndItsHugeNumberIsNoLimit() throws {
        let files = [
            "memory/job/memory.limit_in_bytes": "500\n", "memory/job/memory.usage_in_bytes": "300\n",
            "memory/job/memory.stat": "inactive_file 1\ntotal_inactive_file 40\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n", "memory/memory.usage_in_bytes": "300\n",
        ]
        #expect(try left(files, of: "5:cpu:/x\n4:memory:/job\n") == 240)
        #expect(try left(files, of: "4:memory:/other\n") == nil)
    }

    @Test(arguments: ["", "\n", "0:/job\n", "nonsense", "0::/job\n"])
    func withoutAGroupNothingIsLimited(groups: String) throws {
        #expect(try left(["job/memory.max": "max\n", "job/memory.current": "3\n"], of: groups) == nil)
    }

    @Test func theShellsLimitCounts() throws {
        #expect((AvailableMemory.now()?.bytes ?? 0) > 1 << 20)
        #expect(1_234_567.byteText == "1.2 MB" && 999_600_000.byteText == "1.0 GB" && 0.byteText == "0 kB")
    }
}
