import AVPrepCore
import Foundation
import TestSupport
import Testing

/// Shards, pair files and indices with random damage: whatever it is, the commands say so or read on; none crashes, hangs
/// or throws what has no words for a user. Damage by chance has no fitting checksum; edits that have one are
/// ``HostileShardsTests``' subject.
///
/// `make fuzz-shards` runs many; here are a few. `AVPREP_FUZZ_CASES`, `AVPREP_FUZZ_SEED` and `AVPREP_FUZZ_FIRST` choose
/// them. A crash ends the test run: the case that was under way stands in the last line told.
@Suite struct ShardFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// Seconds that one case may take: more is a hang.
    private static let deadline = 600.0
    private static let damages: [MediaMutator.Damage] = [
        .bitFlips, .headerFlips, .truncation, .duplicatedRange, .zeroedRange, .removedRange, .noise, .swappedBlocks,
    ]
    /// What HDF5's structures begin with.
    private static let signatures = ["OHDR", "OCHK", "FRHP", "FHDB", "FHIB", "BTHD", "BTLF", "FSHD", "GCOL"].map {
        Array($0.utf8)
    }

    private static func number(_ name: String, default fallback: Int) -> Int {
        environment[name].flatMap { Int($0) } ?? fallback
    }

    @Test func randomDamageIsNamedOrHarmless() throws {
        let isTold = Self.environment["AVPREP_FUZZ_CASES"] != nil
        let count = Self.number("AVPREP_FUZZ_CASES", default: 24)
        let first = Self.number("AVPREP_FUZZ_FIRST", default: 0)
        let seed = UInt64(Self.number("AVPREP_FUZZ_SEED", default: 1))
        try withTemporaryFolder { folder in
            let shards = try HostileShards(folder)
            var outcomes: [String: Int] = [:]
            for number in first..<first + count {
                if isTold, number % 50 == 0 || number == first { Self.tell("case \(number), \(outcomes)") }
                let start = ContinuousClock.now
                for (outcome, times) in try run(number, seed: seed, shards, isTold: isTold) {
                    outcomes[outcome, default: 0] += times
                }
                #expect(
                    (ContinuousClock.now - start) / .seconds(1) < Self.deadline, "seed \(seed), case \(number) hangs")
            }
            if isTold { Self.tell("\(count) cases of seed \(seed): \(outcomes)") }
            #expect((outcomes["refused"] ?? 0) > count, "damage that nobody notices")
        }
    }

    /// - Returns: how often a command refused, and went through.
    private func run(_ number: Int, seed: UInt64, _ shards: HostileShards, isTold: Bool) throws -> [String: Int] {
        var random = SeededRandom(seed: seed, for: "shards \(number)")
        let copy = try shards.copy("case")
        let file = [HostileShards.shard, HostileShards.shard, HostileShards.pairs, HostileShards.index][random.below(4)]
        let recipe = try damage(file, of: copy, &random)
        if isTold { try Data("\(number): \(recipe)\n".utf8).write(to: URL(fileURLWithPath: copy.path("../under-way"))) }
        var outcomes: [String: Int] = [:]
        let findings = try shards.verify(copy, quick: random.below(3) == 0)
        if file == HostileShards.shard, findings.isEmpty {
            #expect(try !shards.verify(copy).isEmpty, "seed \(seed), case \(number): verify misses \(recipe)")
        }
        for act in HostileShards.Act.allCases {
            let refusal = try shards.attempt(act, copy)
            outcomes[refusal == nil ? "done" : "refused", default: 0] += 1
            guard let refusal else { continue }
            #expect(
                !refusal.text.contains("\n") && refusal.text.contains("case/") && refusal.status == .badInput,
                "seed \(seed), case \(number), \(act): \(refusal)")
        }
        return outcomes
    }

    /// Damages a file, and says how.
    private func damage(_ file: String, of copy: HostileShards.Copy, _ random: inout SeededRandom) throws -> String {
        var recipe: [String] = [file]
        var mutator = MediaMutator(seed: random.next())
        try copy.edit(file) { bytes in
            let places = file == HostileShards.index ? [] : Self.structures(in: bytes)
            for _ in 0...random.below(3) {
                if !places.isEmpty, random.below(3) > 0 {
                    let place = min(places[random.below(places.count)] + random.below(300), bytes.count - 1)
                    bytes[place] ^= 1 << UInt8(random.below(8))
                    recipe.append("bit flip at \(place)")
                } else if bytes.count > 16 {
                    let damage = Self.damages[random.below(Self.damages.count)]
                    recipe.append(mutator.apply(damage, to: &bytes) ?? "nothing")
                }
            }
        }
        return recipe.joined(separator: "; ")
    }

    private static func structures(in bytes: [UInt8]) -> [Int] {
        let letters = Set(signatures.map { $0[0] })
        return [0]
            + bytes.indices.dropLast(4).filter { place in
                // Nearly all bytes are pictures' and end here: this is most of a case's cost in a debug build.
                letters.contains(bytes[place])
                    && signatures.contains { bytes[place..<place + 4].elementsEqual($0) }
            }
    }

    private static func tell(_ line: String) { FileHandle.standardError.write(Data("fuzz: \(line)\n".utf8)) }
}
