import Foundation
import TestSupport
import Testing

/// Shards and pair files are opened by `AVPrepClips` alone: the sources are read for calls that open them elsewhere.
@Suite struct OneDoorTests {
    /// A way to open stored files, and the sources outside of `AVPrepStore` and `AVPrepClips` that may go it, each with what
    /// it opens.
    private struct Opening {
        let call: String
        let allowed: [String: String]
    }

    private static let openings = [
        Opening(call: #"\bShardIndex(\.self)?\.load\("#, allowed: [:]),
        Opening(
            call: #"\bPairFile\.(read|shardKey)\("#,
            allowed: ["AVPrepInspect/InspectStage.swift": "the pair file beside a shard that no index names"]),
        Opening(
            call: #"\bStoreReader(\.init)?\("#,
            allowed: [
                "AVPrepForget/ForgetFiles.swift": "files that the index does not name, before they are removed",
                "AVPrepForget/ShardRepacking.swift": "what is in the way, before it is replaced",
                "AVPrepIngest/*": "prepared files", "AVPrepPolicy/PolicyReapplication.swift": "prepared files",
                "AVPrepFilm/FilmClips.swift": "the prepared file of a video that is in no shard",
                "AVPrepShard/ExistingShards.swift": "shards that no index names",
                "AVPrepShard/ShardPacking.swift": "prepared files that are packed",
                "AVPrepShard/StaleShards.swift": "files that the index does not name, before they are removed",
                "AVPrepVerify/CatalogVerification.swift": "prepared files",
                "AVPrepInspect/InspectStage.swift": "prepared files, and shards that no index names",
                "avprep-bench/Cost/RefreshBench.swift": "a prepared file that it multiplies",
                "avprep-bench/Sound/SoundFlagBench.swift": "prepared files",
            ]),
        Opening(
            call: #"\bShardReader(\.init)?\("#,
            allowed: [
                "AVPrepForget/RenewedPairs.swift": "shards that were packed just now",
                "AVPrepForget/ShardExcision.swift": "shards that it takes apart, however little they fit together",
                "AVPrepForget/ShardRepacking.swift": "shards that it takes apart",
                "AVPrepFilm/FilmClips.swift": "a shard that was packed just now",
                "AVPrepShard/CarriedPairs.swift": "shards of the index before, whose pairs go over",
                "AVPrepShard/LabelWriting.swift": "shards that were packed just now",
                "AVPrepShard/ExistingShards.swift": "shards whose index may be of other settings",
                "AVPrepShard/PairDrawing.swift": "shards that were packed just now",
                "AVPrepShard/ShardNormalization.swift": "shards that were packed just now",
                "AVPrepShard/ShardPacking.swift": "shards that were packed just now",
                "AVPrepShard/ShardStage.swift": "shards that were packed just now",
                "AVPrepShard/StaleShards.swift": "shards of the index before, before they are removed",
                "AVPrepVerify/ShardVerification.swift": "shards that it reports on, however wrong",
            ]),
        Opening(
            call: #"\.unindexedPairFile\b"#,
            allowed: [
                "AVPrepForget/ForgetFiles.swift": "files that the index does not name, before they are removed",
                "AVPrepForget/RenewedPairs.swift": "files that the index does not name, before they are replaced",
                "AVPrepShard/CarriedPairs.swift": "pair files of a run that did not end",
                "AVPrepShard/ExistingShards.swift": "a lost index",
                "AVPrepShard/OpaquePairSets.swift": "sets that must not be lost, before anything is written",
                "AVPrepShard/PairDrawing.swift": "files that the index does not name, before they are replaced",
                "AVPrepShard/StaleShards.swift": "files that the index does not name, before they are removed",
            ]),
    ]

    /// Files that look as if they opened something, by path below `Sources`.
    private static func callers(of call: String) throws -> [String] {
        let root = Oracle.repository + "/Sources"
        let pattern = try Regex(call)
        let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return try paths.filter { $0.hasSuffix(".swift") }.filter { path in
            let text = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
            let code: [Substring] = text.split(separator: "\n").map { line in
                line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
            }
            return code.contains(where: { $0.firstMatch(of: pattern) != nil })
        }
    }

    @Test func nothingButTheDoorOpensAShardOrAPairFile() throws {
        for opening in Self.openings {
            let callers = try Self.callers(of: opening.call).filter {
                !$0.hasPrefix("AVPrepStore/") && !$0.hasPrefix("AVPrepClips/")
            }
            func isAllowed(_ path: String) -> Bool {
                opening.allowed[path] != nil
                    || opening.allowed[(path as NSString).deletingLastPathComponent + "/*"] != nil
            }
            for caller in callers where !isAllowed(caller) {
                Issue.record("\(caller) calls \(opening.call): it has to go through ShardSet")
            }
            for (path, what) in opening.allowed where !path.hasSuffix("/*") {
                #expect(callers.contains(path), "\(path) no longer opens \(what): take it off the list")
            }
        }
    }

    /// The search itself: it sees the door's own calls, so that it would see others.
    @Test func theSearchFindsTheDoorsOwnCalls() throws {
        for opening in Self.openings.prefix(3) {
            #expect(try Self.callers(of: opening.call).contains { $0.hasPrefix("AVPrepClips/") }, "\(opening.call)")
        }
    }
}
