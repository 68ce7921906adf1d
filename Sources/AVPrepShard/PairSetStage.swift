import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepSettings
package import AVPrepStore
package import AVPrepWorkspace
import Foundation

/// What can be done with pair sets once they are drawn: `avprep pairs`.
package enum PairSetStage {
    /// The pair sets of the shards, whose files are compared with the index first.
    ///
    /// - Throws: `StoreError` when there is no index, or it or a pair file is damaged.
    package static func list(_ workspace: Workspace) throws -> PairSetReport {
        let shards = try ShardSet(workspace.shards)
        try shards.checkPairFiles()
        return PairSetReport(sets: shards.index.pairSets)
    }

    /// Removes sets from all pair files and from the index. What a kill leaves is mended by the same command again.
    ///
    /// - Throws: ``Failure`` when one of the names is no set; `StoreError`.
    package static func remove(_ names: [String], from workspace: Workspace) throws -> PairSetReport {
        try workspace.exclusively {
            let index = try PairSetRemoval(folder: workspace.shards).run { index in
                for name in names where !index.pairSets.contains(where: { $0.name == name }) {
                    throw unknown(name, index)
                }
                return names
            }
            return PairSetReport(sets: index.pairSets)
        }
    }

    /// Writes a set as CSV (RFC 4180), one row a pair, in the order of shards and rows.
    ///
    /// - Parameter path: nil writes to stdout.
    /// - Returns: the number of pairs.
    /// - Throws: ``Failure`` when there is no such set; `StoreError`.
    package static func export(_ name: String, of workspace: Workspace, to path: String?) throws -> Int {
        let shards = try ShardSet(workspace.shards)
        guard shards.index.pairSets.contains(where: { $0.name == name }) else { throw unknown(name, shards.index) }
        try shards.checkPairFiles()
        guard let path else { return try write(name, shards, to: .standardOutput) }
        var count = 0
        try AtomicFile.write(to: path) { temporary in
            guard FileManager.default.createFile(atPath: temporary, contents: nil),
                let file = FileHandle(forWritingAtPath: temporary)
            else { throw Failure("cannot write \(temporary): \(systemError()); give another --csv") }
            count = try write(name, shards, to: file)
            try file.close()
        }
        return count
    }

    private static let header = [
        "split", "shard", "row", "kind", "label", "video_segment", "video_start_frame", "video_source",
        "video_start_seconds", "audio_segment", "audio_segment_seconds", "audio_source", "audio_start_seconds",
    ]

    private static func write(_ name: String, _ shards: ShardSet, to file: FileHandle) throws -> Int {
        try file.write(contentsOf: Data((CSV.row(header) + "\r\n").utf8))
        var count = 0
        for shard in shards.index.shards {
            guard let set = try shards.storedPairSets(of: shard).first(where: { $0.name == name }) else { continue }
            let reader = try shards.reader(of: shard)
            try reader.check(set)
            var text = ""
            for (row, pair) in set.pairs.enumerated() {
                let video = reader.segments[Int(pair.videoSegment)].segment
                let audio = reader.segments[Int(pair.audioSegment)].segment
                let videoStart = video.startSeconds + Double(pair.videoStartFrame) / reader.layout.fps
                let audioStart = audio.startSeconds + pair.audioStartSeconds
                let cells = [
                    shard.split.rawValue, shard.name, String(row), pair.kind.name, String(pair.kind.label),
                    video.segmentID, String(pair.videoStartFrame), video.source,
                    String(format: "%.6f", videoStart), audio.segmentID,
                    String(format: "%.6f", pair.audioStartSeconds), audio.source,
                    String(format: "%.6f", audioStart),
                ]
                text += CSV.row(cells) + "\r\n"
                if text.utf8.count > 1 << 16 {
                    try file.write(contentsOf: Data(text.utf8))
                    text = ""
                }
            }
            try file.write(contentsOf: Data(text.utf8))
            count += set.pairs.count
        }
        return count
    }

    private static func unknown(_ name: String, _ index: ShardIndex) -> Failure {
        let names = index.pairSets.map(\.name).joined(separator: ", ")
        return Failure(
            "there is no pair set \"\(name)\", only \(names.isEmpty ? "none" : names); avprep shard --name draws more",
            exitStatus: .badInput)
    }
}

/// The pair sets of a folder of shards.
package struct PairSetReport: Sendable, Codable {
    package let sets: [ShardIndex.PairSetSummary]

    package var text: String {
        guard !sets.isEmpty else { return "no pair sets; avprep shard draws them" }
        var rows = [["set", "recipe", "split", "pairs", "kinds", "videos", "offsets", "repeats"]]
        var notes: [String] = []
        for set in sets {
            for split in Split.allCases {
                guard let numbers = set.statistics[split.rawValue] else { continue }
                rows.append([
                    set.name, set.attributes["recipe"]?.text ?? "", split.rawValue, String(numbers.pairs),
                    PairKind.allCases.compactMap { kind in
                        let count = numbers.count(kind)
                        return count > 0 ? "\(count) \(kind.name)" : nil
                    }.joined(separator: " + "),
                    "\(numbers.videosUsed) of \(numbers.videos)", numbers.offsets.text, String(numbers.repeats),
                ])
                notes += Self.notes(numbers).map { "\(set.name), \(split.rawValue): \($0)" }
            }
        }
        return ([TextTable.text(rows)] + notes).joined(separator: "\n")
    }

    /// What could not be drawn: counted, never filled up with something else.
    private static func notes(_ numbers: PairStatistics) -> [String] {
        func list(_ counts: [String: Int]) -> String {
            counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        }
        var notes: [String] = []
        if !numbers.excluded.isEmpty { notes.append("segments that give no pairs: \(list(numbers.excluded))") }
        if numbers.count(.hard) > 0, !numbers.withoutHard.isEmpty {
            notes.append("segments that give no hard negatives: \(list(numbers.withoutHard))")
        }
        return notes
    }
}

extension OffsetHistogram {
    /// From the lowest bin that holds something to the highest.
    fileprivate var text: String {
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            return "-"
        }
        let end = last + 1 < lowerEdgesSeconds.count ? "\(lowerEdgesSeconds[last + 1].shortText)" : "more"
        return "\(lowerEdgesSeconds[first].shortText) to \(end) s"
    }
}
