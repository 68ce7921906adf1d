import AVPrepCore
import AVPrepDrawing
import AVPrepModel
import AVPrepTraining
import Testing

@testable import AVPrepLocalise

@Suite struct MapTests {
    @Test func mapsOfOverlappingClipsAreAveragedAndLinearBetweenMoments() {
        var timeline = MapTimeline(height: 1, width: 2, fps: 10)
        timeline.add(ActivationMap(steps: 2, height: 1, width: 2, values: [0, 1, 2, 3]), from: 0, seconds: 1)
        timeline.add(ActivationMap(steps: 2, height: 1, width: 2, values: [4, 5, 6, 7]), from: 0.5, seconds: 1)
        timeline.finish()
        // Steps at 0.25, 0.75 and 0.75, 1.25 s: the middles of frames 2, 7 and 12.
        #expect(timeline.entries.map(\.values) == [[0, 1], [3, 4], [6, 7]])
        #expect(timeline.values(at: 0) == [0, 1])
        #expect(timeline.values(at: 0.5) == [1.5, 2.5])
        #expect(timeline.values(at: 9) == [6, 7])
        #expect(MapTimeline(height: 1, width: 1, fps: 10).values(at: 0) == nil)
    }

    @Test func oneScaleHoldsForAllThatSpeaksForTheAnswer() {
        #expect(HeatScale.top(of: [-1, 0, .nan, -.infinity]) == nil)
        #expect(HeatScale.top(of: [-5] + (1...200).map(Float.init)) == 198)
        #expect(HeatScale.value(of: [0, 4], at: 0.5, top: 4) == 0.5)
        #expect(HeatScale.value(of: [3], at: 1, top: 3) == 1)
    }

    @Test func aMapColoursWhatSpeaksForTheAnswerAndLeavesTheRest() {
        let canvas = Canvas(width: 40, height: 40, ground: Colour(0x808080))
        let map = HeatMap(height: 2, width: 2, values: [-1, -1, -1, 1], top: 1)
        map.draw(on: canvas, in: Box(x: 0, y: 0, width: 40, height: 40))
        #expect(map.peak.x == 0.75 && map.peak.y == 0.75)
        let between = HeatMap(height: 1, width: 4, values: [0, 2, 2, -9], top: 1)
        #expect(between.peak.x == 0.5 && between.peak.y == 0.5)
        let nothing = HeatMap(height: 1, width: 2, values: [-2, -1], top: 1)
        #expect(nothing.peak.x == 0.75)
        #expect(canvas[3, 3] == Colour(0x808080) && canvas[3, 36] == Colour(0x808080))
        #expect(canvas[37, 37].red > 0xC0)
        // Partly outside of the canvas: nothing is drawn there, and nothing fails.
        map.draw(on: canvas, in: Box(x: 30, y: -10, width: 40, height: 40))
        map.draw(on: canvas, in: Box(x: 90, y: 90, width: 4, height: 4))
    }

    @Test func ofEachVideoTheClipThatExcitesAUnitMostIsFound() {
        var random = SeededRandom(seed: 5, for: "units")
        let units = 7
        let responses = (0..<300).map { _ in (0..<units).map { _ in Float(random.uniform(0...1)) } }
        let videos = (0..<300).map { _ in "v\(random.below(40))" }
        var tally = UnitTally(limit: 5)
        for (clip, own) in responses.enumerated() { tally.add(own, clip: clip, video: videos[clip]) }
        #expect(tally.units.count == units)
        for unit in tally.units {
            var best: [String: Int] = [:]
            for clip in responses.indices
            where best[videos[clip]].map({ responses[$0][unit.number] < responses[clip][unit.number] }) ?? true {
                best[videos[clip]] = clip
            }
            let expected = best.values.sorted { responses[$0][unit.number] > responses[$1][unit.number] }.prefix(5)
            #expect(unit.finds.map(\.clip) == Array(expected), "unit \(unit.number)")
        }
        #expect(tally.units.map(\.selectivity) == tally.units.map(\.selectivity).sorted(by: >))
        // A unit that never answers, and values that are no numbers.
        var silent = UnitTally(limit: 2)
        silent.add([0, .nan], clip: 0, video: "a")
        silent.add([0, 1], clip: 1, video: "b")
        silent.add([0, 3], clip: 2, video: "b")
        #expect(silent.units.map(\.number) == [1] && silent.units[0].finds.map(\.clip) == [2])
    }
}
