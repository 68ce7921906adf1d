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
        settings.boxes = true
        settings.difficulty = 1
        settings.objectKinds = [.ball, .gem, .bell, .hammer]
        settings.silentMovers = 0.6
        settings.unseenSounds = 0.6
        var truth = SynthTruth(
            complete: false, settings: settings,
            videos: (0..<12).map { SynthTruth.Video(SynthVideo.plan(settings, number: $0), boxes: true) })
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
            let truth = Self.truth()
            try truth.write(in: folder)
            // The schema would notice a wrong cue, a missing time, a word of another version.
            let faults = try Oracle.schemaFaults(
                "synth-truth.schema.json", ["\(folder)/truth.json"],
                breakages: [
                    "d['videos'][1]['cues'][0].update(cue='unknown')",
                    "d['videos'][0]['events'][0].pop('sound_seconds')", "d.update(format_version=2)",
                    "d['settings'].update(extra=1)",
                ])
            #expect(faults == [])
            #expect(Set(truth.videos.flatMap { $0.cues.map(\.kind) }).count == 9, "every cue is there")
        }
    }

    /// Where they are asked for: an object has a box in each frame of its scene, and in no other.
    @Test func objectsHaveBoxesInTheFramesOfTheirScene() throws {
        var settings = SynthSettings()
        settings.seconds = 4
        let plan = SynthVideo.plan(settings, number: 3, cues: [.cut(.init(seconds: [2]))])
        #expect(SynthTruth.Video(plan).objects.allSatisfy { $0.boxes == nil })
        let video = SynthTruth.Video(plan, boxes: true)
        #expect(Set(video.objects.map(\.scene)) == [0, 1])
        for object in video.objects {
            let boxes = try #require(object.boxes)
            #expect(boxes.map { $0[0] } == Array(object.scene == 0 ? 0..<50 : 50..<100))
            #expect(
                boxes.allSatisfy { $0.count == 5 && $0[1] < $0[3] && $0[2] < $0[4] && $0[3] <= 160 && $0[4] <= 120 })
            // A box is about as large as the object, and follows it.
            #expect(boxes.allSatisfy { Double($0[3] - $0[1]) < 3.2 * object.radius })
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
