import AVPrepCore
import AVPrepModel
import Foundation
import Testing

@Suite struct SegmentPolicyTests {
    private func random(_ random: inout SeededRandom) -> (
        policy: SegmentPolicy, flags: SegmentFlags, fixed: SegmentFlags
    ) {
        var policy = SegmentPolicy()
        for flag in SegmentFlags.all { policy[flag: flag] = PolicyAction.allCases[random.below(3)] }
        func some() -> SegmentFlags {
            SegmentFlags(SegmentFlags.all.filter { _ in random.below(4) == 0 })
        }
        return (policy, some(), some())
    }

    @Test func dropWinsOverKeepAndWhatIsMendedDropsNothing() {
        var numbers = SeededRandom(seed: 1, for: "policy")
        var verdicts: Set<SegmentDecision.Verdict> = []
        for _ in 0..<2000 {
            let (policy, flags, fixed) = random(&numbers)
            let decision = policy.decide(flags: flags, fixed: fixed)
            #expect(decision.fixed == flags.intersection(fixed))
            #expect(decision.droppedBy.isDisjoint(with: decision.fixed))
            #expect(decision.droppedBy.isSubset(of: flags))
            for flag in flags.singleFlags {
                let expected: SegmentDecision.Verdict =
                    fixed.contains(flag) ? .fixed : policy[flag: flag] == .keep ? .kept : .dropped
                #expect(decision.verdict(on: flag) == expected)
            }
            let all = flags.singleFlags.map { decision.verdict(on: $0) }
            let whole: SegmentDecision.Verdict =
                all.contains(.dropped) ? .dropped : all.contains(.fixed) ? .fixed : .kept
            #expect(decision.verdict == whole)
            #expect(decision.isDropped == (whole == .dropped))
            verdicts.insert(whole)
        }
        #expect(verdicts.count == 3)
    }

    @Test func aPolicyIsTheSameAfterJSONAndItsFixesAreAPartOfIt() throws {
        var numbers = SeededRandom(seed: 2, for: "policy")
        for _ in 0..<50 {
            let policy = random(&numbers).policy
            let text = try CanonicalJSON.encode(policy)
            #expect(try JSONDecoder().decode(SegmentPolicy.self, from: Data(text.utf8)) == policy)
            for flag in SegmentFlags.all {
                #expect((policy.fixesAlone[flag: flag] == .fix) == (policy[flag: flag] == .fix))
                #expect(policy.fixesAlone[flag: flag] != .drop)
            }
        }
        #expect(try CanonicalJSON.encode(SegmentPolicy()).contains("\"black-border\":\"keep\""))
    }
}
