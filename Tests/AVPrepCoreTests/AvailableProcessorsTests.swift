import AVPrepCore
import Foundation
import TestSupport
import Testing

/// Worker counts follow what the process may use, not what the machine has.
struct AvailableProcessorsTests {
    /// A file system of control groups: content by path.
    private func quota(_ files: [String: String], of groups: String) throws -> Int {
        try withTemporaryFolder { root in
            for (path, content) in files {
                let file = "\(root)/\(path)"
                try FileManager.default.createDirectory(
                    atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try content.write(toFile: file, atomically: true, encoding: .utf8)
            }
            return AvailableProcessors.quota(controlGroups: groups, root: root)
        }
    }

    @Test func aQuotaIsRoundedUpToWholeProcessors() throws {
        #expect(try quota(["job/cpu.max": "250000 100000\n"], of: "0::/job\n") == 3)
        #expect(try quota(["job/cpu.max": "10000 100000\n"], of: "0::/job\n") == 1)
    }

    @Test func theSmallestQuotaOfTheGroupsAboveCounts() throws {
        let files = [
            "slurm/cpu.max": "400000 100000\n", "slurm/job/cpu.max": "max 100000\n",
            "slurm/job/step/cpu.max": "800000 100000\n",
        ]
        #expect(try quota(files, of: "0::/slurm/job/step\n") == 4)
    }

    @Test func inAContainerTheRootOfItsNamespaceHoldsTheQuota() throws {
        #expect(try quota(["cpu.max": "200000 100000\n"], of: "0::/\n") == 2)
    }

    @Test func versionOneIsRead() throws {
        let files = ["cpu,cpuacct/job/cpu.cfs_quota_us": "150000\n", "cpu,cpuacct/job/cpu.cfs_period_us": "100000\n"]
        #expect(try quota(files, of: "4:memory:/job\n3:cpu,cpuacct:/job\n") == 2)
        let unlimited = ["cpu/job/cpu.cfs_quota_us": "-1\n", "cpu/job/cpu.cfs_period_us": "100000\n"]
        #expect(try quota(unlimited, of: "3:cpu:/job\n") == .max)
    }

    @Test(arguments: ["", "\n", "0:/job\n", "0::/gone\n", "nonsense"])
    func withoutAQuotaNothingIsLimited(groups: String) throws {
        #expect(try quota(["job/cpu.max": "max 100000\n"], of: groups) == .max)
    }

    @Test func theAffinityMaskIsCounted() {
        func count(_ list: String) -> Int? {
            AvailableProcessors.affinity(
                status: "Name:\tavprep\nCpus_allowed:\tff\nCpus_allowed_list:\t\(list)\nThreads:\t1\n")
        }
        #expect(count("0") == 1)
        #expect(count("0-3,8,10-11") == 7)
        #expect(count("") == nil && count("x") == nil)
        #expect(AvailableProcessors.affinity(status: "Name:\tavprep\n") == nil)
    }

    @Test func thisProcessCountsAsNprocDoes() throws {
        let output = try Command.run("/usr/bin/env", ["nproc"]).standardOutput
        let allowed = try #require(Int(output.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect((1...allowed).contains(AvailableProcessors.count))
    }
}
