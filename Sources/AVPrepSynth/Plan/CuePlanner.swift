import AVPrepCore

/// Decides which cues a video gets, and draws their values.
struct CuePlanner {
    let settings: SynthSettings

    /// The cues of video `number`. The share is exact over any first videos, and the kinds alternate.
    func cues(ofVideo number: Int) -> [SynthCue] {
        let before = Int(Double(number) * settings.cues + 1e-9)
        guard Int(Double(number + 1) * settings.cues + 1e-9) > before else { return [] }
        let kinds = settings.cueKinds.isEmpty ? SynthCueKind.allCases : settings.cueKinds
        var random = SeededRandom(seed: settings.seed, for: "synth/\(number)/cues")
        let first = kinds[before % kinds.count]
        var planted = [first]
        if random.happens(0.25) {
            let second = kinds[random.below(kinds.count)]
            // A cut inside a freeze would be visible only when the freeze ends; irregular frames start with the
            // picture.
            let clash: Set<SynthCueKind> = [first, second]
            if second != first, clash != [.cut, .freeze], clash != [.skew, .variableRate] { planted.append(second) }
        }
        return planted.map { draw($0, &random) }
    }

    /// Values for a cue of `kind`. Amounts grow with the picture and the video's length.
    func draw(_ kind: SynthCueKind, _ random: inout SeededRandom) -> SynthCue {
        switch kind {
        case .blackBars: .blackBars(bars(&random))
        case .pan: .pan(pan(&random))
        case .zoom: .zoom(zoom(&random))
        case .shake: .shake(shake(&random))
        case .cut: .cut(cut(&random))
        case .skew:
            .skew(
                SynthCue.Skew(
                    mode: random.happens(0.5) ? .streamStart : .content,
                    seconds: milliseconds(random.uniform(0.15...0.6)) * (random.happens(0.5) ? 1 : -1)))
        case .silence: .silence(stretch(&random))
        case .freeze: .freeze(stretch(&random))
        case .variableRate: .variableRate(frameTimes(&random))
        }
    }

    /// Letterbox, pillarbox or windowbox; sides differ in a third of the videos. Even widths, because a chroma sample
    /// of 4:2:0 covers two pixels.
    private func bars(_ random: inout SeededRandom) -> SynthCue.BlackBars {
        func width(_ side: Int, _ random: inout SeededRandom) -> Int {
            max(2, Int(Double(side) * random.uniform(0.06...0.17) / 2) * 2)
        }
        let shape = random.below(3)
        var bars = SynthCue.BlackBars(level: random.happens(0.5) ? 0 : random.below(13))
        if shape != 1 {
            bars.top = width(settings.height, &random)
            bars.bottom = random.happens(0.33) ? width(settings.height, &random) : bars.top
        }
        if shape != 0 {
            bars.left = width(settings.width, &random)
            bars.right = random.happens(0.33) ? width(settings.width, &random) : bars.left
        }
        return bars
    }

    private func pan(_ random: inout SeededRandom) -> SynthCue.CameraPath {
        let reach = Double(settings.width) * random.uniform(0.1...0.18)
        let speed = Double(settings.width) * random.uniform(0.1...0.3)
        let isTilt = random.happens(0.25)
        var side = random.happens(0.5) ? 1.0 : -1.0
        var knots: [SynthCue.CameraPath.Knot] = []
        var seconds = 0.0
        while true {
            let place = reach * side * (isTilt ? Double(settings.height) / Double(settings.width) : 1)
            knots.append(.init(seconds: seconds, x: isTilt ? 0 : place, y: isTilt ? place : 0))
            if seconds > settings.seconds { return SynthCue.CameraPath(knots: knots) }
            seconds = milliseconds(seconds + 2 * reach / speed)
            side = -side
        }
    }

    private func zoom(_ random: inout SeededRandom) -> SynthCue.CameraPath {
        let most = random.uniform(1.25...1.5)
        let period = random.uniform(1.2...3)
        var isIn = random.happens(0.5)
        var knots: [SynthCue.CameraPath.Knot] = []
        var seconds = 0.0
        while true {
            knots.append(.init(seconds: seconds, zoom: isIn ? most : 1))
            if seconds > settings.seconds { return SynthCue.CameraPath(knots: knots) }
            seconds = milliseconds(seconds + period)
            isIn.toggle()
        }
    }

    private func shake(_ random: inout SeededRandom) -> SynthCue.CameraPath {
        let reach = Double(settings.width) * random.uniform(0.01...0.025)
        var knots: [SynthCue.CameraPath.Knot] = []
        var seconds = 0.0
        while seconds < settings.seconds {
            knots.append(
                .init(
                    seconds: seconds, x: reach * random.uniform(-1...1) * 1.5, y: reach * random.uniform(-1...1) * 1.5))
            seconds = milliseconds(seconds + random.uniform(0.05...0.11))
        }
        return SynthCue.CameraPath(knots: knots)
    }

    /// One to three cuts that leave every scene at least a fifth of the video.
    private func cut(_ random: inout SeededRandom) -> SynthCue.Cut {
        let count = 1 + random.below(3)
        let even = settings.seconds / Double(count + 1)
        return SynthCue.Cut(
            seconds: (1...count).map { milliseconds(even * (Double($0) + random.uniform(-0.1...0.1))) })
    }

    private func stretch(_ random: inout SeededRandom) -> SynthCue.Stretch {
        let length = min(settings.seconds * 0.4, random.uniform(1.2...2.5))
        let start = milliseconds(settings.seconds * 0.1 + random.unit() * (settings.seconds * 0.8 - length))
        return SynthCue.Stretch(startSeconds: start, endSeconds: milliseconds(start + length))
    }

    /// Frames that last half to twice the usual time, whole milliseconds.
    private func frameTimes(_ random: inout SeededRandom) -> SynthCue.FrameTimes {
        var times: [Double] = []
        var tick = 0
        while Double(tick) < settings.seconds * 1000 {
            times.append(Double(tick) / 1000)
            tick += max(1, Int((1000 / settings.fps * random.uniform(0.5...2)).rounded()))
        }
        return SynthCue.FrameTimes(seconds: times)
    }

    private func milliseconds(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
