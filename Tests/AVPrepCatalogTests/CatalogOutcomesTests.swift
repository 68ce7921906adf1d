import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@Suite struct CatalogOutcomesTests {
    private let noAudio = Outcome.skipped(.init("no-audio", "no audio stream"))
    private let corrupt = Outcome.failed(.init("corrupt", "no frame decodes"))

    @Test func anOutcomeComesBackAsItWasRecorded() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a")])
            for outcome in [Outcome.done, noAudio, corrupt] {
                var record = OutcomeRecord(
                    subject: "a", stage: "ingest", settingsKey: "k", outcome: outcome, wallSeconds: 2.5,
                    cpuSeconds: 1.25, output: outcome == .done ? "prepared/v.h5" : nil)
                try catalog.record(record)
                let found = try #require(try catalog.outcome(of: "a", stage: "ingest"))
                #expect(try Date(found.updatedAt, strategy: .iso8601).timeIntervalSinceNow > -60)
                record = found
                #expect(record.outcome == outcome && record.wallSeconds == 2.5 && record.cpuSeconds == 1.25)
                #expect(record.output == (outcome == .done ? "prepared/v.h5" : nil))
                #expect(record.settingsKey == "k")
            }
            #expect(try catalog.outcomes(stage: "ingest").count == 1, "the last one stands")
        }
    }

    @Test func outcomesAreFoundByStatusReasonAndSettings() throws {
        try withCatalog { catalog in
            try catalog.listing(["a", "b", "c", "d", "e"].map { file($0) })
            try catalog.record([
                outcome("a"), outcome("b", noAudio), outcome("c", corrupt),
                outcome("d", .failed(.init("over-limit", "3601 s")), key: "k2"), outcome("c", stage: "shard"),
                outcome("not-an-item", corrupt),
            ])
            #expect(try catalog.outcomes(stage: "ingest").map(\.subject) == ["a", "b", "c", "d"])
            #expect(try catalog.outcomes(stage: "ingest", status: "failed").map(\.subject) == ["c", "d"])
            #expect(try catalog.outcomes(stage: "ingest", settingsKey: "k1").map(\.subject) == ["a", "b", "c"])
            #expect(try catalog.outcomes(stage: "ingest", code: "no-audio").map(\.subject) == ["b"])
            #expect(try catalog.outcomes(stage: "ingest", after: "b", limit: 1).map(\.subject) == ["c"])
            #expect(try catalog.outcome(of: "not-an-item", stage: "ingest") != nil)
        }
    }

    @Test func pendingIsWhatHasNoOutcomeUnderTheseSettings() throws {
        try withCatalog { catalog in
            try catalog.listing(["a", "b", "c", "d"].map { file($0) })
            try catalog.listing(["a", "b", "c"].map { file($0) })
            try catalog.record([outcome("a"), outcome("b", key: "k2")])
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1").map(\.file.path) == ["b", "c"])
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1", after: "b").map(\.file.path) == ["c"])
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1", limit: 1).map(\.file.path) == ["b"])
            #expect(try catalog.pending(stage: "shard", settingsKey: "k1").count == 3)
        }
    }

    @Test func retryingForgetsFailuresAndNothingElse() throws {
        try withCatalog { catalog in
            try catalog.listing(["a", "b", "c", "d"].map { file($0) })
            try catalog.record([
                outcome("a"), outcome("b", noAudio), outcome("c", corrupt), outcome("d", corrupt),
                outcome("d", .failed(.init("disk", "full")), stage: "shard"),
            ])
            #expect(try catalog.forgetFailures(stage: "shard", code: "corrupt") == 0)
            #expect(try catalog.forgetFailures(stage: "ingest") == 2)
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1").map(\.file.path) == ["c", "d"])
            #expect(try catalog.outcome(of: "d", stage: "shard") != nil)
            try catalog.checkCounts()
        }
    }

    @Test func whatLostItsResultIsPendingInThatStageAlone() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a"), file("b")])
            try catalog.record([outcome("a"), outcome("b"), outcome("a", stage: "shard")])
            try catalog.forget(["a", "unknown"], stage: "ingest")
            try catalog.forget([], stage: "shard")
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1").map(\.file.path) == ["a"])
            #expect(try catalog.counts(stage: "shard").done == 1)
            try catalog.checkCounts()
        }
    }

    @Test func anOutcomeRecordedBeforeItsItemIsListedCountsOnceItIs() throws {
        try withCatalog { catalog in
            try catalog.record(outcome("early"))
            #expect(try catalog.counts(stage: "ingest").done == 0)
            try catalog.listing([file("early")])
            #expect(try catalog.counts(stage: "ingest").done == 1)
            try catalog.checkCounts()
        }
    }

    @Test func aBatchIsRecordedWholeAndTimesThatAreNoNumbersDoNoHarm() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a")])
            try catalog.record([
                OutcomeRecord(
                    subject: "a", stage: "ingest", settingsKey: "k", outcome: .done, wallSeconds: .nan,
                    cpuSeconds: .infinity)
            ])
            #expect(try catalog.outcome(of: "a", stage: "ingest")?.wallSeconds == 0)
        }
    }
}
