import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AVPrepPipeline

/// The file for node_exporter's textfile collector.
struct MetricsFileTests {
    private func write(
        _ path: String, _ workspace: Workspace, command: String = "ingest", status: Int32 = 0, times: Int = 1
    ) throws -> [String] {
        let lines = Mutex<[String]>([])
        for _ in 0..<times {
            let file = try MetricsFile(path, workspace, command: command) { line in lines.withLock { $0.append(line) } }
            file.begin()
            file.end(status)
        }
        return lines.withLock { $0 }
    }

    /// What Prometheus's own client reads of it: samples by name.
    private func read(_ path: String) throws -> [String: [[String: String]]] {
        try Oracle.json(
            [String: [[String: String]]].self,
            """
            import json, sys
            from prometheus_client.parser import text_string_to_metric_families
            found = {}
            text = open(sys.argv[1]).read()
            for family in text_string_to_metric_families(text):
                assert family.type == "gauge" and family.documentation, family
                for sample in family.samples:
                    assert sample.timestamp is None
                    found.setdefault(sample.name, []).append(sample.labels | {"value": str(float(sample.value))})
            for samples in found.values():
                labels = [json.dumps({k: v for k, v in s.items() if k != "value"}, sort_keys=True) for s in samples]
                assert len(set(labels)) == len(labels), samples
            print(json.dumps(found))
            """, [path])
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func prometheusReadsItWhateverTheFolderIsCalled() throws {
        try withTemporaryFolder { base in
            let folder = base + "/a \"b\" \\ c\n{d}"
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            try Data("no film".utf8).write(to: URL(fileURLWithPath: "\(folder)/videos/talk.mp4"))
            let path = "\(folder)/avprep.prom"
            // Before there is a catalog.
            #expect(try write(path, corpus.workspace, status: 65) == [])
            #expect(try read(path)["avprep_items"] == nil)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(try write(path, corpus.workspace) == [])
            let found = try read(path)
            let items = found["avprep_items"] ?? []
            #expect(items.map { $0["value"] } == ["2.0", "0.0", "1.0", "0.0"])
            #expect(items.first?["workspace"] == BytePath(folder).escaped)
            #expect(found["avprep_items_by_reason"]?.first?["reason"] == "not-media")
            #expect(found["avprep_ingest_part_seconds"]?.count == 9)
            #expect(found["avprep_running"]?.map { $0["value"] } == ["0.0"])

            // Each command's last success outlives others, and its own failures.
            _ = try write(path, corpus.workspace, command: "shard", status: 75)
            _ = try write(path, corpus.workspace, status: 2)
            let later = try read(path)
            #expect(later["avprep_last_success_timestamp_seconds"]?.map { $0["command"] } == ["ingest"])
            #expect(
                later["avprep_last_exit_code"]?.map { [$0["command"], $0["value"]] }
                    == [["ingest", "2.0"], ["shard", "75.0"]])
            let age = later["avprep_last_success_age_seconds"]?.first?["value"].flatMap(Double.init)
            #expect((0..<600).contains(age ?? -1))
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o644)
        }
    }

    @Test func aFolderThatIsGoneIsSaidOnceAndStopsNothing() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            for path in ["\(folder)/none/avprep.prom", "/dev/full/avprep.prom", "/proc/avprep.prom"] {
                let lines = try write(path, corpus.workspace)
                #expect(lines.count == 1 && lines[0].contains("the work goes on"), "\(lines)")
            }
        }
    }

    @Test func aNameThatTheCollectorWouldNotReadIsRefused() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            let failure = #expect(throws: Failure.self) { try write("\(folder)/avprep.txt", corpus.workspace) }
            #expect(failure?.exitStatus == .badInput)
        }
    }

    /// A file that is there may be anything.
    @Test func aDamagedFileOfBeforeIsReplaced() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            let path = "\(folder)/avprep.prom"
            try Data([0xFF, 0x00, 0x0A]).write(to: URL(fileURLWithPath: path))
            #expect(try write(path, corpus.workspace) == [])
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.hasPrefix("# HELP avprep_info"))
            try "avprep_last_exit_code{command=\"x\\\"} 1\navprep_last_exit_code{ NaN\n".write(
                toFile: path, atomically: true, encoding: .utf8)
            #expect(try write(path, corpus.workspace) == [])
        }
    }
}
