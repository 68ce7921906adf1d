import AVPrepCore
import AVPrepPairs
import Testing

@Suite struct PairSettingsTests {
    @Test func theDefaultsAreThoseOfThePaperAndAreValid() throws {
        let settings = PairSettings()
        try settings.validate()
        #expect(settings.clipSeconds == 1 && settings.gapSeconds == 0.5 && settings.hardRatio == 0.25)
        try SplitSettings().validate()
    }

    @Test func settingsThatMakeNoSenseAreRefusedByName() {
        let cases: [(String, (inout PairSettings) -> Void)] = [
            ("clip_seconds", { $0.clipSeconds = -1 }), ("sound_seconds", { $0.clipSeconds = 0 }),
            ("clip_seconds", { $0.clipSeconds = .nan }),
            ("clip_seconds", { $0.clipSeconds = 1e9 }), ("gap_seconds", { $0.gapSeconds = -0.1 }),
            (
                "gap_seconds",
                {
                    $0.gapMeasure = .startToStart
                    $0.gapSeconds = 0
                }
            ),
            ("max_shift_seconds", { $0.maxShiftSeconds = 1.4 }), ("hard_ratio", { $0.hardRatio = 1.1 }),
            ("hard_ratio", { $0.hardRatio = .nan }),
            (
                "hard_ratio",
                {
                    $0.hardRatio = 0.6
                    $0.superHardRatio = 0.6
                }
            ),
            (
                "super_hard_overlap_seconds",
                {
                    $0.superHardRatio = 0.1
                    $0.superHardOverlapSeconds = 1
                }
            ),
            ("pairs_per_segment", { $0.pairsPerSegment = 0 }),
        ]
        for (name, damage) in cases {
            var settings = PairSettings()
            damage(&settings)
            let error = #expect(throws: PairError.self) { try settings.validate() }
            #expect(error?.description.hasPrefix(name) == true)
            #expect(error?.exitStatus == .badInput)
        }
    }

    @Test(arguments: [(0.25, 0.0), (1.0 / 3, 0.0), (0.5, 0.5), (0.3, 0.3), (0.0, 1.0), (0.1, 0.2)])
    func sharesOfAPlanAreSharesOfItsNegatives(hard: Double, superHard: Double) throws {
        let plan = try PairSetPlan(name: "x", .mixture(hard: hard, superHard: superHard))
        #expect(plan.shares.hard == hard && plan.shares.superHard == superHard)
        #expect(throws: PairError.self) { try PairSetPlan(name: "x", .mixture(hard: 1, superHard: 0.1)) }
    }
}
