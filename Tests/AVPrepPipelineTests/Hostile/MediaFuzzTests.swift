import Foundation
import TestSupport
import Testing

/// Damaged files cost themselves alone: avprep neither crashes, hangs nor bloats, and accounts for each.
///
/// `make fuzz` runs many; here are a few. `AVPREP_FUZZ_CASES`, `AVPREP_FUZZ_SEED` and `AVPREP_FUZZ_FIRST` (the first
/// case's number) choose them; cases that went wrong are kept in `AVPREP_FUZZ_FOLDER`.
@Suite(.serialized) struct MediaFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let batchSize = 20

    private static func number(_ name: String, default fallback: Int) -> Int {
        environment[name].flatMap { Int($0) } ?? fallback
    }

    @Test func damagedFilesCostThemselvesAlone() throws {
        try withTemporaryFolder { folder in
            let seed = UInt64(Self.number("AVPREP_FUZZ_SEED", default: 1))
            let first = Self.number("AVPREP_FUZZ_FIRST", default: 0)
            let count = Self.number("AVPREP_FUZZ_CASES", default: 80)
            let kept = Self.environment["AVPREP_FUZZ_FOLDER"] ?? Oracle.repository + "/.build/fuzz"
            // Given a number of cases, all files are used and progress is told.
            let isTold = Self.environment["AVPREP_FUZZ_CASES"] != nil
            let fuzz = try MediaFuzz(in: folder, seed: seed, isShort: !isTold)
            var outcomes: [String: Int] = [:]
            var peak = 0.0
            var slowest = 0.0
            for start in stride(from: first, to: first + count, by: Self.batchSize) {
                let cases = (start..<min(first + count, start + Self.batchSize)).map(fuzz.makeCase)
                let batch = try fuzz.run(cases)
                outcomes.merge(batch.outcomes, uniquingKeysWith: +)
                peak = max(peak, batch.peakMegabytes)
                slowest = max(slowest, batch.seconds)
                if !batch.faults.isEmpty {
                    // Which of them it was, each by itself.
                    let culprits = try cases.compactMap { one -> String? in
                        let faults = try fuzz.run([one]).faults
                        guard !faults.isEmpty else { return nil }
                        try fuzz.save(one, faults, to: kept)
                        return "\(one.name) (\(one.source); \(one.steps.joined(separator: "; "))): \(faults)"
                    }
                    Issue.record(
                        "seed \(fuzz.seed), cases \(start)...: \(batch.faults); by themselves: \(culprits); kept in \(kept)"
                    )
                }
                if isTold {
                    for breach in batch.breaches { Self.tell(breach) }
                    Self.tell("\(start - first + cases.count) of \(count) cases, \(Int(peak)) MiB at most")
                }
            }
            let table = outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            if isTold { Self.tell("\(table); slowest batch \(Int(slowest)) s, \(Int(peak)) MiB at most") }
            #expect(outcomes.values.reduce(0, +) == count)
            if count >= 80 { #expect(outcomes.count > 3, "\(table): damage that does nothing") }
        }
    }

    private static func tell(_ line: String) { FileHandle.standardError.write(Data("fuzz: \(line)\n".utf8)) }

    @Test func theSameSeedDoesTheSameDamage() throws {
        try withTemporaryFolder { folder in
            let fuzz = try MediaFuzz(in: folder, seed: 5, isShort: true)
            for number in [0, 1, 7] {
                let (one, two) = (fuzz.makeCase(number), fuzz.makeCase(number))
                #expect(one.bytes == two.bytes && one.steps == two.steps)
            }
            let other = try MediaFuzz(in: folder, seed: 6, isShort: true)
            #expect(fuzz.makeCase(0).bytes != other.makeCase(0).bytes)
        }
    }

    @Test(arguments: MediaMutator.Damage.allCases) func everyDamageChangesAnISOFile(damage: MediaMutator.Damage) throws
    {
        // ftyp, then moov with two boxes in it, then mdat.
        func box(_ name: String, _ content: [UInt8]) -> [UInt8] {
            let size = UInt32(content.count + 8)
            return (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } + Array(name.utf8) + content
        }
        let content = (0..<600).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
        let file =
            box("ftyp", Array("isom0000isom".utf8))
            + box("moov", box("mvhd", Array(content[..<100])) + box("trak", box("tkhd", Array(content[..<80]))))
            + box("mdat", content)
        var changed = 0
        for seed in 0..<8 {
            var mutator = MediaMutator(seed: UInt64(seed))
            var bytes = file
            #expect(mutator.apply(damage, to: &bytes) != nil)
            if bytes != file { changed += 1 }
        }
        #expect(changed >= 6, "\(damage.rawValue)")
    }
}
