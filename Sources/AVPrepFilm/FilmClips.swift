package import AVPrepClips
package import AVPrepCore
import AVPrepCorpus
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepStore
package import AVPrepWorkspace
import Foundation

/// A video prepared as the corpus was, in a folder of its own, so that a trained network can be shown it.
package struct FilmClips {
    package let shard: ShardReader
    /// What the policy left out of it, in words; empty for nothing.
    package let leftOut: String
    /// Of the folder in which a video is prepared.
    private static let workEnding = ".work"

    /// Prepares a video in a folder that is removed afterwards.
    ///
    /// - Parameters:
    ///   - place: what the folder's name begins with; see ``removeLeftovers(in:)``.
    ///   - purpose: what cannot be done when nothing is left of the video: `localise in`.
    /// - Throws: ``Failure`` with exit status 65 when nothing of the video is left to look at, with the reason.
    package static func with<Result>(
        _ video: BytePath, like workspace: Workspace, at place: String, for purpose: String, _ context: StageContext,
        _ body: (_ clips: FilmClips, _ folder: String) throws -> Result
    ) throws -> Result {
        let work = AtomicFile.temporaryPath(for: place + workEnding)
        try? FileManager.default.removeItem(atPath: work)
        try AtomicFile.makeFolder(work)
        defer { try? FileManager.default.removeItem(atPath: work) }
        return try body(try FilmClips(video, like: workspace, in: work, for: purpose, context), work)
    }

    /// Removes what calls that were killed had prepared of their videos in a folder.
    package static func removeLeftovers(in folder: String) throws {
        for name in try ExistingFile.names(inFolder: folder) {
            guard let mark = name.range(of: workEnding + AtomicFile.mark),
                FileOwner.isGone(String(name[mark.upperBound...])) == true
            else { continue }
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    /// Ingests one video and packs its segments.
    ///
    /// - Parameters:
    ///   - folder: empty; what is made of the video lies there.
    private init(
        _ video: BytePath, like workspace: Workspace, in folder: String, for purpose: String, _ context: StageContext
    ) throws {
        var settings = workspace.settings
        settings.folders = FolderSettings()
        settings.corpus = CorpusSettings()
        settings.workers = 1
        let own = Workspace(folder: folder, settings: settings)
        var request = CorpusRequest()
        request.paths = [video.absolute]
        // Files meet no others here: what they share with the corpus does not matter.
        let report = try IngestStage.run(own, StageContext(cancellation: context.cancellation), request)
        let prepared = try Self.preparedFiles(own.prepared)
        guard let file = prepared.first else {
            let reason = report.notes.first ?? "it gave no prepared file"
            throw Failure("cannot \(purpose) \(video): \(reason)", exitStatus: .badInput)
        }
        let reader = try StoreReader(path: file)
        let kept = reader.segments.indices.filter { !reader.segments[$0].segment.decision.isDropped }
        let dropped = reader.segments.filter(\.segment.decision.isDropped)
        guard !kept.isEmpty else {
            throw Failure(
                """
                cannot \(purpose) \(video): the policy drops all of its \(dropped.count) segments \
                (\(Self.flags(of: dropped))); set policy.FLAG=keep for it, e.g. --set policy.static_camera=keep
                """, exitStatus: .badInput)
        }
        leftOut = dropped.isEmpty ? "" : "\(dropped.count) segments dropped by the policy (\(Self.flags(of: dropped)))"
        let path = "\(folder)/\(ShardName(.test, 0).text).h5"
        let part = ShardPart(path: file, rows: kept, split: .test)
        try AtomicFile.write(to: path) { temporary in
            _ = try ShardPacker.pack(
                [part], to: temporary, pairsFile: PairFile.name(forShard: (path as NSString).lastPathComponent),
                attributes: ["avprep_version": .string(Version.text), "seed": .int(settings.seed)],
                cancellation: context.cancellation)
        }
        shard = try ShardReader(unlisted: path, split: .test) { context.cancellation.isCancelled }
    }

    private static func preparedFiles(_ folder: String) throws -> [String] {
        try ExistingFile.names(inFolder: folder).sorted().flatMap { place in
            try ExistingFile.names(inFolder: "\(folder)/\(place)").filter { $0.hasSuffix(".h5") }.map {
                "\(folder)/\(place)/\($0)"
            }
        }
    }

    private static func flags(of segments: [StoredSegment]) -> String {
        Set(segments.flatMap(\.segment.flags.setNames)).sorted().joined(separator: ", ")
    }
}
