import AVPrepCatalog
import AVPrepCore
import AVPrepWorkspace
import Foundation

/// What the latest ingests and packings have done, how fast, and what held them up: a part of `avprep status`.
///
/// All numbers are sums that runs have noted of themselves. Seconds are those of a clock that nobody sets, so a clock that was
/// set back changes no rate.
package struct WorkReport: Sendable, Encodable {
    /// Whether a run goes on.
    package enum State: String, Sendable, Encodable {
        case running, ended, killed
        /// It began on another machine and has not ended: nobody here knows more.
        case elsewhere
    }

    /// One ingest.
    package struct Run: Sendable, Encodable {
        package let id: Int64
        package let startedAt: String
        package let endedAt: String?
        package let exitStatus: Int32?
        package let state: State
        package let secondsSinceSeen: Double?
        package let seconds: Double
        /// What the listing found other than before.
        package let added, changed, returned, vanished: Int
        /// Outcomes of this run.
        package let done, skipped, failed: Int
    }

    /// How fast a run prepares videos.
    package struct Rate: Sendable, Encodable {
        package let run: Int64
        package let isRunning: Bool
        package let videos: Int
        package let plannedVideos: Int
        package let videosPerHour: Double
        /// Seconds of video prepared in an hour.
        package let videoSecondsPerHour: Double
        /// Until a run under way has prepared all of its videos, at this rate; nil where none is.
        package let remainingSeconds: Double?
    }

    /// Seconds of one part of a command, summed over workers.
    package struct Stage: Sendable, Encodable {
        package let name: String
        package let busySeconds: Double
        package let waitsForInputSeconds: Double
        package let waitsForOutputSeconds: Double
    }

    /// Where the seconds of a run went.
    package struct Stages: Sendable, Encodable {
        package let run: Int64
        package let workers: Int
        package let hashingSeconds: Double
        package let stages: [Stage]
        /// What takes most of the workers' time: `reading`, `decoding`, `computing` or `writing`.
        package let bottleneck: String
    }

    /// The latest `avprep shard` that packed a shard, and where its seconds went.
    package struct Packing: Sendable, Encodable {
        package let run: Int64
        package let startedAt: String
        package let state: State
        package let seconds: Double
        package let shards: Int
        package let stages: [Stage]
        /// What takes most of the workers' time: `reading`, `checksums` or `writing`.
        package let bottleneck: String
    }

    /// The latest ingests, newest first.
    package let runs: [Run]
    /// Of the run under way, or else of the last one that prepared a video.
    package let rate: Rate?
    package let stages: Stages?
    package let packing: Packing?

    /// How many runs a report shows, and among how many a rate is looked for.
    package static let shown = 5
    private static let searched = 50

    static func make(_ catalog: Catalog, now: Date = Date()) throws -> WorkReport {
        let runs = try catalog.work(ofLast: searched, command: StageName.ingest)
        let latest = try catalog.runs(limit: 1).first?.id
        func state(_ run: CatalogRun) -> State {
            if run.endedAt != nil { return .ended }
            // One at a time holds a workspace: a later one has begun, so this one is over.
            guard run.id == latest else { return .killed }
            return run.isAlive.map { $0 ? .running : .killed } ?? (run.seenAt == nil ? .killed : .elsewhere)
        }
        let busy = runs.first { $0.work[.videos] > 0 }
        let packing = try catalog.work(ofLast: searched, command: StageName.shard).first { $0.work[.shards] > 0 }
        return WorkReport(
            runs: runs.prefix(shown).map { Run($0, state($0), now) }, rate: busy.map { Rate($0, state($0)) },
            stages: busy.flatMap(Stages.init), packing: packing.map { Packing($0, state($0)) })
    }
}

extension WorkReport.Run {
    fileprivate init(_ run: CatalogRun, _ state: WorkReport.State, _ now: Date) {
        id = run.id
        startedAt = run.startedAt
        endedAt = run.endedAt
        exitStatus = run.exitStatus
        self.state = state
        // A clock that was set back since.
        secondsSinceSeen = run.seenAt.map { max(0, now.timeIntervalSince1970 - $0) }
        let work = run.work
        seconds = work[.elapsed]
        (added, changed, returned) = (work.count(.added), work.count(.changed), work.count(.returned))
        vanished = work.count(.vanished)
        (done, skipped, failed) = (work.count(.done), work.count(.skipped), work.count(.failed))
    }
}

extension WorkReport.Rate {
    fileprivate init(_ run: CatalogRun, _ state: WorkReport.State) {
        let work = run.work
        let seconds = work[.preparing]
        self.run = run.id
        isRunning = state == .running || state == .elsewhere
        videos = work.count(.videos)
        plannedVideos = work.count(.plannedVideos)
        videosPerHour = seconds > 0 ? work[.videos] / seconds * 3600 : 0
        videoSecondsPerHour = seconds > 0 ? work[.videoSeconds] / seconds * 3600 : 0
        let share = work[.plannedBytes] > 0 ? work[.sourceBytes] / work[.plannedBytes] : 0
        remainingSeconds = isRunning && share > 0 && share <= 1 ? seconds / share * (1 - share) : nil
    }
}

extension WorkReport.Stages {
    fileprivate init?(_ run: CatalogRun) {
        let work = run.work
        stages = [
            WorkReport.Stage(
                name: "decode", busySeconds: work[.decodeBusy], waitsForInputSeconds: work[.decodeInput],
                waitsForOutputSeconds: work[.decodeOutput]),
            WorkReport.Stage(
                name: "compute", busySeconds: work[.computeBusy], waitsForInputSeconds: work[.computeInput],
                waitsForOutputSeconds: work[.computeOutput]),
            WorkReport.Stage(
                name: "write", busySeconds: work[.writeBusy], waitsForInputSeconds: work[.writeInput],
                waitsForOutputSeconds: work[.writeOutput]),
        ]
        guard stages.contains(where: { $0.busySeconds > 0 }) else { return nil }
        self.run = run.id
        workers = work.count(.workers)
        hashingSeconds = work[.hashing]
        bottleneck = WorkReport.longest(of: [
            ("reading", work[.decodeInput]), ("decoding", work[.decodeBusy]), ("computing", work[.computeBusy]),
            ("writing", work[.writeBusy] + work[.writeOutput]),
        ])
    }
}

extension WorkReport.Packing {
    fileprivate init(_ run: CatalogRun, _ state: WorkReport.State) {
        let work = run.work
        self.run = run.id
        (startedAt, self.state) = (run.startedAt, state)
        (seconds, shards) = (work[.elapsed], work.count(.shards))
        stages = [
            WorkReport.Stage(
                name: "read", busySeconds: work[.readBusy], waitsForInputSeconds: work[.readInput],
                waitsForOutputSeconds: work[.readOutput]),
            WorkReport.Stage(
                name: "write", busySeconds: work[.writeBusy], waitsForInputSeconds: work[.writeInput],
                waitsForOutputSeconds: work[.writeOutput]),
            WorkReport.Stage(
                name: "checksums", busySeconds: work[.computeBusy], waitsForInputSeconds: work[.computeInput],
                waitsForOutputSeconds: 0),
        ]
        bottleneck = WorkReport.longest(of: [
            ("reading", work[.readBusy] + work[.readInput]), ("writing", work[.writeBusy] + work[.writeOutput]),
            ("checksums", work[.computeBusy]),
        ])
    }
}

extension WorkReport {
    /// Of equal ones the first: what comes first holds up what follows.
    static func longest(of parts: [(name: String, seconds: Double)]) -> String {
        parts.reduce(parts[0]) { $1.seconds > $0.seconds ? $1 : $0 }.name
    }
}

extension RunWork {
    func count(_ name: Name) -> Int { Int(exactly: self[name].rounded()) ?? 0 }
}

// MARK: - Text

extension WorkReport {
    var lines: [String] {
        var lines: [String] = []
        if let rate {
            var text =
                "rate: \(number(rate.videosPerHour)) videos an hour, \((rate.videoSecondsPerHour / 3600).short) h of video an hour"
            text +=
                rate.isRunning
                ? " (\(rate.videos) of \(rate.plannedVideos) videos of this run"
                    + (rate.remainingSeconds.map { ", \($0.clockText) to go" } ?? "") + ")"
                : " (run \(rate.run))"
            lines.append(text)
        }
        if let stages {
            lines.append("\(stages.bottleneck) holds things up (run \(stages.run), \(stages.workers) workers):")
            lines += Self.table(stages.stages)
        }
        if let packing {
            let end = packing.state == .running || packing.state == .elsewhere ? "so far" : "packed"
            lines.append(
                "shard: \(packing.shards) shards \(end) in \(packing.seconds.clockText) (run \(packing.run)); \(packing.bottleneck) takes the most time:"
            )
            lines += Self.table(packing.stages)
        }
        if !runs.isEmpty {
            let rows = runs.map { run in
                [
                    "  \(run.id)", run.startedAt, run.seconds.clockText, String(run.added), String(run.changed),
                    String(run.returned), String(run.vanished), String(run.done), String(run.skipped),
                    String(run.failed), run.end,
                ]
            }
            let header = [
                "  run", "started", "took", "new", "changed", "back", "vanished", "done", "skipped", "failed", "end",
            ]
            lines.append("the last ingests:")
            lines += TextTable.text([header] + rows).split(separator: "\n").map(String.init)
        }
        return lines
    }

    /// The shares of each part's seconds.
    static func table(_ stages: [Stage]) -> [String] {
        let rows = stages.map { stage in
            let seconds = [stage.busySeconds, stage.waitsForInputSeconds, stage.waitsForOutputSeconds]
            let whole = max(1e-9, seconds.reduce(0, +))
            return ["  " + stage.name] + seconds.map { "\(Int(($0 / whole * 100).rounded())) %" }
        }
        return TextTable.text([["  part", "busy", "waits for input", "waits for output"]] + rows)
            .split(separator: "\n").map(String.init)
    }

    private func number(_ value: Double) -> String { value >= 10 ? String(Int(value.rounded())) : value.short }
}

extension WorkReport.Run {
    /// How it ended, in a few words.
    var end: String {
        switch state {
        case .running: "running"
        case .ended:
            switch exitStatus ?? 0 {
            case ExitStatus.done.rawValue: "all done"
            case ExitStatus.doneWithFailures.rawValue: "some not done"
            case let code: "exit code \(code)"
            }
        case .killed: "was killed"
        case .elsewhere: "on another machine, seen \((secondsSinceSeen ?? 0).clockText) ago"
        }
    }
}

extension Double {
    /// With one digit behind the point.
    fileprivate var short: String { String(format: "%.1f", self) }
}
