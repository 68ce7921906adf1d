import AVPrepModel
import Testing

@testable import AVPrepVision

@Suite struct CutDetectorTests {
    static let width = 64
    static let height = 36

    /// A shot: frames of one scene that the camera pans across, with a little noise.
    static func shot(_ count: Int, seed: UInt64, speed: Double = 1, contrast: Double = 1) -> [PixelBuffer] {
        (0..<count).map {
            Pictures.colour(width, height, seed: seed, contrast: contrast, shift: speed * Double($0))
        }
    }

    /// The same pictures in a glaring light.
    static func flash(_ frames: [PixelBuffer]) -> [PixelBuffer] {
        frames.map { frame in
            Pictures.make(width, height, 3) { x, y, channel in
                210 + 0.2 * Double(frame.pixels[3 * (y * width + x) + channel])
            }
        }
    }

    /// Cuts, and how many pushes after its own each was reported (nil: by `finish`).
    static func cuts(_ frames: [PixelBuffer], fps: Double = 25) throws -> [(index: Int, delay: Int?)] {
        var detector = CutDetector(fps: fps)
        var cuts: [(Int, Int?)] = []
        for (index, frame) in frames.enumerated() {
            cuts += try detector.push(frame).compactMap(\.newShot).map { ($0, index - $0) }
        }
        return cuts + detector.finish().compactMap(\.newShot).map { ($0, nil) }
    }

    @Test func everyHardCutIsFoundAtItsFrameAndOnTime() throws {
        let frames = Self.shot(12, seed: 1) + Self.shot(9, seed: 2) + Self.shot(15, seed: 3) + Self.shot(50, seed: 4)
        let cuts = try Self.cuts(frames)
        #expect(cuts.map(\.index) == [12, 21, 36])
        #expect(cuts.allSatisfy { $0.delay == CutDetector(fps: 25).latency })
    }

    @Test func aCutInTheLastFramesIsFoundAtTheEnd() throws {
        let cuts = try Self.cuts(Self.shot(10, seed: 1) + Self.shot(2, seed: 2))
        #expect(cuts.map(\.index) == [10])
        #expect(cuts.first?.delay == nil)
    }

    @Test(arguments: 1...3) func aFlashIsNoCut(length: Int) throws {
        var frames = Self.shot(20, seed: 5)
        frames.replaceSubrange(9..<9 + length, with: Self.flash(Array(frames[9..<9 + length])))
        #expect(try Self.cuts(frames).isEmpty)
    }

    @Test(arguments: 1...3) func aWhiteFlashIsNoCut(length: Int) throws {
        var frames = Self.shot(20, seed: 5)
        let white = Pictures.make(Self.width, Self.height, 3) { _, _, _ in 250 }
        frames.replaceSubrange(9..<9 + length, with: Array(repeating: white, count: length))
        #expect(try Self.cuts(frames).isEmpty)
    }

    @Test func aCutBesideAFlashIsFound() throws {
        var frames = Self.shot(14, seed: 6) + Self.shot(16, seed: 7)
        frames.replaceSubrange(5..<7, with: Self.flash(Array(frames[5..<7])))
        frames.replaceSubrange(24..<27, with: Self.flash(Array(frames[24..<27])))
        #expect(try Self.cuts(frames).map(\.index) == [14])
    }

    @Test func fastMotionIsNoCut() throws {
        #expect(try Self.cuts(Self.shot(24, seed: 8, speed: 12)).isEmpty)
    }

    @Test func lightSwitchedOnIsNoCut() throws {
        let shot = Self.shot(20, seed: 9, contrast: 0.6)
        let bright = shot[10...].map { frame in
            Pictures.make(Self.width, Self.height, 3) { x, y, channel in
                Double(frame.pixels[3 * (y * Self.width + x) + channel]) * 0.8 + 60
            }
        }
        #expect(try Self.cuts(shot[..<10] + bright).isEmpty)
    }

    /// The same pictures with a light in them: full at `centre`, half as bright at `reach` pixels from it.
    static func lit(_ frames: [PixelBuffer], centre: (x: Double, y: Double), reach: Double, _ strength: (Int) -> Double)
        -> [PixelBuffer]
    {
        frames.enumerated().map { index, frame in
            Pictures.make(width, height, 3) { x, y, channel in
                let (right, down) = (Double(x) - centre.x, Double(y) - centre.y)
                let light = strength(index) / (1 + (right * right + down * down) / (reach * reach))
                let level = Double(frame.pixels[3 * (y * width + x) + channel])
                return level + light * (250 - level)
            }
        }
    }

    /// An impact lights up the room and fades away within 0.4 s: longer than a flash.
    @Test(arguments: [2.0, 4, 8]) func aGlowThatFadesIsNoCut(reach: Double) throws {
        let shot = Self.shot(30, seed: 14, speed: 0)
        let frames = Self.lit(shot, centre: (40, 20), reach: reach) { index in
            let share = Double(index - 12) / 10
            return share >= 0 && share < 1 ? (1 - share) * (1 - share) : 0
        }
        #expect(try Self.cuts(frames).isEmpty)
    }

    @Test func somethingThatAppearsForGoodIsNoCut() throws {
        let shot = Self.shot(24, seed: 15)
        let frames = shot.enumerated().map { index, frame in
            Pictures.make(Self.width, Self.height, 3) { x, y, channel in
                let isInside = index >= 11 && (20..<40).contains(x) && (8..<32).contains(y)
                return isInside ? 235 : Double(frame.pixels[3 * (y * Self.width + x) + channel])
            }
        }
        #expect(try Self.cuts(frames).isEmpty)
    }

    /// One room, seen again with other things in it and other colours: much of the pattern is common.
    @Test func aCutBetweenScenesThatResembleEachOtherIsFound() throws {
        let room = Self.shot(24, seed: 16)
        let things = Self.shot(12, seed: 17) + Self.shot(12, seed: 18)
        let frames = zip(room, things).map { room, things in
            Pictures.make(Self.width, Self.height, 3) { x, y, channel in
                let index = 3 * (y * Self.width + x) + channel
                return 0.6 * Double(room.pixels[index]) + 0.4 * Double(things.pixels[index])
            }
        }
        #expect(try Self.cuts(frames).map(\.index) == [12])
    }

    /// Each tile is held against what it did before and after: light that fades in one corner hides no cut.
    @Test func aCutWhileAGlowFadesIsFound() throws {
        let room = Self.shot(24, seed: 16, speed: 0.2)
        let things = Self.shot(12, seed: 17, speed: 0.2) + Self.shot(12, seed: 18, speed: 0.2)
        let scenes = zip(room, things).map { room, things in
            Pictures.make(Self.width, Self.height, 3) { x, y, channel in
                let index = 3 * (y * Self.width + x) + channel
                return 0.6 * Double(room.pixels[index]) + 0.4 * Double(things.pixels[index])
            }
        }
        let frames = Self.lit(scenes, centre: (10, 8), reach: 7.5) { index in
            [8: 1, 9: 0.1, 10: 0.8, 11: 0.15][index] ?? 0
        }
        #expect(try Self.cuts(frames).map(\.index) == [12])
    }

    /// A stage in the dark, or a picture that covers half the frame.
    @Test func whatStaysBlackDoesNotHideACut() throws {
        let frames = (Self.shot(12, seed: 19) + Self.shot(12, seed: 20)).map { frame in
            Pictures.make(Self.width, Self.height, 3) { x, y, channel in
                (16..<48).contains(x) ? Double(frame.pixels[3 * (y * Self.width + x) + channel]) : 3
            }
        }
        #expect(try Self.cuts(frames).map(\.index) == [12])
    }

    /// 10 frames a second shown at 25: each picture two or three times.
    @Test func repeatedFramesDoNotTurnMotionIntoCuts() throws {
        let shots = Self.shot(12, seed: 10, speed: 1) + Self.shot(12, seed: 12, speed: 1)
        let frames = (0..<60).map { shots[$0 * 10 / 25] }
        let changes = try Self.changes(frames)
        #expect(changes.compactMap(\.newShot) == [30], "\(changes)")
    }

    /// All changes of shot of some frames.
    static func changes(_ frames: [PixelBuffer]) throws -> [ShotChange] {
        var detector = CutDetector(fps: 25)
        return try frames.flatMap { try detector.push($0) } + detector.finish()
    }

    /// The camera stands, and the speaker sits elsewhere all at once.
    @Test func aJumpWithinOneSceneIsACut() throws {
        let room = Self.shot(1, seed: 24)[0]
        let frames = (0..<60).map { index in
            let centre = (index < 30 ? 20.0 : 38) + 0.1 * Double(index)
            return Pictures.make(Self.width, Self.height, 3) { x, y, channel in
                let (right, down) = ((Double(x) - centre) / 11, (Double(y) - 22) / 14)
                let level = Double(room.pixels[3 * (y * Self.width + x) + channel])
                return right * right + down * down < 1 ? 30 + 40 * Double(channel) + 30 * right : level
            }
        }
        #expect(try Self.cuts(frames).map(\.index) == [30])
    }

    /// A small thing on standing ground: what shows there is missing here.
    private func standingRoom(_ thing: (_ index: Int, _ x: Int, _ y: Int) -> Bool) -> [PixelBuffer] {
        let room = Self.shot(1, seed: 26, contrast: 0.3)[0]
        return (0..<40).map { index in
            Pictures.make(Self.width, Self.height, 3) { x, y, channel in
                thing(index, x, y) ? 235 : Double(room.pixels[3 * (y * Self.width + x) + channel])
            }
        }
    }

    @Test func aCaptionThatAppearsIsNoCut() throws {
        let frames = standingRoom { index, x, y in
            index >= 20 && (10..<54).contains(x) && (26..<34).contains(y)
        }
        #expect(try Self.cuts(frames).isEmpty)
    }

    /// A phone in a hand that slips: the picture is the same, elsewhere.
    @Test func aJerkOfTheCameraIsNoCut() throws {
        let frames = (0..<40).map { index in
            Pictures.colour(Self.width, Self.height, seed: 25, shift: (index < 20 ? 0 : 14) + 0.4 * Double(index % 3))
        }
        #expect(try Self.cuts(frames).isEmpty)
    }

    @Test func shortStreamsHaveNoCuts() throws {
        #expect(try Self.cuts([]).isEmpty)
        #expect(try Self.cuts(Self.shot(1, seed: 1)).isEmpty)
        #expect(try Self.cuts(Self.shot(3, seed: 1)).isEmpty)
    }
}
