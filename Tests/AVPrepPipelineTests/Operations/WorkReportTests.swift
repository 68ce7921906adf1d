import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepPipeline
@testable import AVPrepShard
@testable import AVPrepTraining

/// What status says of runs: rates, what holds them up, and whether they go on.
struct WorkReportTests {
    private func withCatalog(_ body: (Catalog) throws -> Void) throws {
        try withTemporaryFolder { folder in try body(try Catalog(path: "\(folder)/catalog.sqlite")) }
    }

    /// Changes the catalog as another program, another machine or another time would have written it.
    private func tamper(_ catalog: Catalog, _ sql: String) throws {
        _ = try Oracle.run(
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()",
            [catalog.path, sql])
    }

    private func work(_ values: [RunWork.Name: Double]) -> RunWork {
        var work = RunWork()
        for (name, value) in values { work[name] = value }
        return work
    }

    @Test func ratesAreThoseOfTheLastRunThatPreparedSomething() throws {
        try withCatalog { catalog in
            let busy = try catalog.beginRun("ingest")
            try catalog.noteWork(
                work([
                    .videos: 10, .videoSeconds: 7200, .preparing: 3600, .plannedVideos: 10, .workers: 2,
                    .computeBusy: 50, .decodeBusy: 30, .writeBusy: 1,
                ]), ofRun: busy)
            try catalog.endRun(busy, .doneWithFailures)
            let idle = try catalog.beginRun("ingest")
            try catalog.noteWork(work([.elapsed: 2]), ofRun: idle)
            try catalog.endRun(idle, .done)
            let report = try WorkReport.make(catalog)
            #expect(report.runs.map(\.id) == [idle, busy] && report.runs.map(\.state) == [.ended, .ended])
            let rate = try #require(report.rate)
            #expect(rate.run == busy && rate.videosPerHour == 10 && rate.videoSecondsPerHour == 7200)
            #expect(!rate.isRunning && rate.remainingSeconds == nil)
            #expect(report.stages?.bottleneck == "computing")
        }
    }

    @Test func aRunThatGoesOnSaysHowLongItStillTakes() throws {
        try withCatalog { catalog in
            let run = try catalog.beginRun("ingest")
            try catalog.noteWork(
                work([
                    .videos: 1, .videoSeconds: 10, .preparing: 100, .plannedVideos: 4, .sourceBytes: 25,
                    .plannedBytes: 100, .decodeInput: 9, .decodeBusy: 2,
                ]), ofRun: run)
            let report = try WorkReport.make(catalog)
            #expect(report.runs[0].state == .running && report.rate?.remainingSeconds == 300)
            #expect(report.stages?.bottleneck == "reading")
            #expect(report.lines.contains { $0.contains("1 of 4 videos of this run, 5:00 to go") })
        }
    }

    /// A run that was killed stays without an end: it is not taken for one that goes on, however its process's number is
    /// used now.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aKilledRunDoesNotGoOn() throws {
        try withCatalog { catalog in
            let killed = try catalog.beginRun("ingest")
            let later = try catalog.beginRun("ingest")
            #expect(try WorkReport.make(catalog).runs.map(\.state) == [.running, .killed], "a later one has begun")
            try catalog.endRun(later, .done)
            let last = try catalog.beginRun("ingest")
            try tamper(catalog, "UPDATE run_sums SET value = value - 1e9 WHERE run = \(last) AND name = 'uptime'")
            #expect(try WorkReport.make(catalog).runs[0].state == .killed, "this process has begun since")
            // Elsewhere: whether it goes on is not known here.
            try tamper(catalog, "UPDATE runs SET owner = 'other-12345678-7' WHERE id = \(last)")
            try catalog.noteWork(work([.videos: 1, .preparing: 1, .decodeBusy: 1]), ofRun: last)
            let report = try WorkReport.make(catalog)
            #expect(report.runs[0].state == .elsewhere && report.runs[0].end.hasPrefix("on another machine, seen"))
            #expect(report.runs.last?.id == killed)
        }
    }

    /// Neither a clock that was set back nor a run of an avprep of before makes a number negative or endless.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func clocksAndOldRunsDoNoHarm() throws {
        try withCatalog { catalog in
            let run = try catalog.beginRun("ingest")
            try catalog.noteWork(work([.videos: 2, .preparing: 0, .plannedBytes: 0, .decodeBusy: 1]), ofRun: run)
            let past = Date(timeIntervalSince1970: 1)
            let report = try WorkReport.make(catalog, now: past)
            #expect(report.runs[0].secondsSinceSeen == 0)
            #expect(report.rate?.videosPerHour == 0 && report.rate?.remainingSeconds == nil)
            try tamper(catalog, "DELETE FROM run_sums; UPDATE runs SET owner = NULL")
            let old = try WorkReport.make(catalog)
            #expect(old.rate == nil && old.stages == nil && old.runs[0].state == .killed)
            #expect(!old.lines.joined().contains("nan"))
        }
    }

    /// The seconds of each part add up to the worker's, and what the decoder waited for follows from them.
    @Test func secondsOfPartsAddUp() {
        var measured = WorkClock.Measured()
        measured.input = WorkClock.Span(wall: 10, cpu: 1)
        measured.compute = WorkClock.Span(wall: 5, cpu: 5)
        measured.output = WorkClock.Span(wall: 3, cpu: 1)
        let slowDisk = StageSeconds(measured, decoder: 4)
        #expect(slowDisk.decode == (5, 5, 8))
        #expect(slowDisk.compute == (5, 10, 3) && slowDisk.write == (1, 15, 2))
        let slowDecoder = StageSeconds(measured, decoder: 14)
        #expect(slowDecoder.decode == (15, 0, 3))
        // A clock that does not count leaves nothing negative.
        let nothing = StageSeconds(WorkClock.Measured(), decoder: 0)
        #expect(nothing.decode == (0, 0, 0) && nothing.write == (0, 0, 0))
    }

    /// Reading, writing and checksums of a shard are done by one thread: what one does, the others wait for.
    @Test func secondsOfPackingAreThoseOfOneThread() {
        var measured = WorkClock.Measured()
        measured.input = WorkClock.Span(wall: 10, cpu: 1)
        measured.compute = WorkClock.Span(wall: 2, cpu: 2)
        measured.output = WorkClock.Span(wall: 4, cpu: 1)
        var work = RunWork()
        for _ in 0..<2 { PackSeconds(measured).add(to: &work) }
        #expect(work[.shards] == 2 && work[.readBusy] == 2 && work[.readInput] == 18 && work[.readOutput] == 12)
        #expect(work[.writeBusy] == 2 && work[.writeInput] == 24 && work[.writeOutput] == 6)
        #expect(work[.computeBusy] == 4 && work[.computeInput] == 28)
    }

    /// A run of `shard` is none of ingest: rates and the list of ingests stay those of ingests.
    @Test func whatHoldsPackingUpIsToldBesideIngest() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let ingests = try WorkReport.make(try Catalog(path: corpus.workspace.catalog)).runs.map(\.id)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let report = try WorkReport.make(try Catalog(path: corpus.workspace.catalog))
            let packing = try #require(report.packing)
            #expect(report.runs.map(\.id) == ingests && packing.state == .ended && packing.shards > 0)
            #expect(packing.stages.map(\.name) == ["read", "write", "checksums"])
            for stage in packing.stages {
                let seconds = [stage.busySeconds, stage.waitsForInputSeconds, stage.waitsForOutputSeconds]
                #expect(seconds.allSatisfy { $0 >= 0 } && seconds.reduce(0, +) <= packing.seconds * 2 + 0.1)
            }
            #expect(report.lines.contains { $0.hasPrefix("shard: \(packing.shards) shards packed") })
            // One that packs nothing hides nothing.
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try WorkReport.make(try Catalog(path: corpus.workspace.catalog)).packing?.run == packing.run)
        }
    }

    @Test func aTrainingNotesWhereItsSecondsGo() throws {
        try withTemporaryFolder { folder in
            var progress = TrainingProgress(
                step: 12, totalSteps: 40, stage: "easy", epoch: 1, epochs: 4, isValidating: false, learningRate: 0.1,
                clipsPerSecond: 33.4, remainingSeconds: 75)
            (progress.seconds.waiting, progress.seconds.computing, progress.seconds.saving) = (30, 10, 5)
            let recorder = TrainingRecorder(folder)
            recorder.end()
            #expect(TrainingWork.load(folder) == nil, "a run that was finished before has done nothing")
            recorder.add(progress)
            let running = StatusReport.Training(try #require(TrainingWork.load(folder)))
            #expect(running.state == .running && running.bottleneck == "data" && running.remainingSeconds == 75)
            #expect(running.lines[0].contains("step 12 of 40 (easy), 33 pairs/s, 1:15 to go, training; data takes"))
            recorder.end()
            let ended = StatusReport.Training(try #require(TrainingWork.load(folder)))
            #expect(ended.state == .ended && ended.remainingSeconds == nil)
            // Killed, on this machine or another one; and a clock that was set back.
            var work = TrainingWork()
            work.uptime -= 1e9
            #expect(StatusReport.Training(work).state == .killed)
            work.owner = "other-12345678-7"
            #expect(StatusReport.Training(work, now: .distantPast).secondsSinceSeen == 0)
            #expect(StatusReport.Training(work).state == .elsewhere)
            // What is no such note is none: a later avprep's, or half a file.
            try Data("{\"owner\": 3".utf8).write(to: URL(fileURLWithPath: "\(folder)/work.json"))
            #expect(TrainingWork.load(folder) == nil)
        }
    }

    @Test func aWorkersClockCountsEverySecondOnce() {
        let clock = WorkClock()
        _ = clock.restart()
        let begin = ContinuousClock.now
        clock.during(.compute) { clock.during(.output) { _ = usleep(20_000) } }
        usleep(10_000)
        let all = (ContinuousClock.now - begin) / .seconds(1)
        let measured = clock.restart()
        let sum = measured.input.wall + measured.compute.wall + measured.output.wall
        #expect(measured.output.wall >= 0.02 && measured.input.wall >= 0.01 && measured.compute.wall < 0.01)
        #expect(abs(sum - all) < 0.005)
        #expect(clock.restart().output.wall == 0)
    }
}
