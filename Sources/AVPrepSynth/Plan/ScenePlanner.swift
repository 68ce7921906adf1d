import AVPrepCore

/// Draws the scenes of a plan: backgrounds, objects, their events and paths.
struct ScenePlanner {
    let settings: SynthSettings
    /// The plan, filled part by part; the cues are set from the start.
    var plan: SynthPlan
    /// The video's name in the random streams' names.
    let name: String

    /// Minimum time by which objects are outside of the scene before their first event and after their last, in
    /// seconds.
    private static let outside = 0.35

    /// Plans every scene.
    mutating func finished() -> SynthPlan {
        var cuts: [Double] = []
        for case .cut(let cut) in plan.cues { cuts += cut.seconds }
        let borders = [0] + cuts.sorted().filter { $0 > 0 && $0 < plan.seconds } + [plan.seconds]
        for index in 0..<borders.count - 1 {
            addScene(from: borders[index], to: borders[index + 1], edges: edges(cuts: cuts))
        }
        addEvents()
        return plan
    }

    /// Times that no event may be near, on the video's clock.
    private func edges(cuts: [Double]) -> [Double] {
        var edges = cuts + [plan.pictureStartSeconds, plan.soundStartSeconds]
        if let freeze = plan.freeze { edges += [freeze.startSeconds, freeze.endSeconds] }
        if let silence = plan.silence {
            edges += [silence.startSeconds, silence.endSeconds].map { $0 - plan.soundDelaySeconds }
        }
        return edges.sorted()
    }

    private mutating func addScene(from start: Double, to end: Double, edges: [Double]) {
        let index = plan.scenes.count
        var random = SeededRandom(seed: settings.seed, for: "\(name)scene/\(index)")
        let size = SIMD2(Double(plan.sceneWidth), Double(plan.sceneHeight))
        // A moving camera needs objects that stay away from the picture's edge.
        let moves = plan.cues.contains { [.pan, .zoom, .shake].contains($0.kind) }
        let inset = moves ? 0.16 : 0.08
        // The room is at most as wide as high, near the centre: a square crop of a wide picture shows all of it. It is
        // off-centre, to the same side in all scenes, so that its walls do not look like the filler bars beside a
        // portrait film.
        let room = SIMD2(min(size.x, size.y), min(size.y, 1.5 * size.x)) * (1 - 2 * inset)
        var corner = (size - room) / 2
        var place = SeededRandom(seed: settings.seed, for: "\(name)stage")
        corner.x += place.uniform(0.035...0.06) * min(size.x, size.y) * (place.unit() < 0.5 ? 1 : -1)
        let stage = SIMD4(corner.x, corner.y, corner.x + room.x, corner.y + room.y)
        plan.scenes.append(
            SynthPlan.Scene(
                startSeconds: start, endSeconds: end, backdrop: backdrop(&random), stage: stage,
                distractors: distractors(in: stage, &random)))

        if settings.kind == .arrow {
            plan.things = ArrowPlanner(settings: settings, number: plan.number).things(on: stage, sceneHeight: size.y)
            return
        }
        let kinds = random.shuffled(settings.occurringKinds).prefix(objectCount(&random))
        // Objects share the time: three objects are not three times as dense as one.
        let share = 1 + 0.6 * Double(kinds.count - 1)
        let times = EventTimes(gap: settings.minGapSeconds * share...settings.maxGapSeconds * share)
        var taken: [Double] = []
        for (slot, kind) in kinds.enumerated() {
            let events = times.draw(
                in: start + 0.2...max(start + 0.2, end - 0.25), avoiding: taken, edges: edges, random: &random)
            taken += events
            let object = object(
                kind, scene: index, stage: stage, slot: (slot, kinds.count), events: events, start: start, end: end,
                &random)
            plan.objects.append(object)
        }
        addOthers(toScene: index, on: stage, from: start, to: end, taken: taken, edges: edges)
    }

    /// An object that is only seen, and one that is only heard, where the settings ask for them. Their random numbers are their
    /// own: the others are what they are without them.
    private mutating func addOthers(
        toScene index: Int, on stage: SIMD4<Double>, from start: Double, to end: Double, taken: [Double],
        edges: [Double]
    ) {
        var taken = taken
        for (name, share, isSeen) in [
            ("silent", settings.silentMovers, true), ("unseen", settings.unseenSounds, false),
        ] {
            var random = SeededRandom(seed: settings.seed, for: "\(self.name)scene/\(index)/\(name)")
            guard random.happens(share) else { continue }
            let kind = random.shuffled(settings.occurringKinds)[0]
            let events = EventTimes(gap: 1.6 * settings.minGapSeconds...1.6 * settings.maxGapSeconds).draw(
                in: start + 0.2...max(start + 0.2, end - 0.25), avoiding: taken, edges: edges, random: &random)
            taken += events
            var other = object(
                kind, scene: index, stage: stage, slot: (random.below(2), 2), events: events, start: start, end: end,
                &random)
            other.isSeen = isSeen
            other.isHeard = !isSeen
            plan.objects.append(other)
        }
    }

    /// One object at difficulty 0; a second with probability 1.2 · difficulty, a third beyond 0.4.
    private func objectCount(_ random: inout SeededRandom) -> Int {
        let second = random.happens(1.2 * settings.difficulty)
        let third = random.happens(1.5 * (settings.difficulty - 0.4))
        return 1 + (second ? 1 : 0) + (second && third ? 1 : 0)
    }

    // MARK: - Objects

    private func object(
        _ kind: SynthKind, scene: Int, stage: SIMD4<Double>, slot: (index: Int, count: Int), events: [Double],
        start: Double, end: Double, _ random: inout SeededRandom
    ) -> SynthPlan.Object {
        let shortSide = Double(min(plan.sceneWidth, plan.sceneHeight))
        let usual = shortSide * (0.17 - 0.05 * settings.difficulty) * (slot.count == 1 ? 1 : 0.85)
        let radius = usual * kind.relativeRadius * random.uniform(0.88...1.12)
        let colour = Colour.fromHue(
            kind.hueDegrees + random.uniform(-9...9), saturation: random.uniform(0.72...0.95),
            value: random.uniform(0.82...0.98))
        var object = SynthPlan.Object(
            kind: kind, scene: scene, colour: colour, radius: radius, pitch: random.uniform(0.92...1.08),
            salience: 1 - 0.55 * settings.difficulty, stations: [])

        let first = (events.first ?? start) - random.uniform(0.4...0.8)
        let last = (events.last ?? end) + random.uniform(0.4...0.8)
        let times = [min(first, start - Self.outside)] + events + [max(last, end + Self.outside)]
        let area = SIMD4(
            stage.x + radius, stage.y + radius, max(stage.x + radius, stage.z - radius),
            max(stage.y + radius, stage.w - radius))
        var place = SIMD2(random.uniform(area.x...area.z), random.uniform(area.y...area.w))
        // Objects that stay in place share the width.
        let lane = (area.z - area.x) / Double(slot.count)
        let home = SIMD2(
            area.x + lane * (Double(slot.index) + random.uniform(0.25...0.75)),
            area.y + (area.w - area.y) * random.uniform(0.3...0.7))
        var isLeft = random.happens(0.5)
        for (index, seconds) in times.enumerated() {
            let gap = index + 1 < times.count ? times[index + 1] - seconds : 0
            let gapBefore = index > 0 ? seconds - times[index - 1] : 1
            var arc = 0.0
            switch kind.behaviour {
            case .bounce:
                // At most 1.1 stage widths per second, so that the eye can follow.
                let reach = min(area.z - area.x, 1.1 * (area.z - area.x) * gapBefore)
                let low = max(area.x, place.x - reach)
                place = SIMD2(random.uniform(low...min(area.z, place.x + reach)), area.w)
                // Higher arcs for longer gaps; the square root keeps the short ones visible.
                arc = (area.w - area.y) * min(0.95, 0.62 * gap.squareRoot())
            case .shuttle:
                let reach = (area.w - area.y) * 0.35
                let low = max(area.y, place.y - reach)
                place = SIMD2(isLeft ? area.x : area.z, random.uniform(low...min(area.w, place.y + reach)))
                isLeft.toggle()
            case .pulse:
                place = home + radius * 0.35 * SIMD2(random.uniform(-1...1), random.uniform(-1...1))
            case .strike:
                place = SIMD2(home.x, area.w)
            }
            let sounds = index > 0 && index + 1 < times.count
            // Loudness varies by up to 12 dB.
            let quiet = random.uniform(0...12 * settings.difficulty)
            object.stations.append(
                SynthPlan.Station(
                    seconds: seconds, place: place, sounds: sounds, strength: Timbre.amplitude(decibel: -quiet),
                    arc: arc))
        }
        return object
    }

    // MARK: - Ground

    private func backdrop(_ random: inout SeededRandom) -> SynthPlan.Backdrop {
        let hue = random.uniform(0...360)
        let value = random.uniform(0.3...0.6)
        let saturation = random.uniform(0.08...0.3)
        return SynthPlan.Backdrop(
            top: Colour.fromHue(hue, saturation: saturation, value: value * random.uniform(0.75...1.1)),
            bottom: Colour.fromHue(hue + random.uniform(-40...40), saturation: saturation, value: value),
            floor: Colour.fromHue(
                hue + random.uniform(100...260), saturation: saturation, value: value * random.uniform(0.7...0.9)),
            patchSize: Double(min(plan.width, plan.height)) * random.uniform(0.12...0.35),
            contrast: 7 + 22 * settings.difficulty, seed: random.planSeed())
    }

    /// None below difficulty 0.3, two at 1.
    private func distractors(in stage: SIMD4<Double>, _ random: inout SeededRandom) -> [SynthPlan.Distractor] {
        let count = Int((max(0, settings.difficulty - 0.3) * 2 / 0.7 + random.unit()).rounded(.down))
        let shortSide = Double(min(plan.sceneWidth, plan.sceneHeight))
        return (0..<count).map { _ in
            let swing = SIMD2((stage.z - stage.x) * random.uniform(0.1...0.35), shortSide * random.uniform(0.05...0.25))
            return SynthPlan.Distractor(
                colour: Colour.fromHue(
                    random.uniform(0...360), saturation: random.uniform(0...0.25), value: random.uniform(0.4...0.8)),
                radius: shortSide * random.uniform(0.04...0.09),
                centre: SIMD2(random.uniform(stage.x...stage.z), random.uniform(stage.y...stage.w)), swing: swing,
                frequency: SIMD2(random.uniform(0.1...0.45), random.uniform(0.1...0.45)),
                phase: random.uniform(0...6.28))
        }
    }

    // MARK: - Events

    /// Lists the events of the objects, as modified by the cues.
    private mutating func addEvents() {
        for (index, object) in plan.objects.enumerated() {
            for station in object.stations where station.sounds {
                let heard = station.seconds + plan.soundDelaySeconds
                let pose = ObjectPose(of: object, at: station.seconds)
                let box = object.isSeen ? plan.shown(pose.extent(of: object), at: station.seconds)?.corners : nil
                plan.events.append(
                    SynthPlan.Event(
                        seconds: station.seconds, soundSeconds: heard, object: index, kind: object.kind,
                        place: plan.shown(pose.impact, at: station.seconds), strength: station.strength,
                        box: box,
                        visible: object.isSeen && station.seconds >= plan.pictureStartSeconds
                            && plan.freeze?.contains(station.seconds) != true,
                        audible: object.isHeard && heard >= plan.soundStartSeconds && heard < plan.seconds
                            && plan.silence?.contains(heard) != true))
            }
        }
        plan.events.sort { $0.seconds < $1.seconds }
    }
}
