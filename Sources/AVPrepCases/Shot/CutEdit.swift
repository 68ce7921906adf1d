import AVPrepCore
import AVPrepModel

/// Assembles one case.
struct CutEdit {
    let kind: CutCase.Kind
    let scenes: [CaseScene]
    let width: Int
    let height: Int
    private(set) var frames: [PixelBuffer] = []
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
                // An invisible jump does not count.
                let last = scene.frame(moment - 1)
                moment += 30 + random.below(20)
                for _ in 0..<20 where Self.changedShare(last, scene.frame(moment)) < 0.04 { moment += 7 }
            } else if number > 0 {
                let before = scene.name
                for _ in 0..<20 where scene.name == before { scene = scenes[random.below(scenes.count)] }
                moment = random.below(12)
            }
            let length =
                switch kind {
                case .uncut: 100
                case .slides: 40 + random.below(35)
                case .dissolves, .fades: 30 + random.below(25)
                default: 20 + random.below(25)
                }
            join(shot(scene, from: moment, length: length, &random), &random)
            moment += length
        }
    }

    /// The fraction of a picture that differs from another by more than noise.
    private static func changedShare(_ first: PixelBuffer, _ second: PixelBuffer) -> Double {
        let places = stride(from: 0, to: first.pixels.count - 2, by: 3 * 7)
        let changed = places.count { place in
            (0..<3).contains { abs(Int(first.pixels[place + $0]) - Int(second.pixels[place + $0])) > 30 }
        }
        return Double(changed) / Double(first.pixels.count / (3 * 7))
    }

    /// Appends a shot, with the transition of the case's kind.
    private mutating func join(_ shot: [PixelBuffer], _ random: inout SeededRandom) {
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

    /// Frames at the end that show one shot only; a few are left unchanged.
    private var unmixed: Int { max(1, frames.count - (transitions.last?.end ?? 0) - 4) }

    private mutating func dissolve(into shot: [PixelBuffer], _ length: Int) {
        let length = min(length, shot.count / 2, unmixed)
        let start = frames.count - length
        for index in 0..<length {
            let share = Double(index + 1) / Double(length + 1)
            frames[start + index] = frames[start + index].mixed(with: shot[index], share)
        }
        frames += shot[length...]
        transitions.append(.init(form: .dissolve, start: start, end: start + length))
    }

    private mutating func fade(into shot: [PixelBuffer], _ random: inout SeededRandom) {
        let level = random.unit() < 0.75 ? 2.0 : 250.0
        let plain = PixelBuffer(width: width, height: height, channels: 3)
        for y in 0..<height { for x in 0..<width { plain.set(x, y, (level, level, level)) } }
        let down = min(6 + random.below(16), unmixed)
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

    private func shot(_ scene: CaseScene, from first: Int, length: Int, _ random: inout SeededRandom) -> [PixelBuffer] {
        let stride = kind == .repeated ? Double(25) / random.uniform(8...15) : 1
        func picture(_ index: Int) -> PixelBuffer {
            if kind == .slides { return scene.frame(first) }
            let shown = kind == .repeated ? Int((Double(index) / stride).rounded(.down) * stride) : index
            return scene.frame(first + shown)
        }
        var camera = HandheldCamera(kind == .shaky, width: width, height: height, &random)
        let pan = kind == .pans || kind == .uncut && random.unit() < 0.3
        let whip = pan ? WhipPan(length: length, width: width, &random) : nil
        var shot: [PixelBuffer] = []
        for index in 0..<length {
            let target = PixelBuffer(width: width, height: height, channels: 3)
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

    /// Adds disturbances that could be mistaken for a cut.
    private func disturb(_ shot: inout [PixelBuffer], _ random: inout SeededRandom) {
        let place = 8 + random.below(max(1, shot.count - 16))
        let choice = kind == .uncut ? random.below(4) : -1
        if kind == .flashes || choice == 0 {
            let white = PixelBuffer(width: width, height: height, channels: 3)
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

extension PixelBuffer {
    /// A mixture of this picture and another: only the other at share 1.
    fileprivate func mixed(with other: PixelBuffer, _ share: Double) -> PixelBuffer {
        let result = PixelBuffer(width: width, height: height, channels: channels)
        let weight = Int(256 * share)
        for index in pixels.indices {
            result.pixels[index] = UInt8((Int(pixels[index]) * (256 - weight) + Int(other.pixels[index]) * weight) >> 8)
        }
        return result
    }

    /// This picture in different light.
    fileprivate func lit(_ gain: Double) -> PixelBuffer {
        let result = PixelBuffer(width: width, height: height, channels: channels)
        for index in pixels.indices { result.pixels[index] = UInt8(min(255, gain * Double(pixels[index]))) }
        return result
    }
}
