package import AVPrepCore
import AVPrepMedia
import Foundation

/// A short edited video whose cuts are known: the truth that cut detection is measured by.
package struct CutCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Hard cuts between different scenes.
        case plain
        /// Hard cuts, and flashes of one to three frames.
        case flashes
        /// Hard cuts, and whip pans.
        case pans
        /// Hard cuts in the film of a hand that trembles and jerks.
        case shaky
        /// Hard cuts, and lights switched on and off.
        case lights
        /// Hard cuts, and something large that passes close by.
        case passing
        /// The same scene at a later moment, seen by a camera that does not move.
        case jumps
        /// Hard cuts of a film of 8 to 15 pictures a second, each shown several times.
        case repeated
        /// Shots that end in black or white and begin out of it.
        case fades
        /// Shots that pass into one another.
        case dissolves
        /// No cut at all, and everything that could be taken for one.
        case uncut
        /// Still pictures that are held for seconds, with cuts and dissolves between.
        case slides
    }

    /// A change from one shot to the next: `[start, end)` are the frames that show something of both, or the fade's.
    package struct Transition: Sendable, Equatable {
        package enum Form: Sendable, Equatable { case cut, dissolve, fade }
        package var form: Form
        package var start: Int
        package var end: Int

        package init(form: Form, start: Int, end: Int) {
            self.form = form
            self.start = start
            self.end = end
        }
    }

    package let kind: Kind
    package let number: Int
    /// In order. A cut's `start` and `end` are the first frame of the new shot.
    package let transitions: [Transition]
    package let frames: [Image8]
    /// x264's constant quality.
    package let quality: Int

    /// Frames a second of every case.
    package static let fps = 25

    /// Draws a case.
    ///
    /// - Parameters:
    ///   - number: the case's own seed.
    ///   - scenes: uncut, of one camera each, at 25 frames a second.
    package init(_ kind: Kind, number: Int, scenes: [CaseScene], width: Int = 256, height: Int = 144) {
        var random = SeededRandom(seed: UInt64(number), for: "cut-\(kind.rawValue)")
        self.kind = kind
        self.number = number
        quality = 18 + random.below(15)
        var edit = CutEdit(kind, scenes: scenes, width: width, height: height, &random)
        edit.shoot(&random)
        frames = edit.frames
        transitions = edit.transitions
    }

    /// Encodes the video with x264.
    package func write(_ path: String) throws {
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                width: frames[0].width, height: frames[0].height, frameRate: Rational(Self.fps), quality: quality,
                preset: "veryfast"), audio: nil)
        for (index, frame) in frames.enumerated() {
            try writer.write(frame: frame, at: Double(index) / Double(Self.fps))
        }
        try writer.finish()
    }
}

/// Puts one case together.
private struct CutEdit {
    let kind: CutCase.Kind
    let scenes: [CaseScene]
    let width: Int
    let height: Int
    private(set) var frames: [Image8] = []
    private(set) var transitions: [CutCase.Transition] = []

    init(_ kind: CutCase.Kind, scenes: [CaseScene], width: Int, height: Int, _ random: inout SeededRandom) {
        self.kind = kind
        self.scenes = scenes
        self.width = width
        self.height = height
    }

    mutating func shoot(_ random: inout SeededRandom) {
        let count = kind == .uncut ? 1 : 3 + random.below(2)
        var scene = scenes[random.below(scenes.count)]
        var moment = 0
        for number in 0..<count {
            if number > 0, kind == .jumps {
                moment += 30 + random.below(20)
            } else if number > 0 {
                let before = scene.name
                for _ in 0..<20 where scene.name == before { scene = scenes[random.below(scenes.count)] }
                moment = random.below(12)
            }
            let length = kind == .uncut ? 100 : kind == .slides ? 40 + random.below(35) : 20 + random.below(25)
            join(shot(scene, from: moment, length: length, &random), &random)
            moment += length
        }
    }

    /// Adds a shot to what there is, by the transition that the case is about.
    private mutating func join(_ shot: [Image8], _ random: inout SeededRandom) {
        guard !frames.isEmpty else {
            frames = shot
            return
        }
        switch kind {
        case .dissolves: dissolve(into: shot, 8 + random.below(14))
        case .slides where random.unit() < 0.5: dissolve(into: shot, 8 + random.below(14))
        case .fades: fade(into: shot, &random)
        default:
            transitions.append(.init(form: .cut, start: frames.count, end: frames.count))
            frames += shot
        }
    }

    private mutating func dissolve(into shot: [Image8], _ length: Int) {
        let length = min(length, shot.count / 2, frames.count / 2)
        let start = frames.count - length
        for index in 0..<length {
            let share = Double(index + 1) / Double(length + 1)
            frames[start + index] = frames[start + index].mixed(with: shot[index], share)
        }
        frames += shot[length...]
        transitions.append(.init(form: .dissolve, start: start, end: start + length))
    }

    private mutating func fade(into shot: [Image8], _ random: inout SeededRandom) {
        let level = random.unit() < 0.75 ? 2.0 : 250.0
        let plain = Image8(width: width, height: height, channels: 3)
        for y in 0..<height { for x in 0..<width { plain.set(x, y, (level, level, level)) } }
        let down = min(6 + random.below(16), frames.count / 2)
        let up = min(6 + random.below(16), shot.count / 2)
        let hold = 1 + random.below(10)
        let start = frames.count - down
        for index in 0..<down {
            let share = Double(index + 1) / Double(down)
            frames[start + index] = frames[start + index].mixed(with: plain, share)
        }
        frames += Array(repeating: plain, count: hold)
        let back = frames.count
        for index in 0..<up { frames.append(plain.mixed(with: shot[index], Double(index + 1) / Double(up + 1))) }
        frames += shot[up...]
        transitions.append(.init(form: .fade, start: start, end: back + up))
    }

    // MARK: - One shot

    private func shot(_ scene: CaseScene, from first: Int, length: Int, _ random: inout SeededRandom) -> [Image8] {
        let stride = kind == .repeated ? Double(25) / random.uniform(8...15) : 1
        func picture(_ index: Int) -> Image8 {
            if kind == .slides { return scene.frame(first) }
            let shown = kind == .repeated ? Int((Double(index) / stride).rounded(.down) * stride) : index
            return scene.frame(first + shown)
        }
        var camera = CameraHand(kind == .shaky, width: width, height: height, &random)
        let pan = kind == .pans || kind == .uncut && random.unit() < 0.3
        let whip = pan ? WhipPan(length: length, width: width, &random) : nil
        var shot: [Image8] = []
        for index in 0..<length {
            let target = Image8(width: width, height: height, channels: 3)
            let source = picture(index)
            let (sx, sy) = (Double(source.width) / Double(width), Double(source.height) / Double(height))
            if kind == .shaky {
                let view = camera.next(&random)
                source.resample(into: target) { x, y in
                    let (u, v) = view.apply(Double(x), Double(y))
                    return (u * sx, v * sy)
                }
            } else if let whip {
                let offset = whip.offset(index)
                source.resample(into: target) { x, y in (mirrored(Double(x) + offset, width) * sx, Double(y) * sy) }
            } else {
                source.stretch(into: target)
            }
            shot.append(target)
        }
        disturb(&shot, &random)
        return shot
    }

    /// Adds what could be taken for a cut.
    private func disturb(_ shot: inout [Image8], _ random: inout SeededRandom) {
        let place = 8 + random.below(max(1, shot.count - 16))
        let choice = kind == .uncut ? random.below(4) : -1
        if kind == .flashes || choice == 0 {
            let white = Image8(width: width, height: height, channels: 3)
            for y in 0..<height { for x in 0..<width { white.set(x, y, (250, 250, 245)) } }
            let strength = random.uniform(0.5...0.97)
            for index in place..<min(shot.count - 3, place + 1 + random.below(3)) {
                shot[index] = shot[index].mixed(with: white, strength)
            }
        }
        if kind == .lights || choice == 1 {
            let gain = random.unit() < 0.5 ? random.uniform(0.3...0.6) : random.uniform(1.4...1.8)
            for index in place..<shot.count { shot[index] = shot[index].lit(gain) }
        }
        if kind == .passing || choice == 2 {
            let duration = 5 + random.below(8)
            let colour = (random.uniform(0...255), random.uniform(0...255), random.uniform(0...255))
            let breadth = random.uniform(0.5...1.1) * Double(width)
            for index in place..<min(shot.count - 2, place + duration) {
                let front = (Double(width) + breadth) * Double(index - place + 1) / Double(duration + 1) - breadth
                let picture = shot[index].copied()
                for y in 0..<height {
                    for x in max(0, Int(front))..<max(0, min(width, Int(front + breadth))) {
                        picture.set(x, y, colour)
                    }
                }
                shot[index] = picture
            }
        }
    }

    private func mirrored(_ x: Double, _ width: Int) -> Double {
        let turn = x.truncatingRemainder(dividingBy: 2 * Double(width))
        let inside = turn < 0 ? turn + 2 * Double(width) : turn
        return inside < Double(width) ? inside : 2 * Double(width) - inside
    }
}

/// A hand-held camera: it trembles, and jerks now and then.
private struct CameraHand {
    private var shift = (0.0, 0.0)
    private var speed = (0.0, 0.0)
    private var angle = 0.0
    private let width: Double
    private let height: Double

    /// Where a pixel of the picture lies in the scene.
    struct View {
        let shift: (Double, Double)
        let cosine: Double
        let sine: Double
        let centre: (Double, Double)

        func apply(_ x: Double, _ y: Double) -> (Double, Double) {
            let (u, v) = (0.8 * (x - centre.0), 0.8 * (y - centre.1))
            return (centre.0 + cosine * u - sine * v + shift.0, centre.1 + sine * u + cosine * v + shift.1)
        }
    }

    init(_ isUsed: Bool, width: Int, height: Int, _ random: inout SeededRandom) {
        self.width = Double(width)
        self.height = Double(height)
    }

    mutating func next(_ random: inout SeededRandom) -> View {
        if random.unit() < 0.08 {
            speed.0 += random.uniform(-0.08...0.08) * width
            speed.1 += random.uniform(-0.05...0.05) * width
        }
        // Pulled back to the middle, and slowed.
        speed = (0.7 * speed.0 - 0.1 * shift.0, 0.7 * speed.1 - 0.1 * shift.1)
        shift = (shift.0 + speed.0 + 0.6 * random.normal(), shift.1 + speed.1 + 0.6 * random.normal())
        angle = 0.8 * angle + 0.004 * random.normal()
        return View(shift: shift, cosine: cos(angle), sine: sin(angle), centre: (width / 2, height / 2))
    }
}

/// A camera that turns away at great speed and comes to rest elsewhere.
private struct WhipPan {
    private let start: Int
    private let duration: Int
    private let reach: Double

    init(length: Int, width: Int, _ random: inout SeededRandom) {
        duration = 6 + random.below(8)
        start = 4 + random.below(max(1, length - duration - 8))
        reach = random.uniform(0.8...2.5) * Double(width) * (random.unit() < 0.5 ? 1 : -1)
    }

    func offset(_ index: Int) -> Double {
        let time = max(0, min(1, Double(index - start) / Double(duration)))
        return reach * time * time * (3 - 2 * time)
    }
}

extension Image8 {
    /// This picture and another, mixed: all of the other at share 1.
    fileprivate func mixed(with other: Image8, _ share: Double) -> Image8 {
        let result = Image8(width: width, height: height, channels: channels)
        let weight = Int(256 * share)
        for index in pixels.indices {
            result.pixels[index] = UInt8((Int(pixels[index]) * (256 - weight) + Int(other.pixels[index]) * weight) >> 8)
        }
        return result
    }

    /// This picture in another light.
    fileprivate func lit(_ gain: Double) -> Image8 {
        let result = Image8(width: width, height: height, channels: channels)
        for index in pixels.indices { result.pixels[index] = UInt8(min(255, gain * Double(pixels[index]))) }
        return result
    }
}
