import Foundation
import TestSupport
import Testing

/// The driver of `make learn`, with a program in avprep's place that trains nothing and answers at once.
@Suite struct LearnTableTests {
    /// Notes each call; ends with 3 where a file `fail-COMMAND` lies beside it.
    private static let program = """
        import json, pathlib, sys
        here, command, arguments = pathlib.Path(__file__).parent, sys.argv[1], sys.argv[2:]
        given = dict(zip(arguments, arguments[1:]))
        sets = dict(a.split("=", 1) for a in arguments if "=" in a)
        name = sets.get("train.name", given.get("--name", ""))
        with open(here / "calls.txt", "a") as file:
            file.write(f"{command} {name}\\n")
        if (here / f"fail-{command}").exists():
            print("avprep: no space left on disk", file=sys.stderr)
            sys.exit(3)
        if command == "synth":
            kinds = ["ball", "crate", "hoop", "rattle"]
            videos = [{"file": f"video-{n:05}.mp4", "objects": [{"kind": kinds[n % 4]}]} for n in range(32)]
            pathlib.Path("videos").mkdir(exist_ok=True)
            pathlib.Path("videos/truth.json").write_text(json.dumps({"videos": videos}))
        if command == "train":
            run = pathlib.Path("runs") / name
            run.mkdir(parents=True, exist_ok=True)
            sets = ["l3"] if name.startswith("l3") else ["easy", "hard"]
            head = ",".join(["step", "report"] + [f"val_{s}_accuracy" for s in sets])
            (run / "metrics.csv").write_text(head + "\\n" + "".join(f"{e},epoch{',0.' + str(60 + e) * len(sets)}\\n" for e in (1, 2)))
            accuracy = (len(name) * 7 + ord(name[-1])) % 40 / 100 + 0.5
            parts = [{"set": s, "auc": accuracy, "own_threshold": {"accuracy": accuracy}} for s in sets]
            (run / "evaluation.json").write_text(json.dumps({"conditions": parts}))
        if command == "embed":
            pathlib.Path(given["--out"]).write_text("features")
        if command == "classify":
            print(json.dumps({"features": {"folds": [{"accuracy": 0.75}, {"accuracy": 0.25}]}}))
        if command == "finetune":
            print(json.dumps({"splits": [{"accuracy": 0.625}]}))
        """

    private static func prepare(_ folder: String) throws -> String {
        let program = folder + "/avprep"
        try ("#!\(try #require(Oracle.python))\n" + Self.program).write(
            toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        // What the truth of the practice corpus says is measured on real shards alone.
        try FileManager.default.createDirectory(
            atPath: folder + "/learn/results", withIntermediateDirectories: true)
        for seed in 1...2 {
            let part = #"{"easy": 0.75, "hard": 0.5}"#
            try #"{"semantics": \#(part), "timing": \#(part), "both": \#(part)}"#.write(
                toFile: folder + "/learn/results/oracles-\(seed).json", atomically: true, encoding: .utf8)
        }
        return program
    }

    private static func learn(_ folder: String) throws -> Command.Result {
        try Command.run(
            try #require(Oracle.python),
            [
                Oracle.repository + "/Tests/Oracles/learn.py", folder + "/avprep", folder + "/learn", "--seeds", "2",
                "--epochs", "2",
            ])
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func whatFailedInTheMiddleGoesOnToTheSameTable() throws {
        try withTemporaryFolder { folder in
            _ = try Self.prepare(folder)
            let whole = try Self.learn(folder)
            #expect(whole.status == 0, "\(whole.standardError)")
            let table = try String(contentsOfFile: folder + "/learn/table.md", encoding: .utf8)
            #expect(table.contains("| easy, then 75/25 ") && table.contains("78.4 %"))
            #expect(try String(contentsOfFile: folder + "/learn/learn.svg", encoding: .utf8).contains("<polyline"))
            let again = try Self.learn(folder)
            #expect(again.status == 0)
            #expect(try String(contentsOfFile: folder + "/learn/table.md", encoding: .utf8) == table)

            let other = folder + "/other"
            try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
            _ = try Self.prepare(other)
            let marker = other + "/fail-finetune"
            try "".write(toFile: marker, atomically: true, encoding: .utf8)
            let failed = try Self.learn(other)
            #expect(failed.status == 1)
            #expect(failed.standardError.contains("no space left on disk"))
            #expect(failed.standardError.contains("finetune"))
            #expect(!FileManager.default.fileExists(atPath: other + "/learn/table.md"))
            try FileManager.default.removeItem(atPath: marker)
            #expect(try Self.learn(other).status == 0)
            #expect(try String(contentsOfFile: other + "/learn/table.md", encoding: .utf8) == table)
            let trained = try String(contentsOfFile: other + "/calls.txt", encoding: .utf8).split(separator: "\n")
                .filter { $0.hasPrefix("train ") }
            #expect(trained.count == 12 && Set(trained).count == 12, "six rows of two seeds, each trained once")
        }
    }
}
