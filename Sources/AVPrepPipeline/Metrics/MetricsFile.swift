import AVPrepCatalog
import AVPrepCore
import AVPrepSettings
package import AVPrepWorkspace
import Foundation
import Synchronization

/// Keeps a file for node_exporter's textfile collector up to date while a command works, and writes it a last time at the end.
///
/// What the catalog knows is read from there. What each command came to last is taken over from the file itself, which is the
/// memory of commands that the catalog does not hear of. Trouble with the file is said once; the work goes on.
package final class MetricsFile: Sendable {
    private let path: String
    private let workspace: Workspace
    private let command: String
    private let seconds: Double
    private let say: @Sendable (String) -> Void
    private let isSaid = Mutex(false)
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - path: ends in `.prom`.
    ///   - command: the command that works, e.g. `ingest`.
    ///   - say: takes a line about what keeps the file from being written.
    /// - Throws: ``Failure`` when the collector would not read a file of this name.
    package init(
        _ path: String, _ workspace: Workspace, command: String, say: @escaping @Sendable (String) -> Void
    ) throws {
        guard path.hasSuffix(".prom") else {
            throw Failure(
                "the metrics file \(path) must be named NAME.prom: node_exporter's textfile collector reads no other",
                exitStatus: .badInput)
        }
        self.path = path
        self.workspace = workspace
        self.command = command
        seconds = workspace.settings.metrics.seconds
        self.say = say
    }

    /// Writes the file now, and every few seconds from a thread of its own.
    package func begin() {
        let thread = Thread { [self] in
            repeat { write(nil) } while wake.wait(timeout: .now() + seconds) == .timedOut
            ended.signal()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Writes what the command has come to.
    package func end(_ status: Int32) {
        wake.signal()
        ended.wait()
        write(status)
    }

    /// - Parameter status: the exit code; nil while the command works.
    private func write(_ status: Int32?) {
        do {
            let before = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            try AtomicFile.write(Data(try text(status, before: before).utf8), to: path)
            // The collector is another user's.
            guard chmod(path, 0o644) == 0 else { throw Failure("cannot let others read \(path): \(systemError())") }
        } catch {
            let isFirst = isSaid.withLock { said in
                defer { said = true }
                return !said
            }
            if isFirst { say("cannot keep the metrics file up to date: \(error); the work goes on without it") }
        }
    }

    private func text(_ status: Int32?, before: String) throws -> String {
        let folder = URL(fileURLWithPath: workspace.folder).standardizedFileURL.path
        let place = [("workspace", BytePath(folder).escaped)]
        var text = MetricsText()
        text.add("avprep_info", "The avprep that wrote this file.", [(place + [("version", Version.text)], 1)])
        commands(status, before, place, &text)
        if try ExistingFile.isThere(workspace.catalog) {
            let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
            try items(catalog, place, &text)
            try work(catalog, place, &text)
            try catalog.close()
        }
        return text.text
    }

    private func commands(
        _ status: Int32?, _ before: String, _ place: [(String, String)], _ text: inout MetricsText
    ) {
        let now = Date().timeIntervalSince1970
        let names = (
            running: "avprep_running", exit: "avprep_last_exit_code", end: "avprep_last_end_timestamp_seconds",
            success: "avprep_last_success_timestamp_seconds"
        )
        var exits = MetricsText.values(of: names.exit, by: "command", in: before)
        var ends = MetricsText.values(of: names.end, by: "command", in: before)
        var successes = MetricsText.values(of: names.success, by: "command", in: before)
        if let status {
            exits[command] = Double(status)
            ends[command] = now
            if status == 0 { successes[command] = now }
        }
        func samples(_ values: [String: Double]) -> [(labels: [(String, String)], value: Double)] {
            values.sorted { $0.key < $1.key }.map { (place + [("command", $0.key)], $0.value) }
        }
        text.add(
            names.running, "Whether the command works now: 1 while it does.",
            samples([command: status == nil ? 1 : 0]))
        text.add(names.exit, "The exit code of the command when it last ended.", samples(exits))
        text.add(names.end, "When the command last ended, in seconds since 1970.", samples(ends))
        text.add(
            names.success, "When the command last ended with exit code 0, in seconds since 1970.", samples(successes))
        text.add(
            "avprep_last_success_age_seconds",
            "Seconds from the command's last exit with code 0 until this file was written.",
            samples(successes.mapValues { max(0, now - $0) }))
    }

    private func items(_ catalog: Catalog, _ place: [(String, String)], _ text: inout MetricsText) throws {
        let key = try workspace.settings.ingest.key
        let report = try catalog.report(stages: [(StageName.ingest, key), (StageName.shard, nil)])
        let ingest = report.stages[0]
        let states = [
            ("done", ingest.done), ("skipped", ingest.skipped), ("failed", ingest.failed), ("pending", ingest.pending),
        ]
        text.add(
            "avprep_items", "Listed items by what became of them in ingest; their sum is the corpus.",
            states.map { (place + [("outcome", $0.0)], Double($0.1)) })
        text.add(
            "avprep_items_by_reason", "Items that were skipped or failed, by reason.",
            report.stages.flatMap { stage in
                stage.reasons.map {
                    (
                        place + [("stage", stage.stage), ("outcome", $0.status), ("reason", $0.code)],
                        Double($0.count)
                    )
                }
            })
        text.add("avprep_items_vanished", "Items that are no longer listed.", [(place, Double(report.vanished))])
        text.add(
            "avprep_items_unreachable", "Listed items that the last scan could not look for.",
            [(place, Double(report.unreachable))])
        let disk = DiskReport.make(workspace, try catalog.bytes(stage: StageName.ingest, settingsKey: key))
        let places = [
            ("prepared", disk.prepared), ("shards", disk.shards), ("runs", disk.runs), ("catalog", disk.catalog),
        ]
        text.add("avprep_bytes", "Bytes of files.", places.map { (place + [("place", $0.0)], Double($0.1.bytes)) })
        text.add(
            "avprep_free_bytes", "Bytes that are free where these files lie.",
            places.compactMap { name, at in at.freeBytes.map { (place + [("place", name)], Double($0)) } })
        text.add(
            "avprep_pending_source_bytes", "Bytes of the videos that are still to do.",
            [(place, Double(disk.pendingBytes))])
    }

    private func work(_ catalog: Catalog, _ place: [(String, String)], _ text: inout MetricsText) throws {
        let report = try WorkReport.make(catalog)
        if let rate = report.rate {
            text.add(
                "avprep_ingest_videos_per_hour", "Videos an hour of the last ingest that prepared any.",
                [(place, rate.videosPerHour)])
            text.add(
                "avprep_ingest_video_seconds_per_hour",
                "Seconds of video an hour of the last ingest that prepared any.",
                [(place, rate.videoSecondsPerHour)])
        }
        let parts = report.stages?.stages ?? []
        text.add(
            "avprep_ingest_part_seconds",
            "Seconds that parts of that ingest were busy or waited, summed over its workers.",
            parts.flatMap { part in
                [
                    ("busy", part.busySeconds), ("waits_for_input", part.waitsForInputSeconds),
                    ("waits_for_output", part.waitsForOutputSeconds),
                ].map { (place + [("part", part.name), ("state", $0.0)], $0.1) }
            })
    }
}
