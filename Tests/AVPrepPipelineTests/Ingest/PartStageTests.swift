import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepParts
import AVPrepSettings
import AVPrepShard
import AVPrepWorkspace
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AVPrepIngest

/// An ingest that tasks divide ends with the catalog and the shards of one process.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct PartStageTests {
    /// Six videos, copies of one in three places, a file of the same size as another, what is no video, a missing file in a
    /// list, and names that are no UTF-8 or have a newline.
    private func awkwardCorpus(_ folder: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        try corpus.addSyntheticVideos(6)
        let videos = folder + "/videos"
        let script = """
            cd "$1" && mkdir sub 'wei rd'
            cp video-00002.mp4 a-copy.mp4; cp video-00002.mp4 sub/zz.mp4
            cp video-00003.mp4 "$(printf 'wei rd/line\\nbreak \\377 tab\\t.mp4')"
            head -c "$(stat -c %s video-00004.mp4)" /dev/zero > same-size.mp4
            echo nothing > 'wei rd/it'"'"'s.mp4'
            printf 'videos/video-00001.mp4\\nvideos/missing.mp4\\n' > ../list.txt
            """
        let made = try Command.run("/bin/bash", ["-c", script, "bash", videos])
        #expect(made.status == 0, "\(made.standardError)")
        corpus.settings.corpus.paths = ["videos", "list.txt"]
        return corpus
    }

    private func twin(of corpus: SmallCorpus, in folder: String) throws -> SmallCorpus {
        try FileManager.default.removeItem(atPath: folder + "/videos")
        let copied = try Command.run(
            "/bin/cp", ["-a", corpus.folder + "/videos", corpus.folder + "/list.txt", folder + "/"])
        #expect(copied.status == 0)
        var twin = corpus
        twin = try SmallCorpus(folder)
        twin.settings = corpus.settings
        return twin
    }

    private func part(
        _ text: String, of corpus: SmallCorpus, lease: Double = 1, context: StageContext = StageContext(),
        retry: Bool = false, hook: PreparationHook? = nil
    ) throws -> PartReport {
        try PartStage.run(
            corpus.workspace, context, part: try PartNumber(text, environment: [:]), retry: retry, leaseSeconds: lease,
            hook: hook)
    }

    /// Some reasons name a file by its whole path.
    private func dump(of corpus: SmallCorpus) throws -> [String] {
        try CatalogDump.rows(of: corpus.workspace.catalog).map { $0.replacing(corpus.folder, with: "FOLDER") }
    }

    private func expectSame(_ divided: SmallCorpus, as whole: SmallCorpus) throws {
        let rows = try [divided, whole].map { try dump(of: $0) }
        #expect(rows[0].filter { !rows[1].contains($0) } == [])
        #expect(rows[1].filter { !rows[0].contains($0) } == [])
        #expect(rows[0].count == rows[1].count)
        #expect(try divided.digests("prepared") == whole.digests("prepared"))
        for corpus in [divided, whole] { _ = try ShardStage.run(corpus.workspace, corpus.context) }
        #expect(try divided.digests("shards") == whole.digests("shards"))
    }

    @Test(arguments: [1, 2, 4]) func anyNumberOfTasksGivesTheCatalogOfOneProcess(count: Int) throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                let whole = try awkwardCorpus(folder)
                let divided = try twin(of: whole, in: SmallCorpus(other).folder)
                let expected = try IngestStage.run(whole.workspace, whole.context)
                // All at once: they steal from each other.
                let failures = Mutex<[String]>([])
                DispatchQueue.concurrentPerform(iterations: count) { index in
                    do { _ = try part("\(index + 1)/\(count)", of: divided, lease: 20) } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
                #expect(failures.withLock { $0 } == [])
                let report = try MergeStage.run(divided.workspace, divided.context)
                #expect(report.isOver && report.remaining == 0 && report.contradictions == [], "\(report.text)")
                #expect(report.exitStatus == expected.exitStatus)
                #expect(report.ingest?.change.done == expected.change.done)
                #expect(!FileManager.default.fileExists(atPath: divided.workspace.parts))
                try expectSame(divided, as: whole)
                // Merged once more, nothing changes.
                let rows = try CatalogDump.rows(of: divided.workspace.catalog)
                #expect(try MergeStage.run(divided.workspace, divided.context).ingest == nil)
                #expect(try CatalogDump.rows(of: divided.workspace.catalog) == rows)
            }
        }
    }

    /// A task that ended in the middle, merged while its work is not all done, and what the next tasks do.
    @Test func aMergeTakesWhatIsThereAndTheNextTasksDoTheRest() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                let whole = try awkwardCorpus(folder)
                let divided = try twin(of: whole, in: SmallCorpus(other).folder)
                _ = try IngestStage.run(whole.workspace, whole.context)
                let context = StageContext()
                let prepared = Atomic(0)
                #expect(throws: CancellationError.self) {
                    try part("1/2", of: divided, context: context) { step, _ in
                        guard step == .noting, prepared.add(1, ordering: .relaxed).newValue == 3 else { return }
                        context.cancellation.cancel(.terminated)
                    }
                }
                let first = try MergeStage.run(divided.workspace, divided.context)
                #expect(first.merged > 0 && first.remaining > 0 && first.isOver && first.exitStatus == .busy)
                #expect(first.tasks.map(\.exitCode) == [143], "\(first.text)")
                // The work is divided by another number now; what the catalog knows is not done again.
                let again = Mutex<[String]>([])
                let rest = try part("3/3", of: divided) { step, listed in
                    if step == .decoding { again.withLock { $0.append(listed) } }
                }
                #expect(rest.remaining == 0)
                #expect(again.withLock { $0.count } < 6)
                #expect(try MergeStage.run(divided.workspace, divided.context).remaining == 0)
                try expectSame(divided, as: whole)
            }
        }
    }

    /// New files after a merge are divided, and nothing else.
    @Test func aGrownCorpusIsDividedAgain() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(4)
            try corpus.move(2..<4, to: "later")
            _ = try part("1/1", of: corpus)
            #expect(try MergeStage.run(corpus.workspace, corpus.context).exitStatus == .done)
            try corpus.move(2..<4, from: "later", to: "videos")
            try FileManager.default.copyItem(
                atPath: folder + "/videos/video-00000.mp4", toPath: folder + "/videos/a.mp4")
            let report = try part("2/2", of: corpus)
            #expect(report.listed == 3 && report.counts.done == 2 && report.counts.duplicates == 1, "\(report.text)")
            let merged = try MergeStage.run(corpus.workspace, corpus.context)
            #expect(merged.ingest?.counts.done == 4 && merged.ingest?.counts.skipped == 1, "\(merged.text)")
            // The first listed of equal files stays the one that is prepared.
            let copy = try Catalog(path: corpus.workspace.catalog).outcome(of: "videos/a.mp4", stage: StageName.ingest)
            #expect(copy?.outcome.reason?.code == "duplicate")
            let none = try part("1/1", of: corpus)
            #expect(none.listed == 0)
        }
    }

    @Test func tasksOfOtherSettingsAreRefusedInOneLine() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            _ = try part("1/2", of: corpus)
            let tokens = try PartsFolder(corpus.workspace.parts).tokens()
            corpus.settings.ingest.video.fps = 8
            let failure = try #require(throws: Failure.self) { try part("2/2", of: corpus) }
            #expect(failure.exitStatus == .badInput && failure.description.contains("another ingest settings"))
            // It leaves no trace.
            #expect(try PartsFolder(corpus.workspace.parts).tokens() == tokens)
            let merge = try #require(throws: Failure.self) { try MergeStage.run(corpus.workspace, corpus.context) }
            #expect(merge.exitStatus == .badInput && !merge.description.contains("\n"))
        }
    }

    /// What another avprep holds is waited for by nobody: the listing needs a look at its catalog.
    @Test func aWorkspaceThatIsHeldIsBusy() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            try corpus.workspace.exclusively {
                let failure = try #require(throws: Failure.self) { try part("1/2", of: corpus) }
                #expect(failure.exitStatus == .busy)
            }
            #expect(try part("1/2", of: corpus).remaining == 0)
            // A task that finds the listing needs no look.
            try corpus.workspace.exclusively {
                let late = try part("2/2", of: corpus)
                #expect(late.remaining == 0)
            }
        }
    }

    /// Two tasks that say differently what came of one file.
    @Test func contradictionsAreNamedAndNotRecorded() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            _ = try part("1/1", of: corpus)
            let parts = PartsFolder(corpus.workspace.parts)
            let reader = JournalReader(try #require(try parts.tokens().first), in: parts)
            var entries: [String] = []
            var copy = reader
            try copy.read { entry, _ in entries.append(entry) }
            let header = try #require(copy.header)
            let task = try PartTask(
                parts, part: PartNumber("1/1", environment: [:]), leaseSeconds: 1, identity: header.identity,
                startedAt: "")
            let other = try #require(entries.first { $0.contains("\"result\"") })
            try task.note(
                done: ItemKey(of: "any"), entry: other.replacing("\"status\":\"done\"", with: "\"status\":\"lost\""))
            try task.note(
                done: ItemKey(of: "more"),
                entry: other.replacing("\"verdict\":\"kept\"", with: "\"verdict\":\"dropped\""))
            task.leave(.done)
            let report = try MergeStage.run(corpus.workspace, corpus.context)
            #expect(report.contradictions.count == 1 && report.exitStatus == .failed, "\(report.text)")
            #expect(report.contradictions.allSatisfy { $0.contains("videos/") && !$0.contains("\n") })
            #expect(report.ingest?.counts.done == 1 && report.remaining == 1)
        }
    }

    /// A last line that was torn, and one in the middle whose page never came to the disk.
    @Test func damagedLinesOfJournalsCostTheirItemsAlone() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(3)
            _ = try part("1/1", of: corpus)
            let parts = PartsFolder(corpus.workspace.parts)
            let reader = JournalReader(try #require(try parts.tokens().first), in: parts)
            var data = try Data(contentsOf: URL(fileURLWithPath: reader.path))
            let lines = data.split(separator: UInt8(ascii: "\n"))
            #expect(lines.count >= 4)
            let middle = lines[2].startIndex + 40
            for index in middle..<middle + 16 { data[index] = 0 }
            data.removeLast(20)
            try data.write(to: URL(fileURLWithPath: reader.path))
            let report = try MergeStage.run(corpus.workspace, corpus.context)
            #expect(report.damagedLines == 1 && report.remaining == 2 && report.ingest?.counts.done == 1)
            #expect(report.exitStatus == .busy)
            let rest = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(rest.counts.done == 3 && rest.exitStatus == .done)
        }
    }

    /// A failure for a cause that passes says nothing against another task's success; a retry divides what failed.
    @Test func whatFailedIsRetriedByTasks() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            struct Broken: Error {}
            let failing = try part("1/2", of: corpus) { step, listed in
                if step == .borders, listed.contains("00001") { throw Broken() }
            }
            #expect(failing.counts.failed == 1 && failing.exitStatus == .doneWithFailures)
            #expect(try MergeStage.run(corpus.workspace, corpus.context).exitStatus == .doneWithFailures)
            #expect(try part("1/2", of: corpus).listed == 0)
            _ = try MergeStage.run(corpus.workspace, corpus.context)
            let again = try part("1/2", of: corpus, retry: true)
            #expect(again.listed == 1 && again.counts.done == 1)
            let merged = try MergeStage.run(corpus.workspace, corpus.context)
            #expect(merged.exitStatus == .done && merged.ingest?.counts.done == 2)
        }
    }

    /// Files that change, vanish or come between the listing and the merge.
    @Test func theCorpusMayChangeUnderTheTasks() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(4)
            let videos = folder + "/videos"
            // Makes the listing, and does nothing.
            #expect(throws: Failure.self) {
                try part("1/2", of: corpus) { _, _ in throw Failure("full", endsRun: true) }
            }
            try FileManager.default.removeItem(atPath: videos + "/video-00000.mp4")
            let grown = try #require(FileHandle(forWritingAtPath: videos + "/video-00001.mp4"))
            try grown.seekToEnd()
            grown.write(Data(count: 100))
            try grown.close()
            let report = try part("2/2", of: corpus)
            #expect(report.counts.changed == 2 && report.counts.done == 2 && report.remaining == 0, "\(report.text)")
            try FileManager.default.removeItem(atPath: videos + "/video-00002.mp4")
            let merged = try MergeStage.run(corpus.workspace, corpus.context)
            #expect(merged.ingest?.counts.listed == 2 && merged.remaining == 1, "\(merged.text)")
            #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.done == 2)
        }
    }
}
