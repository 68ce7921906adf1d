import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepSynth

/// The practice corpus in which time's arrow shows.
@Suite struct ArrowCorpusTests {
    private static func settings(_ change: (inout SynthSettings) -> Void = { _ in }) -> SynthSettings {
        var settings = SynthSettings()
        settings.kind = .arrow
        settings.seconds = 4
        change(&settings)
        return settings
    }

    private static func plans(_ count: Int, _ change: (inout SynthSettings) -> Void = { _ in }) -> [SynthPlan] {
        (0..<count).map { SynthVideo.plan(settings(change), number: $0) }
    }

    private static func picture(_ plan: SynthPlan, at seconds: Double) -> PixelBuffer {
        let picture = PixelBuffer(width: plan.width, height: plan.height, channels: 3)
        ScenePainter(plan).paint(picture, at: seconds)
        return picture
    }

    // MARK: - Cues

    @Test func anyFirstVideosHaveThePapersSharesOfFramingAndCameraMotion() {
        let plans = Self.plans(400)
        for count in [50, 100, 400] {
            let first = plans.prefix(count)
            #expect(abs(first.count { $0.bars != nil } - count * 46 / 100) <= 2)
            #expect(abs(first.count { $0.cues.contains { $0.kind != .blackBars } } - count * 73 / 100) <= 2)
        }
        // Neither tells of the other.
        let both = plans.count { $0.cues.count == 2 }
        #expect(abs(Double(both) / 400 - 0.46 * 0.73) < 0.02)
        // Nine of ten cameras zoom in or tilt down: the scene grows or goes up.
        let paths = plans.flatMap(\.cues).compactMap { cue in
            switch cue {
            case .zoom(let path): path.knots[1].zoom > path.knots[0].zoom
            case .pan(let path): path.knots[1].y < path.knots[0].y
            default: nil
            }
        }
        #expect(abs(Double(paths.count { $0 }) / Double(paths.count) - 0.9) < 0.05)
        for share in [0.0, 1] {
            let bare = Self.plans(30) { ($0.blackFraming, $0.cameraMotion) = (share, share) }
            #expect(bare.allSatisfy { $0.cues.count == (share == 0 ? 0 : 2) })
        }
    }

    /// What flow sees in the bars moves away from the picture; rows stay darker than what Arrow of Time's rule crops.
    @Test func remainsInTheBarsCreepOutwardsAndStayDark() throws {
        let bars = SynthCue.BlackBars(top: 20, bottom: 16, left: 24, right: 18, level: 3, creep: 8)
        let plan = SynthVideo.plan(Self.settings(), number: 0, cues: [.blackBars(bars)])
        // A second later everything is eight pixels further out.
        let (now, later) = (Self.picture(plan, at: 1), Self.picture(plan, at: 2))
        func level(_ picture: PixelBuffer, _ x: Int, _ y: Int) -> Int { Int(picture.pixels[(y * 160 + x) * 3]) }
        var seen: Set<Int> = []
        for x in 30..<130 {
            for y in 9..<20 {
                #expect(level(now, x, y) == level(later, x, y - 8))
                seen.insert(level(now, x, y))
            }
            for y in 105..<112 { #expect(level(now, x, y) == level(later, x, y + 8)) }
        }
        for y in 30..<95 {
            for x in 9..<24 { #expect(level(now, x, y) == level(later, x - 8, y)) }
            for x in 143..<151 { #expect(level(now, x, y) == level(later, x + 8, y)) }
        }
        #expect(seen.count > 8 && seen.allSatisfy { $0 <= 21 })
        for y in Array(0..<20) + Array(104..<120) {
            #expect((0..<160).reduce(0) { $0 + level(now, $1, y) } / 160 < 12)
        }
    }

    // MARK: - Things

    private static func thing(_ kind: ArrowKind, in plans: [SynthPlan]) throws -> (SynthPlan.Thing, SynthPlan.Episode) {
        for plan in plans {
            for thing in plan.things where thing.kind == kind { return (thing, thing.episodes[0]) }
        }
        throw CancellationError()
    }

    /// No kind of motion is its own reversal.
    @Test func everyKindOfThingMovesAsNothingMovesBackwards() throws {
        let plans = Self.plans(30)
        func extents(_ kind: ArrowKind) throws -> [SynthPlan.Box] {
            let (thing, episode) = try Self.thing(kind, in: plans)
            return stride(from: episode.startSeconds + 0.2, to: episode.endSeconds - 0.2, by: 0.02).compactMap {
                ArrowPose(of: thing, at: $0).extent
            }
        }
        func middles(_ kind: ArrowKind) throws -> [SIMD2<Double>] {
            try extents(kind).map { SIMD2($0.left + $0.right, $0.top + $0.bottom) / 2 }
        }
        func steps(_ places: [Double]) -> [Double] { zip(places.dropFirst(), places).map { $0 - $1 } }

        let falling = steps(try middles(.fall).map(\.y))
        #expect(falling.allSatisfy { $0 > 0 } && zip(falling, falling.dropFirst()).allSatisfy { $0 < $1 })
        let sliding = steps(try middles(.slide).map(\.x)).map(abs)
        #expect(sliding[0] > 0.3 && sliding[sliding.count - 1] < 1e-9)
        #expect(zip(sliding, sliding.dropFirst()).allSatisfy { $0 >= $1 - 1e-9 })
        // Turning points: each is lower than the one before.
        let heights = try middles(.bounce).map(\.y)
        let peaks = heights.indices.dropFirst().dropLast().filter {
            heights[$0] < heights[$0 - 1] && heights[$0] <= heights[$0 + 1]
        }
        #expect(peaks.count >= 1)
        for (a, b) in zip(peaks, peaks.dropFirst()) { #expect(heights[a] < heights[b]) }
        #expect(heights[0] < heights[peaks.last ?? 0], "it was dropped from higher")
        for kind in [ArrowKind.shatter, .diffuse] {
            let widths = try extents(kind).map { $0.right - $0.left }
            #expect(widths[widths.count - 1] > 1.5 * widths[0])
        }
        // All kinds, several a video, each with times of its own.
        #expect(Set(plans.flatMap { $0.things.map(\.kind) }) == Set(ArrowKind.allCases))
        #expect(plans.allSatisfy { $0.things.count >= 2 && Set($0.things.map(\.kind)).count == $0.things.count })
        #expect(Set(plans.flatMap { $0.things.map(\.shape) }).count == 7)
    }

    /// Under bars and a moving camera, too: what changes in a picture when a thing is taken away lies in its box.
    @Test func boxesHoldWhatIsDrawn() throws {
        for plan in Self.plans(4) {
            let boxes = try #require(SynthTruth.Video(plan).things).map(\.boxes)
            #expect(
                boxes.joined().allSatisfy {
                    $0[1] >= 0 && $0[2] >= 0 && $0[3] <= plan.width && $0[4] <= plan.height && $0[1] < $0[3]
                        && $0[2] < $0[4]
                })
            let frames = plan.frameSeconds
            func painters(_ things: [SynthPlan.Thing]) -> ScenePainter {
                var other = plan
                other.things = things
                return ScenePainter(other)
            }
            let bare = painters([])
            for (number, thing) in plan.things.enumerated() {
                let painter = painters([thing])
                for frame in stride(from: 3, to: frames.count, by: 31) {
                    let with = PixelBuffer(width: plan.width, height: plan.height, channels: 3)
                    let without = PixelBuffer(width: plan.width, height: plan.height, channels: 3)
                    painter.paint(with, at: frames[frame])
                    bare.paint(without, at: frames[frame])
                    let box = boxes[number].first { $0[0] == frame }
                    var (inside, outside) = (0, 0)
                    for pixel in 0..<plan.width * plan.height {
                        let isSame = (3 * pixel..<3 * pixel + 3).allSatisfy {
                            abs(Int(with.pixels[$0]) - Int(without.pixels[$0])) <= 12
                        }
                        if isSame { continue }
                        let (x, y) = (pixel % plan.width, pixel / plan.width)
                        // Corners of shapes reach beyond their radius by a tenth.
                        let isInside = box.map {
                            x >= $0[1] - 2 && x < $0[3] + 2 && y >= $0[2] - 2 && y < $0[4] + 2
                        }
                        if isInside == true { inside += 1 } else { outside += 1 }
                    }
                    // What shows less than a pixel at the picture's edge has no box.
                    #expect(outside <= 3, "video \(plan.number), frame \(frame), \(thing.kind)")
                    let isLarge = box.map { ($0[3] - $0[1]) * ($0[4] - $0[2]) > 60 } ?? false
                    #expect(!isLarge || inside > 5, "video \(plan.number), frame \(frame), \(thing.kind)")
                }
            }
        }
    }

    // MARK: - Corpus

    @Test func aVideoDependsOnTheSeedAndItsNumberAlone() {
        let plans = Self.plans(8)
        #expect(plans == Self.plans(8) { $0.videos = 999 })
        #expect(zip(plans, Self.plans(8) { $0.seed = 2 }).allSatisfy { $0.things != $1.things })
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func truthOfAnArrowCorpusFollowsItsSchema() throws {
        try withTemporaryFolder { folder in
            let truth = SynthTruth(
                complete: true, settings: Self.settings(), videos: Self.plans(6).map { SynthTruth.Video($0) })
            try truth.write(in: folder)
            #expect(try SynthTruth.read(in: folder) == truth)
            let faults = try Oracle.schemaFaults(
                "synth-truth.schema.json", ["\(folder)/truth.json"],
                breakages: [
                    "d['videos'][0]['things'][0]['boxes'][0].pop()", "d['videos'][0]['things'][0].update(kind='rise')",
                    "d['settings'].update(kind='other')",
                ])
            #expect(faults == [])
        }
    }

    /// A corpus that was made before there were kinds goes on.
    @Test func truthOfBeforeIsRead() throws {
        try withTemporaryFolder { folder in
            var settings = SynthSettings()
            settings.videos = 1
            let truth = SynthTruth(
                complete: true, settings: settings, videos: [.init(SynthVideo.plan(settings, number: 0))])
            let keys = ["kind", "black_framing", "camera_motion"]
            let lines = String(decoding: try truth.encoded(), as: UTF8.self).split(separator: "\n").filter { line in
                !keys.contains { line.hasPrefix("    \"\($0)\"") }
            }
            #expect(!lines.joined().contains("camera_motion") && !lines.joined().contains("things"))
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/truth.json"))
            #expect(try SynthTruth.read(in: folder) == truth)
        }
    }

    @Test func wrongSharesAndCuesOfTheOtherKindAreRefused() {
        func refusal(_ change: (inout SynthSettings) -> Void) -> String {
            do {
                try Self.settings(change).validate()
                return "not refused"
            } catch { return "\(error)" }
        }
        #expect(refusal { $0.cues = 0.5 }.contains("black_framing and camera_motion; set cues to 0"))
        #expect(refusal { $0.blackFraming = .nan }.contains("black_framing is nan"))
        #expect(refusal { $0.cameraMotion = 1.5 }.contains("camera_motion is 1.5"))
        #expect(refusal { _ in } == "not refused")
    }

    /// The smallest pictures, the shortest and the longest videos.
    @Test func extremeSizesMakeSoundPlans() {
        for (width, height, seconds) in [(32, 32, 2.0), (32, 320, 2), (4096, 32, 3), (64, 48, 3600)] {
            for plan in Self.plans(3, { ($0.width, $0.height, $0.seconds) = (width, height, seconds) }) {
                #expect(plan.things.count >= 2 && plan.sceneWidth > 8 && plan.sceneHeight > 8)
                for thing in plan.things {
                    #expect(thing.radius > 0.5 && thing.episodes.last.map { $0.endSeconds >= seconds - 3 } == true)
                    for moment in [0, seconds / 2, seconds - 0.04] {
                        for part in ArrowPose(of: thing, at: moment).parts {
                            #expect(part.place.x.isFinite && part.place.y.isFinite && part.radius.isFinite)
                        }
                    }
                }
            }
        }
    }
}
