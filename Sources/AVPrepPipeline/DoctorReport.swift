import AVPrepAudio
package import AVPrepCore
import AVPrepDecoder
import AVPrepMedia
import AVPrepStore
import AVPrepTorch
import AVPrepVision
import AVPrepWorkspace
import Foundation

/// What this machine has, and how to get what is missing: `avprep doctor`.
package struct DoctorReport: Sendable, Codable {
    /// The result of one check.
    struct Check: Sendable, Codable {
        /// `ok`, or `missing` with what to do in `detail`.
        let status: String
        let name: String
        let detail: String
    }

    let version: String
    let checks: [Check]

    /// Checks the machine. This loads the engine.
    package static func make() -> DoctorReport {
        let libraries =
            MediaLibraries.versions + AudioLibraries.versions + VisionLibraries.versions + StoreLibraries.versions
        var checks = libraries.map { Check(status: "ok", name: $0.name, detail: $0.version) }
        for encoder in MediaLibraries.missingEncoders {
            let detail = "this FFmpeg lacks this encoder, which avprep synth needs; install Debian's libavcodec"
            checks.append(Check(status: "missing", name: encoder, detail: detail))
        }
        if !libraries.contains(where: { $0.name == "libavfilter" }) {
            let detail = "interlaced videos fail without it; install Debian's libavfilter8"
            checks.append(Check(status: "missing", name: "libavfilter", detail: detail))
        }
        checks += decoding()
        checks.append(engine())
        let process = ProcessInfo.processInfo
        let gibibytes = Double(process.physicalMemory) / 1_073_741_824
        checks.append(
            Check(
                status: "ok", name: "machine",
                detail: "\(AvailableProcessors.count) usable cores, \(String(format: "%.1f", gibibytes)) GiB of memory")
        )
        checks.append(disk())
        return DoctorReport(version: Version.text, checks: checks)
    }

    /// Checks the sandbox of decoder processes, by starting one.
    private static func decoding() -> [Check] {
        do {
            let program = try DecoderProgram.find()
            let protection = try DecoderClient(program: program).protection()
            let filter = protection.systemCallFilter
            return [
                Check(status: "ok", name: "decoder", detail: program.path),
                Check(
                    status: filter ? "ok" : "missing", name: "seccomp",
                    detail: filter
                        ? "decoder processes are limited to the system calls that they need"
                        : "this kernel does not filter system calls; the other protections of decoding still apply"),
                Check(
                    status: "ok", name: "Landlock",
                    detail: protection.landlock > 0
                        ? "version \(protection.landlock)" : "none; only seccomp keeps decoder processes from files"),
                Check(
                    status: DecoderClient.hasSharedMemory ? "ok" : "missing", name: "memfd",
                    detail: DecoderClient.hasSharedMemory
                        ? "sealed memory" : "pictures cannot be shared between processes; set ingest.isolation: none"),
            ]
        } catch {
            return [Check(status: "missing", name: "decoder", detail: "\(error)")]
        }
    }

    private static func engine() -> Check {
        do {
            let engine = try Engine.load()
            return Check(status: "ok", name: "engine", detail: "\(engine.description), device \(engine.deviceName)")
        } catch {
            return Check(status: "missing", name: "engine", detail: "\(error) (only training needs it)")
        }
    }

    private static func disk() -> Check {
        var status = statvfs()
        guard statvfs(".", &status) == 0 else {
            let detail = "cannot examine the working directory: \(systemError())"
            return Check(status: "missing", name: "disk", detail: detail)
        }
        let free = Double(status.f_bavail) * Double(status.f_frsize) / 1_073_741_824
        let isWritable = access(".", W_OK) == 0
        let advice = isWritable ? "" : ", but this folder is not writable; use another one"
        return Check(
            status: isWritable ? "ok" : "missing", name: "disk",
            detail: "\(String(format: "%.1f", free)) GiB free here\(advice)")
    }

    package var exitStatus: ExitStatus { checks.allSatisfy { $0.status == "ok" } ? .done : .failed }

    package var text: String {
        TextTable.text([["avprep", version, ""]] + checks.map { [$0.name, $0.status, $0.detail] })
    }
}
