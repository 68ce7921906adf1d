import Foundation
import TestSupport
import Testing

/// What programs hear of a command, and what a user sees who watches one.
struct ObservationTests {
    private func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

    private func object(_ line: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "this is no object: \(line)")
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func everyLineIsAnEventOfTheSchemaAndTheLastOneIsTheEnd() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 6)
            try Data("no film".utf8).write(to: URL(fileURLWithPath: corpus.folder + "/videos/a\n\"\\.mp4"))
            var documents: [String] = []
            func run(_ arguments: [String], _ status: Int32) throws -> [[String: Any]] {
                let result = try corpus.run(arguments + ["--log-json"])
                #expect(result.status == status, "\(arguments): \(result.standardError)")
                let events = try lines(result.standardError).map(object)
                for line in lines(result.standardError) {
                    documents.append("\(folder)/\(documents.count).json")
                    try line.write(toFile: documents[documents.count - 1], atomically: true, encoding: .utf8)
                }
                #expect(events.first?["event"] as? String == "start" && events.last?["event"] as? String == "end")
                #expect(events.last?["exit_code"] as? Int32 == status)
                return events
            }
            let ingest = try run(["refresh"], 2)
            let items = ingest.filter { $0["event"] as? String == "item" }
            #expect(items.count == 7)
            let failed = items.filter { $0["outcome"] as? String == "failed" }
            #expect(failed.count == 1 && failed[0]["item"] as? String == #"videos/a\n"\\.mp4"#)
            #expect(failed[0]["reason"] as? String == "not-media" && failed[0]["level"] as? String == "warning")
            _ = try run(["verify"], 0)
            _ = try run(["retry", "--reason", "nonsense"], 65)
            // What ends a command is an event, too, before the end.
            let refused = try run(["evaluate"], 65)
            #expect(refused.suffix(2).map { $0["event"] as? String } == ["message", "end"])
            #expect(refused[refused.count - 2]["level"] as? String == "error")
            _ = try run(["audit", "--probe", "none"], 64)
            #expect(
                try Oracle.schemaFaults(
                    "log.schema.json", documents,
                    breakages: ["d.pop('time')", "d.update(level='loud')", "d.update(version=2)", "d.pop('process')"])
                    == [])
            // Quiet: warnings and errors.
            let quiet = try lines(try corpus.run(["ingest", "--retry", "-q", "--log-json"]).standardError).map(object)
            #expect(!quiet.isEmpty && quiet.allSatisfy { $0["level"] as? String != "info" })
        }
    }

    @Test func aStoppedCommandAndABusyWorkspaceAreEvents() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 3)
            let script = #"""
                "$0" ingest -q --set workers=1 & first=$!; sleep 0.4
                "$0" refresh --log-json; echo "busy $?"
                kill -TERM $first; wait $first; echo "stopped $?"
                timeout -s INT 0.6 "$0" ingest --log-json; echo "interrupted $?"
                """#
            let result = try Command.run("/bin/bash", ["-c", script, Products.avprep], in: corpus.folder)
            let json = lines(result.standardError).filter { $0.hasPrefix("{") }
            let others = lines(result.standardError).filter { !$0.hasPrefix("{") && !$0.hasPrefix("avprep: stopped") }
            #expect(others == [], "\(result.standardError)")
            #expect(try json.map(object).contains { $0["exit_code"] as? Int == 75 }, "\(result)")
            #expect(result.standardOutput.contains("busy 75"))
        }
    }

    @Test func aSettingWritesMetricsForEveryCommandThatWorksLong() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            let setting = ["--set", "metrics.file=m.prom"]
            #expect(try corpus.run(["ingest", "-q"] + setting).status == 0)
            #expect(try corpus.run(["train", "-q"] + setting).status == 65)
            let text = try String(contentsOfFile: corpus.folder + "/m.prom", encoding: .utf8)
            #expect(text.contains(#"command="ingest"} 0"#) && text.contains(#"command="train"} 65"#))
            // The file's folder is gone: said once, and no failure.
            let gone = try corpus.run(["ingest", "--metrics-file", "none/m.prom"])
            #expect(gone.status == 0 && gone.standardError.components(separatedBy: "metrics file").count == 2)
            #expect(try corpus.run(["ingest", "--metrics-file", "m.txt"]).status == 65)
        }
    }

    // MARK: - Watching

    @Test func watchingEndsBySignalAndWhenNobodyReads() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            // Before there is a catalog, while an ingest runs, and after it; the ingest is not disturbed.
            let script = #"""
                timeout -s INT 20 "$0" status --watch --interval 0.2 > watch.txt 2> errors.txt & watcher=$!
                sleep 0.5; "$0" ingest -q > ingest.txt; echo "ingest $?"; sleep 0.5
                kill -TERM $watcher; wait $watcher; echo "watch $?"
                "$0" status --watch --interval 0.1 --json | head -n 2 > json.txt; echo "pipe ${PIPESTATUS[0]}"
                timeout -s INT 0.7 "$0" status --watch --interval 0.1 >&-; echo "closed $?"
                "$0" status --json | head -c 1 > /dev/null; "$0" status >&-; echo "once $?"
                """#
            let result = try Command.run("/bin/bash", ["-c", script, Products.avprep], in: corpus.folder)
            let text = try String(contentsOfFile: corpus.folder + "/watch.txt", encoding: .utf8)
            #expect(result.standardOutput.contains("ingest 0"), "\(result)")
            #expect(text.contains("there is no catalog") && text.contains("2 done"), "\(text)")
            #expect(!text.contains("\u{1B}"))
            let json = lines(try String(contentsOfFile: corpus.folder + "/json.txt", encoding: .utf8))
            #expect(json.count == 2)
            for line in json { _ = try object(line) }
            #expect(result.standardOutput.contains("once 0"))
            #expect(try corpus.run(["status", "--check"]).status == 0)
        }
    }

    /// A terminal of any size shows what fits, and nothing wraps or scrolls.
    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [[20, 5], [200, 100], [1, 1], [0, 0]])
    func aTerminalOfAnySizeIsRedrawnInPlace(size: [Int]) throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 1)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            struct Seen: Decodable {
                let status: Int
                let text: String
            }
            let seen = try Oracle.json(
                Seen.self,
                """
                import fcntl, json, os, pty, select, signal, struct, sys, termios, time
                program, folder, columns, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
                child, master = pty.fork()
                if child == 0:
                    os.chdir(folder)
                    time.sleep(0.2)
                    os.execv(program, [program, "status", "--watch", "--interval", "0.2"])
                fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                data, end, sent = b"", time.time() + 2.0, False
                while True:
                    ready, _, _ = select.select([master], [], [], 0.1)
                    if ready:
                        try:
                            piece = os.read(master, 65536)
                        except OSError:
                            break
                        if not piece: break
                        data += piece
                    if not sent and time.time() > end:
                        os.write(master, b"\\x03"); sent = True
                _, status = os.waitpid(child, 0)
                print(json.dumps({"status": os.waitstatus_to_exitcode(status), "text": data.decode()}))
                """, [Products.avprep, corpus.folder, "\(size[0])", "\(size[1])"])
            #expect(seen.status == 130)
            let frames = seen.text.components(separatedBy: "\u{1B}[H").dropFirst()
            #expect(frames.count >= 3)
            let (columns, rows) = size[0] > 0 ? (size[0], size[1]) : (80, 24)
            for frame in frames {
                let shown = frame.replacing("\u{1B}[K", with: "").components(separatedBy: "\u{1B}[J")[0]
                let lines = shown.components(separatedBy: "\r\n").dropLast()
                #expect(lines.count <= max(2, rows - 1) && lines.allSatisfy { $0.count <= columns }, "\(lines)")
            }
        }
    }
}
