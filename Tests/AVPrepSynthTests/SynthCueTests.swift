import AVPrepCore
import Foundation
import Testing

@testable import AVPrepCases
@testable import AVPrepSynth

@Suite struct SynthCueTests {
    @Test func everyKindSurvivesJSON() throws {
        var settings = SynthSettings()
        settings.cues = 1
        for number in 0..<9 {
            let cues = SynthVideo.plan(settings, number: number).cues
            let data = try JSONEncoder().encode(cues)
            #expect(try JSONDecoder().decode([SynthCue].self, from: data) == cues)
        }
    }

    @Test func cameraGoesStraightFromKnotToKnot() {
        let path = SynthCue.CameraPath(knots: [
            .init(seconds: 1, x: 10, y: -4, zoom: 1), .init(seconds: 3, x: 20, y: 0, zoom: 2),
        ])
        #expect(path.camera(at: 0).x == 10)
        #expect(path.camera(at: 9).zoom == 2)
        let middle = path.camera(at: 2)
        #expect(middle.x == 15 && middle.y == -2 && middle.zoom == 1.5)
        #expect(SynthCue.CameraPath(knots: []).camera(at: 1).zoom == 1)
    }

    @Test func pansMoveAtAConstantSpeedThroughTheWholeVideo() throws {
        var settings = SynthSettings()
        settings.cues = 1
        settings.cueKinds = [.pan]
        for number in 0..<8 {
            let plan = SynthVideo.plan(settings, number: number)
            guard case .pan(let path) = try #require(plan.cues.first) else {
                Issue.record("video \(number) has no pan")
                continue
            }
            let knots = path.knots
            let speeds = zip(knots, knots.dropFirst()).map { from, to in
                hypot(to.x - from.x, to.y - from.y) / (to.seconds - from.seconds)
            }
            let first = try #require(speeds.first)
            #expect(speeds.allSatisfy { abs($0 - first) < 0.01 * first })
            #expect(first > 0.07 * Double(settings.width) && first < 0.31 * Double(settings.width))
            #expect(knots[0].seconds == 0 && knots.last!.seconds > settings.seconds)  // it has a first speed
        }
    }

    @Test func variableRateHasFramesUpToTheEnd() throws {
        var random = SeededRandom(seed: 3)
        let cue = CuePlanner(settings: SynthSettings()).draw(.variableRate, &random)
        guard case .variableRate(let times) = cue else {
            Issue.record("\(cue) is no variable rate")
            return
        }
        let gaps = zip(times.seconds, times.seconds.dropFirst()).map { $1 - $0 }
        #expect(times.seconds[0] == 0)
        #expect(gaps.allSatisfy { $0 > 0.0195 && $0 < 0.0805 })
        #expect(Set(gaps.map { ($0 * 1000).rounded() }).count > 20)
        #expect(try #require(times.seconds.last) > 7.9)
    }
}
