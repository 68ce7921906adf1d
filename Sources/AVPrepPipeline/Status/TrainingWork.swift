import AVPrepCore
import AVPrepModel
import AVPrepTraining
import AVPrepWorkspace
import Foundation

/// What a training does, noted beside its results every few seconds, for `avprep status`.
struct TrainingWork: Sendable, Equatable, StoredRecord {
    /// The process that trains, or did last, and when it began, in seconds since its machine started.
    var owner: String
    var uptime: Double
    /// UTC, ISO 8601.
    var startedAt: String
    /// When it last noted something, in seconds since 1970.
    var seenAt: Double
    /// Whether the process has ended in order.
    var hasEnded = false
    var step = 0
    var totalSteps = 0
    var stage = ""
    var epoch = 0
    var epochs = 0
    var pairsPerSecond: Double?
    var remainingSeconds: Double?
    /// Of this process.
    var seconds = TrainingSeconds()

    static let fileName = "work.json"

    /// Begins a process's training.
    init(startedAt: Date = Date()) {
        owner = FileOwner.current
        uptime = FileOwner.uptime
        self.startedAt = startedAt.formatted(.iso8601)
        seenAt = startedAt.timeIntervalSince1970
    }

    mutating func add(_ progress: TrainingProgress) {
        seenAt = Date().timeIntervalSince1970
        (step, totalSteps, stage) = (progress.step, progress.totalSteps, progress.stage)
        (epoch, epochs) = (progress.epoch, progress.epochs)
        pairsPerSecond = progress.clipsPerSecond ?? pairsPerSecond
        (remainingSeconds, seconds) = (progress.remainingSeconds, progress.seconds)
    }

    func save(_ folder: String) throws {
        try AtomicFile.write(
            Data((try CanonicalJSON.encode(self, pretty: true) + "\n").utf8), to: "\(folder)/\(Self.fileName)")
    }

    /// What was noted in a run's folder; nil where nothing is, or nothing that can be read.
    static func load(_ folder: String) -> TrainingWork? {
        guard let data = try? ExistingFile.content("\(folder)/\(fileName)") else { return nil }
        return try? StoredJSON.decode(Self.self, from: String(decoding: data, as: UTF8.self))
    }
}

/// Notes a training's work as it goes on. What cannot be written is no reason to stop: a full disk is told by the next
/// checkpoint.
final class TrainingRecorder {
    private let folder: String
    private var work = TrainingWork()
    private var noted: ContinuousClock.Instant?

    /// Seconds between notes: each waits for the disk.
    private static let interval = 5.0

    init(_ folder: String) { self.folder = folder }

    func add(_ progress: TrainingProgress) {
        work.add(progress)
        let now = ContinuousClock.now
        if let noted, (now - noted).inSeconds < Self.interval { return }
        noted = now
        try? work.save(folder)
    }

    /// Notes the end, where something was done.
    func end() {
        guard noted != nil else { return }
        work.hasEnded = true
        try? work.save(folder)
    }
}

extension StatusReport {
    /// Where the seconds of a run's last training went, and how it stands.
    struct Training: Sendable, Encodable {
        let state: WorkReport.State
        let startedAt: String
        let secondsSinceSeen: Double
        let step: Int
        let totalSteps: Int
        let stage: String
        let pairsPerSecond: Double?
        let remainingSeconds: Double?
        let stages: [WorkReport.Stage]
        /// What takes most of the time: `data`, `computing`, `validation` or `checkpoints`.
        let bottleneck: String

        init(_ work: TrainingWork, now: Date = Date()) {
            if work.hasEnded {
                state = .ended
            } else {
                state =
                    FileOwner.isAlive(work.owner, sinceUptime: work.uptime).map { $0 ? .running : .killed }
                    ?? .elsewhere
            }
            startedAt = work.startedAt
            secondsSinceSeen = max(0, now.timeIntervalSince1970 - work.seenAt)
            (step, totalSteps, stage) = (work.step, work.totalSteps, work.stage)
            pairsPerSecond = work.pairsPerSecond
            remainingSeconds = state == .running || state == .elsewhere ? work.remainingSeconds : nil
            let seconds = work.seconds
            stages = [
                WorkReport.Stage(
                    name: "train", busySeconds: seconds.computing, waitsForInputSeconds: seconds.waiting,
                    waitsForOutputSeconds: seconds.saving),
                WorkReport.Stage(
                    name: "validate", busySeconds: seconds.validating, waitsForInputSeconds: 0,
                    waitsForOutputSeconds: 0),
            ]
            bottleneck = WorkReport.longest(of: [
                ("data", seconds.waiting), ("computing", seconds.computing), ("validation", seconds.validating),
                ("checkpoints", seconds.saving),
            ])
        }

        var lines: [String] {
            var text = "  step \(step) of \(totalSteps) (\(stage))"
            if let rate = pairsPerSecond { text += ", \(Int(rate.rounded())) pairs/s" }
            if let rest = remainingSeconds { text += ", \(rest.clockText) to go" }
            switch state {
            case .running: text += ", training"
            case .ended: break
            case .killed: text += ", was killed; avprep train goes on from the last checkpoint"
            case .elsewhere: text += ", on another machine, seen \(secondsSinceSeen.clockText) ago"
            }
            let seconds = stages.reduce(0) { $0 + $1.busySeconds + $1.waitsForInputSeconds + $1.waitsForOutputSeconds }
            guard seconds > 0 else { return [text] }
            return [text + "; \(bottleneck) takes the most time:"] + WorkReport.table(stages)
        }
    }
}
