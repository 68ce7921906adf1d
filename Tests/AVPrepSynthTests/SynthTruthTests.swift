import Foundation
import TestSupport
import Testing

@testable import AVPrepSynth

@Suite struct SynthTruthTests {
    /// Every kind of cue, several objects, a video that is made and one that is not.
    private static func truth() -> SynthTruth {
        var settings = SynthSettings()
        settings.videos = 12
        settings.cues = 0.9
        settings.difficulty = 1
        var truth = SynthTruth(
            complete: false, settings: settings,
            videos: (0..<12).map { SynthTruth.Video(SynthVideo.plan(settings, number: $0)) })
        truth.videos[0].bytes = 12345
        truth.videos[0].sha256 = String(repeating: "0a", count: 32)
        return truth
    }

    @Test func truthSurvivesItsFile() throws {
        try withTemporaryFolder { folder in
            #expect(try SynthTruth.read(in: folder) == nil)
            let truth = Self.truth()
            try truth.write(in: folder)
            #expect(try SynthTruth.read(in: folder) == truth)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func truthFollowsItsSchema() throws {
        try withTemporaryFolder { folder in
            try Self.truth().write(in: folder)
            let wrong = try Oracle.json(
                [String].self,
                """
                import copy, json, sys, jsonschema
                schema, truth = (json.load(open(path)) for path in sys.argv[1:3])
                jsonschema.Draft202012Validator.check_schema(schema)
                validator = jsonschema.Draft202012Validator(schema)
                wrong = [error.message for error in validator.iter_errors(truth)]
                # The schema would notice a wrong cue, a missing time, a word of another version.
                for change in (lambda t: t["videos"][1]["cues"][0].update(cue="unknown"),
                               lambda t: t["videos"][0]["events"][0].pop("sound_seconds"),
                               lambda t: t.update(format_version=2),
                               lambda t: t["settings"].update(extra=1)):
                    other = copy.deepcopy(truth)
                    change(other)
                    if validator.is_valid(other): wrong.append("a broken truth passes")
                cues = {cue["cue"] for video in truth["videos"] for cue in video["cues"]}
                if len(cues) != 9: wrong.append("not every cue is there: %s" % sorted(cues))
                print(json.dumps(wrong))
                """, ["\(Oracle.repository)/schemas/synth-truth.schema.json", "\(folder)/truth.json"])
            #expect(wrong == [])
        }
    }

    @Test func truthTellsWhereImpactsShow() {
        let truth = Self.truth()
        for video in truth.videos {
            for event in video.events {
                #expect(video.objects[event.object].kind == event.kind)
                #expect(event.place.x > -40 && event.place.x < 200 && event.place.y > -40 && event.place.y < 160)
            }
        }
    }
}
