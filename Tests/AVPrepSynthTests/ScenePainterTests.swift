import AVPrepModel
import Testing

@testable import AVPrepCases
@testable import AVPrepSynth

@Suite struct ScenePainterTests {
    private static func plan(_ cues: [SynthCue], number: Int = 0, difficulty: Double = 0) -> SynthPlan {
        var settings = SynthSettings()
        settings.difficulty = difficulty
        return SynthVideo.plan(settings, number: number, cues: cues)
    }

    private static func picture(_ painter: ScenePainter, at seconds: Double) -> PixelBuffer {
        let picture = PixelBuffer(width: 160, height: 120, channels: 3)
        painter.paint(picture, at: seconds)
        return picture
    }

    /// Mean absolute difference in grey levels, inside a box around `centre` if one is given.
    private static func difference(
        _ first: PixelBuffer, _ second: PixelBuffer, around centre: SIMD2<Double>? = nil, reach: Double = 24
    ) -> Double {
        var sum = 0
        var count = 0
        for y in 0..<first.height {
            for x in 0..<first.width {
                if let centre, max(abs(Double(x) - centre.x), abs(Double(y) - centre.y)) > reach { continue }
                for channel in 0..<3 {
                    let index = (y * first.width + x) * 3 + channel
                    sum += abs(Int(first.pixels[index]) - Int(second.pixels[index]))
                    count += 1
                }
            }
        }
        return Double(sum) / Double(max(1, count))
    }

    /// The picture changes more from just before an event to its moment than in the whole frame earlier, and it changes
    /// where the truth says.
    @Test(arguments: 0..<12) func impactShowsAtItsMomentAndNotBefore(number: Int) throws {
        let plan = Self.plan([], number: number)
        let painter = ScenePainter(plan)
        let event = try #require(plan.events.dropFirst(2).first)
        let early = Self.picture(painter, at: event.seconds - 0.0402)
        let before = Self.picture(painter, at: event.seconds - 0.0001)
        let impact = Self.picture(painter, at: event.seconds)
        let jump = Self.difference(before, impact, around: event.place)
        #expect(jump > 10, "\(event.kind)")
        // A four-hundredth of a frame apart, against a whole one: the jump is the impact's alone.
        #expect(Self.difference(early, before, around: event.place) < jump)
        // Still to be seen after three frames at 16 a second.
        let after = Self.picture(painter, at: event.seconds + 0.19)
        var without = plan
        for index in without.objects.indices {
            for station in without.objects[index].stations.indices {
                without.objects[index].stations[station].sounds = false
            }
        }
        let silentPainter = ScenePainter(without)
        #expect(Self.difference(after, Self.picture(silentPainter, at: event.seconds + 0.19), around: event.place) > 2)
    }

    /// With bars and a camera that moves, too: what changes in a picture when an object is taken away lies in the box of its
    /// event, but for a hammer's handle and anvil and for light.
    @Test func anEventsBoxHoldsItsObject() throws {
        let bars = SynthCue.BlackBars(top: 12, bottom: 8, left: 0, right: 20, level: 0)
        let path = SynthCue.CameraPath(
            knots: [.init(seconds: 0, x: 5, y: -4), .init(seconds: 9, x: -5, y: 4, zoom: 1.2)])
        var kinds: Set<SynthKind> = []
        for number in 0..<12 {
            let cues: [SynthCue] = number % 3 == 0 ? [.blackBars(bars)] : number % 3 == 1 ? [.zoom(path)] : []
            var plan = Self.plan(cues, number: number)
            plan.objects = plan.objects.map {
                var object = $0
                object.salience = 0
                return object
            }
            let event = try #require(plan.events.dropFirst(1).first)
            let box = try #require(event.box)
            let found = try #require(plan.box(of: plan.objects[event.object], at: event.seconds))
            #expect(SIMD4(found.left, found.top, found.right, found.bottom) == box)
            kinds.insert(event.kind)
            #expect(box.x >= 0 && box.y >= 0 && box.z <= 160 && box.w <= 120)
            var without = plan
            without.objects = without.objects.map {
                var object = $0
                object.radius = 0.01
                return object
            }
            let (with, bare) = (
                Self.picture(ScenePainter(plan), at: event.seconds),
                Self.picture(ScenePainter(without), at: event.seconds)
            )
            var (inside, outside) = (0, 0)
            for pixel in 0..<160 * 120 {
                let isSame = (3 * pixel..<3 * pixel + 3).allSatisfy {
                    abs(Int(with.pixels[$0]) - Int(bare.pixels[$0])) <= 12
                }
                if isSame { continue }
                let (x, y) = (Double(pixel % 160), Double(pixel / 160))
                // Corners of shapes reach beyond their radius by a tenth.
                let isInside = x >= box.x - 3 && x <= box.z + 3 && y >= box.y - 3 && y <= box.w + 3
                if isInside { inside += 1 } else { outside += 1 }
            }
            let area = (box.z - box.x) * (box.w - box.y)
            #expect(Double(inside) > 0.25 * area, "video \(number), \(event.kind)")
            #expect(outside <= (event.kind == .hammer ? 1600 : 12), "video \(number), \(event.kind)")
        }
        #expect(kinds.count >= 4)
    }

    @Test func barsAreAsWideAndAsDarkAsPlanned() {
        let bars = SynthCue.BlackBars(top: 12, bottom: 8, left: 0, right: 20, level: 7)
        let picture = Self.picture(ScenePainter(Self.plan([.blackBars(bars)])), at: 1)
        var scene: [UInt8] = []
        for y in 0..<120 {
            for x in 0..<160 {
                let pixel = (y * 160 + x) * 3
                let colours = picture.pixels[pixel..<pixel + 3]
                if y < 12 || y >= 112 || x >= 140 {
                    #expect(colours.allSatisfy { $0 == 7 })
                } else {
                    scene += colours
                }
            }
        }
        #expect(scene.filter { $0 < 24 }.count < scene.count / 20)
    }

    /// No scene is so dark at its edge that it could be taken for a bar (level 24 of 255).
    @Test func groundIsNeverMistakenForBars() {
        for number in 0..<15 {
            let picture = Self.picture(ScenePainter(Self.plan([], number: number, difficulty: 1)), at: 0)
            for row in [0, 119] {
                let edge = picture.pixels[row * 480..<(row + 1) * 480]
                #expect(edge.reduce(0) { $0 + Int($1) } / 480 > 26)
            }
        }
    }

    @Test func frozenPictureStandsStillAndGoesOn() {
        let painter = ScenePainter(Self.plan([.freeze(.init(startSeconds: 2, endSeconds: 4))]))
        let first = Self.picture(painter, at: 2)
        #expect(Self.difference(first, Self.picture(painter, at: 3.99)) == 0)
        #expect(Self.difference(first, Self.picture(painter, at: 4)) > 0)
        #expect(Self.difference(first, Self.picture(painter, at: 1.9)) > 0)
    }

    @Test func cutChangesTheWholePicture() {
        let plan = Self.plan([.cut(.init(seconds: [3]))])
        #expect(plan.scenes.count == 2)
        let painter = ScenePainter(plan)
        let before = Self.picture(painter, at: 2.999)
        #expect(Self.difference(before, Self.picture(painter, at: 2.96)) < 6)
        #expect(Self.difference(before, Self.picture(painter, at: 3)) > 10)
    }

    /// A pan of whole pixels moves the whole picture by just as many.
    @Test func cameraMovesTheWholeScene() {
        let path = SynthCue.CameraPath(knots: [.init(seconds: 0, x: 0, y: 0), .init(seconds: 2, x: 14, y: -6)])
        var plan = Self.plan([.pan(path)])
        plan.objects = []
        let painter = ScenePainter(plan)
        let start = Self.picture(painter, at: 0)
        let end = Self.picture(painter, at: 2)
        var still = 0
        var total = 0
        for y in 8..<112 {
            for x in 20..<140 {
                let from = (y * 160 + x) * 3
                let to = ((y - 6) * 160 + x + 14) * 3
                total += 1
                if abs(Int(start.pixels[from]) - Int(end.pixels[to])) <= 2 { still += 1 }
            }
        }
        #expect(still == total)
        #expect(Self.difference(start, end) > 2)
    }

    @Test func zoomEnlargesAboutTheMiddle() {
        let path = SynthCue.CameraPath(knots: [.init(seconds: 0, zoom: 1), .init(seconds: 4, zoom: 2)])
        var plan = Self.plan([.zoom(path)])
        plan.objects = []
        let painter = ScenePainter(plan)
        let start = Self.picture(painter, at: 0)
        let end = Self.picture(painter, at: 4)
        // Picture middles are at (80, 60): the point 10 to the right of it goes 20 to the right.
        var worst = 0
        for (dx, dy) in [(10, 0), (-12, 8), (20, -15), (0, 14)] {
            let from = ((60 + dy) * 160 + 80 + dx) * 3
            let to = ((60 + 2 * dy) * 160 + 80 + 2 * dx) * 3
            worst = max(worst, abs(Int(start.pixels[from]) - Int(end.pixels[to])))
        }
        #expect(worst <= 6)
    }
}
