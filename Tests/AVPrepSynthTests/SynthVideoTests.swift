import Testing

@testable import AVPrepSynth

@Suite struct SynthVideoTests {
    private static func plans(_ count: Int, _ change: (inout SynthSettings) -> Void = { _ in }) -> [SynthPlan] {
        var settings = SynthSettings()
        change(&settings)
        return (0..<count).map { SynthVideo.plan(settings, number: $0) }
    }

    @Test func planIsDeterminedBySeedAndNumber() {
        #expect(Self.plans(5) == Self.plans(5))
        #expect(Self.plans(5) != Self.plans(5) { $0.seed = 2 })
        let plans = Self.plans(5)
        #expect(plans[0].events != plans[1].events)
    }

    @Test func planDoesNotDependOnHowManyVideosThereAre() {
        #expect(Self.plans(3) == Self.plans(3) { $0.videos = 900 })
    }

    /// Uniform gaps, no two in a row alike: a shift of half a second never fits.
    @Test(arguments: [0.0, 0.3, 1.0]) func eventsAreIrregularAndInsideTheVideo(difficulty: Double) {
        for plan in Self.plans(30, { $0.difficulty = difficulty }) {
            #expect(plan.events.count >= 4)
            #expect(plan.events.allSatisfy { $0.seconds > 0.15 && $0.seconds < plan.seconds - 0.2 })
            #expect(zip(plan.events, plan.events.dropFirst()).allSatisfy { $1.seconds - $0.seconds > 0.119 })
            for object in plan.objects.indices {
                let times = plan.events.filter { $0.object == object }.map(\.seconds)
                let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
                #expect(gaps.allSatisfy { $0 > 0.24 && $0 < 2.5 })
                #expect(zip(gaps, gaps.dropFirst()).filter { abs($1 - $0) < 0.02 }.count <= gaps.count / 4)
            }
        }
    }

    @Test func difficultyAddsObjectsNoiseAndQuietSounds() {
        let easy = Self.plans(30) { $0.difficulty = 0 }
        let hard = Self.plans(30) { $0.difficulty = 1 }
        #expect(easy.allSatisfy { $0.objects.count == 1 && $0.scenes[0].distractors.isEmpty })
        #expect(easy.allSatisfy { $0.events.allSatisfy { $0.strength == 1 } })
        #expect(hard.allSatisfy { $0.objects.count >= 2 && $0.scenes[0].distractors.count == 2 })
        #expect(hard.contains { $0.objects.count == 3 })
        #expect(hard.flatMap(\.events).map(\.strength).min()! < 0.3)  // sixty videos' worth of events
        #expect(hard[0].noise.level > 10 * easy[0].noise.level)
    }

    @Test func everyKindAppearsAndObjectsOfAVideoDiffer() {
        let plans = Self.plans(60)
        #expect(Set(plans.flatMap { $0.objects.map(\.kind) }) == Set(SynthKind.allCases))
        #expect(plans.allSatisfy { Set($0.objects.map(\.kind)).count == $0.objects.count })
    }

    @Test func shareOfCuesIsExactAndKindsTakeTurns() {
        let plans = Self.plans(90) { $0.cues = 0.3 }
        let cued = plans.filter { !$0.cues.isEmpty }
        #expect(cued.count == 27)
        #expect(cued.prefix(9).map { $0.cues[0].kind } == SynthCueKind.allCases)
        #expect(cued.allSatisfy { Set($0.cues.map(\.kind)).count == $0.cues.count })
        let only = Self.plans(10) {
            $0.cues = 1
            $0.cueKinds = [.pan, .silence]
        }
        #expect(only.map { $0.cues[0].kind }.prefix(4) == [.pan, .silence, .pan, .silence])
    }

    /// A cue's edges are no events, and nothing happens too near to them to tell on which side it is.
    @Test func eventsKeepClearOfEdges() {
        for plan in Self.plans(45, { $0.cues = 1 }) {
            var edges: [Double] = []
            for case .cut(let cut) in plan.cues { edges += cut.seconds }
            if let freeze = plan.freeze { edges += [freeze.startSeconds, freeze.endSeconds] }
            for edge in edges { #expect(plan.events.allSatisfy { abs($0.seconds - edge) > 0.07 }) }
            if let silence = plan.silence {
                for edge in [silence.startSeconds, silence.endSeconds] {
                    #expect(plan.events.allSatisfy { abs($0.soundSeconds - edge) > 0.07 })
                }
            }
        }
    }

    @Test func cuesSayWhatIsSeenAndHeard() {
        let settings = SynthSettings()
        let cues: [SynthCue] = [
            .freeze(.init(startSeconds: 1, endSeconds: 3)), .silence(.init(startSeconds: 4, endSeconds: 6)),
            .skew(.init(mode: .content, seconds: 0.25)),
        ]
        let plan = SynthVideo.plan(settings, number: 3, cues: cues)
        #expect(plan.cues == cues)
        for event in plan.events {
            #expect(event.visible == !(1.0..<3.0).contains(event.seconds))
            #expect(event.soundSeconds == event.seconds + 0.25)
            #expect(event.audible == !(4.0..<6.0).contains(event.soundSeconds))
        }
        #expect(plan.events.contains { !$0.visible } && plan.events.contains { !$0.audible })
    }

    @Test func wrongSettingsAreNamed() {
        func complaint(_ change: (inout SynthSettings) -> Void) -> String {
            var settings = SynthSettings()
            change(&settings)
            do { try settings.validate() } catch { return error.description }
            return ""
        }
        #expect(complaint { _ in } == "")
        #expect(complaint { $0.videos = 0 } == "synth: videos is 0; give 1 to 100000")
        #expect(complaint { $0.width = 161 } == "synth: width is 161; give an even number, 32 to 4096")
        #expect(complaint { $0.seconds = .nan }.hasPrefix("synth: seconds is nan"))
        #expect(complaint { $0.fps = 0 }.contains("fps"))
        #expect(complaint { $0.difficulty = 1.5 }.contains("difficulty"))
        #expect(complaint { $0.maxGapSeconds = 0.4 }.contains("max_gap_seconds is 0.4"))
        #expect(complaint { $0.cues = -1 }.contains("cues"))
    }
}
