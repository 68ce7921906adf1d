import AVPrepAudio
import AVPrepCore
import AVPrepSettings
import AVPrepTraining
import AVPrepVision
import Foundation
import TestSupport
import Testing

@Suite struct PipelineFileTests {
    private func message(_ text: String, overrides: [String] = []) -> String {
        do {
            _ = try PipelineFile.parse(text, name: "avprep.yaml", overrides: overrides)
            return ""
        } catch let failure as Failure {
            #expect(failure.exitStatus == .badInput)
            return failure.description
        } catch {
            return "another error: \(error)"
        }
    }

    /// What `init` writes is the defaults, so reading it back changes nothing.
    @Test func theFileThatInitWritesSaysTheDefaults() throws {
        let text = PipelineFile.text(of: PipelineSettings(), heading: ["all keys"])
        #expect(text.hasPrefix("# all keys\n"))
        #expect(try PipelineFile.parse(text, name: "x") == PipelineSettings())
    }

    @Test func everyValueSurvivesWritingAndReading() throws {
        let text = """
            seed: 7
            corpus: {paths: [a b, "c: d"], extensions: [mp4]}
            ingest:
              video: {fps: 12.5, codec: raw}
              borders: {method: off}
              flow: {method: farneback, direction: both}
              spectrograms:
                - {name: a, kind: linear, n_fft: 512, win_length: 400}
                - {name: b, htk: true, log: power_to_db, ref: max, top_db: 80}
                - {fmin: 100, name: c, preset: openl3_mel256, norm: 1}
            """
        let settings = try PipelineFile.parse(text, name: "x")
        #expect(settings.ingest.video.fps == 12.5)
        #expect(settings.ingest.borders.method == .off)
        #expect(settings.corpus.paths == ["a b", "c: d"])
        #expect(settings.ingest.spectrograms.map(\.name) == ["a", "b", "c"])
        #expect(settings.ingest.spectrograms[1].referenceIsMaximum && settings.ingest.spectrograms[1].htk)
        #expect(settings.ingest.spectrograms[2].melBands == 256)
        #expect(settings.ingest.spectrograms[2].minFrequencyHz == 100)
        #expect(settings.ingest.spectrograms[2].melNorm == .sum)
        #expect(try PipelineFile.parse(PipelineFile.text(of: settings, heading: []), name: "x") == settings)
    }

    /// The default level is a single-precision number and stands so in the keys of prepared files.
    @Test func numbersPrintAsTheyWereTypedAndTheKeysOfPreparedFilesStay() throws {
        let text = PipelineFile.text(of: PipelineSettings(), heading: [])
        #expect(text.contains("    level: 0.15  "))
        #expect(text.split(separator: "\n").allSatisfy { $0.firstMatch(of: /\d\.\d{9}/) == nil })
        let key = try PipelineSettings().ingest.key
        #expect(try PipelineFile.parse(text, name: "x").ingest.key == key)
        #expect(try PipelineFile.parse("ingest: {still: {level: 0.15}}", name: "x").ingest.key == key)
        let other = try PipelineFile.parse("ingest: {still: {level: 0.2}}", name: "x").ingest
        #expect(other.still.level == 0.2)
    }

    @Test func theSettingsAsJSONAreThoseOfTheFile() throws {
        let settings = try PipelineFile.parse(
            "ingest: {flow: {method: \"off\"}, video: {fps: 12.5}}\ncorpus: {paths: [\"5\", \"true\"]}", name: "x")
        let json = try PipelineFile.json(of: settings)
        #expect(json["ingest"]?["flow"]?["method"] == .string("off"))
        #expect(json["ingest"]?["video"]?["fps"] == .number(12.5))
        #expect(json["ingest"]?["cuts"]?["fades"] == .bool(true))
        #expect(json["corpus"]?["paths"] == .array([.string("5"), .string("true")]))
        #expect(json["train"]?["stages"] != nil && json["train"]?["optimizer"]?["lr"] == .number(0.01))
    }

    @Test func anEmptyFileSaysNothingButDefaults() throws {
        #expect(try PipelineFile.parse("", name: "x") == PipelineSettings())
        #expect(try PipelineFile.parse("# only a comment\n", name: "x") == PipelineSettings())
    }

    @Test func anUnknownKeyIsNamedWithItsLineAndTheNearestKey() {
        let text = message("seed: 1\ningest:\n  video:\n    fsp: 25\n")
        #expect(text.hasPrefix("avprep.yaml:4:5: ingest.video: unknown key \"fsp\"; did you mean \"fps\"?"))
        #expect(text.contains("allowed: fps, short_side, codec, quality"))
    }

    @Test func aFlagThatThereIsNotIsNamedAndSoIsAnActionThatItCannotTake() throws {
        let error = #expect(throws: Failure.self) {
            try PipelineFile.parse("policy:\n  slient: drop\n  silent: fix\n", name: "avprep.yaml")
        }
        #expect(error?.exitStatus == .badInput)
        let lines = try #require(error?.description.split(separator: "\n"))
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("avprep.yaml:2:3: policy: unknown key \"slient\"; did you mean \"silent\"?"))
        #expect(lines[1].hasPrefix("avprep.yaml:3:11: policy.silent: must be keep, drop, not \"fix\""))
    }

    @Test func whatIsDroppedIsNoPartOfTheIngestKeyAndWhatIsMendedIs() throws {
        func key(_ text: String) throws -> String { try PipelineFile.parse(text, name: "x").ingest.key }
        let standard = try key("")
        #expect(try key("policy: {silent: keep, pan: drop}") == standard)
        #expect(try key("policy: {black_border: keep}") == key("policy: {black_border: drop}"))
        #expect(try key("policy: {black_border: keep}") != standard)
        #expect(try key("policy: {filler_border: fix}") != standard)
        let (keep, drop) = ("policy: {silent: keep}", "policy: {silent: drop}")
        #expect(
            try PipelineFile.parse(keep, name: "x").ingest.policyKey
                != PipelineFile.parse(drop, name: "x").ingest.policyKey)
    }

    @Test(arguments: [
        ("ingest: {video: {fps: fast}}", "ingest.video.fps: must be a number from 1 to 120, not \"fast\""),
        ("ingest: {video: {fps: 0}}", "ingest.video.fps: must be a number from 1 to 120, not \"0\""),
        ("ingest: {video: {codec: gif}}", "ingest.video.codec: must be jpeg, png, raw, not \"gif\""),
        ("train: {batch_size: 2.5}", "train.batch_size: must be a whole number from 2 to 65536, not \"2.5\""),
        ("train: {flip: perhaps}", "train.flip: must be true or false, not \"perhaps\""),
        ("train: {crop_scale: [1, 0.5]}", "train.crop_scale: must be two numbers from 0.05 to 1"),
        ("corpus: {paths: videos}", "corpus.paths: must be a list of texts, not \"videos\""),
        ("ingest: 3", "ingest: must be a section"),
        ("train: {stages: []}", "train.stages: must be a list of sections"),
        ("train: {batch_size: 3}", "batch_size must be even"),
        (
            "train: {loss: {margin: 1.5}}",
            "train.loss.margin is 1.5, but embeddings of the length train.model.embedding_norm"
        ),
        ("ingest: {spectrograms: [{name: a}, {name: a}]}", "the same name"),
        ("ingest: {spectrograms: [{name: a, ref: min}]}", "ref: must be a number from"),
        ("ingest: {spectrograms: [{name: a, top_db: 80}]}", "top_db need decibels"),
        ("ingest: {spectrograms: [{name: a, win_length: 4096}]}", "win_length 4096 is longer than n_fft 1024"),
        ("shard: {split: {val: 0.5, test: 0.5}}", "nothing to train on"),
    ])
    func aBadValueIsRefusedWithWhatIsAllowed(text: String, expected: String) {
        #expect(message(text).contains(expected), "\(message(text))")
    }

    @Test func everyMistakeIsReportedAtOnce() {
        #expect(message("sede: 1\nworkers: -1\ntrain: {lr: 1}\n").split(separator: "\n").count == 3)
    }

    @Test func textThatIsNotYAMLIsRefusedWithItsLine() {
        #expect(message("seed: 1\n  bad: [1\n").hasPrefix("avprep.yaml:2:"))
        #expect(message("seed: 1\nseed: 2\n").contains("\"seed\" occurs twice"))
    }

    @Test func overridesWinOverTheFileAndAreCheckedAlike() throws {
        let settings = try PipelineFile.parse(
            "ingest: {video: {fps: 25}}", name: "x",
            overrides: ["ingest.video.fps=16", "train.stages=[{name: a, set: easy, epochs: 2}]"])
        #expect(settings.ingest.video.fps == 16)
        #expect(settings.train.stages.map(\.epochs) == [2])
        #expect(message("", overrides: ["ingest.video.fsp=1"]).contains("unknown key ingest.video.fsp"))
        #expect(message("", overrides: ["seed"]).contains("--set KEY=VALUE"))
        #expect(
            message("", overrides: ["seed=x"])
                == "--set: seed: must be a whole number from 0 to 2147483647, not \"x\"")
    }

    @Test func theSchemaInTheRepositoryIsTheOneTheProgramPrints() throws {
        let stored = try String(contentsOfFile: Oracle.repository + "/schemas/pipeline.schema.json", encoding: .utf8)
        #expect(try stored == PipelineFile.schema(), "make schemas writes it anew")
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func readyPipelinesFollowTheSchemaAndAreRead() throws {
        let folder = Oracle.repository + "/pipelines"
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(names.contains("avts.yaml") && names.contains("quickstart.yaml"))
        for name in names { _ = try PipelineFile.load("\(folder)/\(name)") }
        let script = """
            import json, jsonschema, sys, yaml
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            for path in sys.argv[2:]:
                jsonschema.validate(yaml.safe_load(open(path)), schema)
            try:
                jsonschema.validate({"ingest": {"fsp": 1}}, schema)
            except jsonschema.ValidationError:
                print("refused")
            """
        let schema = Oracle.repository + "/schemas/pipeline.schema.json"
        #expect(try Oracle.run(script, [schema] + names.map { "\(folder)/\($0)" }) == "refused\n")
    }
}
