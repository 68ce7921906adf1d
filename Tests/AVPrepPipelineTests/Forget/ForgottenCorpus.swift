import AVPrepCatalog
import AVPrepCore
import AVPrepForget
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepVerify
import AVPrepWorkspace
import Foundation
import Testing

@testable import AVPrepPipeline
@testable import AVPrepStore

/// What tests of `avprep forget` do with a small corpus.
extension SmallCorpus {
    /// A workspace with videos in shards.
    static func make(_ folder: String, videos: Int = 7, split: Double = 0) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.shard.pairs.clipSeconds = 0.5
        corpus.settings.shard.pairs.pairsPerSegment = 16
        corpus.settings.shard.split.val = split
        try corpus.addSyntheticVideos(videos)
        _ = try RefreshStage.run(corpus.workspace, corpus.context)
        return corpus
    }

    func forget(_ names: [String], dry: Bool = false) throws -> ForgetReport {
        try ForgetStage.run(names.map { BytePath($0) }, in: workspace, context, isDryRun: dry)
    }

    static func video(_ number: Int) -> String { "videos/video-0000\(number).mp4" }

    func id(_ number: Int) throws -> String {
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        let items = try catalog.allItems().filter { $0.file.path.escaped.hasSuffix(Self.video(number)) }
        return try #require(items.first?.videoID)
    }

    /// Pieces of a video's stored media that are in no other: pictures and sound.
    func traces(_ video: String) throws -> [Data] {
        let folder = "\(folder)/prepared/\(video.prefix(2))"
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasPrefix(video) })
        let reader = try StoreReader(path: "\(folder)/\(name)")
        let pictures = Track.Content.frames
        var found: [Data] = []
        for segment in reader.segments {
            for frame in [segment.frames.lowerBound, segment.frames.upperBound - 1] {
                var bytes = Data()
                try reader.forEachPiece(pictures, reader.byteRange(pictures, frame..<frame + 1), pieceBytes: 1 << 20) {
                    bytes += Data($0)
                }
                found.append(bytes)
            }
            let middle = (segment.pcm.lowerBound + segment.pcm.upperBound) / 2
            var sound = Data()
            try reader.forEachPiece(.pcm, middle..<middle + 400, pieceBytes: 1 << 20) { sound += Data($0) }
            found.append(sound)
        }
        return found
    }

    /// Files outside of the corpus with one of the pieces in them.
    func holders(of traces: [Data]) throws -> [String] {
        let names = try #require(FileManager.default.enumerator(atPath: folder))
        var found: [String] = []
        for case let name as String in names where !name.hasPrefix("videos") && !name.hasPrefix("other") {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
            if traces.contains(where: { data.range(of: $0) != nil }) { found.append(name) }
        }
        return found
    }

    /// All pairs by what they mean, whatever row their segments are in.
    func pairsByMeaning() throws -> [String: [String]] {
        var found: [String: [String]] = [:]
        let index = try ShardIndex.load(workspace.shards)
        for shard in index.shards {
            let path = "\(workspace.shards)/\(shard.name)"
            let segments = try StoreReader(path: path).segments.map(\.segment.segmentID)
            for set in try PairFile.read("\(workspace.shards)/\(PairFile.name(forShard: shard.name))") {
                found[set.name, default: []] += set.pairs.map {
                    "\($0.kind) \(segments[Int($0.videoSegment)]) \($0.videoStartFrame) \(segments[Int($0.audioSegment)]) \($0.audioStartSeconds)"
                }
            }
        }
        return found
    }

    func verifyAll() throws -> [VerifyReport.Finding] {
        try VerifyStage.run(workspace, context, isQuick: false, searchesForgotten: true).findings
    }
}
