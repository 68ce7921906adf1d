import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepMedia
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepWorkspace
import Foundation

/// What ingest does about one video, apart from where it is noted: in the catalog, or in the journal of a task.
struct VideoAttempt: Sendable {
    let workspace: Workspace
    let key: String
    let policyKey: String
    let cancellation: Cancellation
    let retries: PassingRetries

    init(_ workspace: Workspace, cancellation: Cancellation) throws {
        self.workspace = workspace
        key = try workspace.settings.ingest.key
        policyKey = try workspace.settings.ingest.policyKey
        self.cancellation = cancellation
        retries = PassingRetries(cancellation: cancellation)
    }

    /// The digest of an item's file, tried again where it failed for a cause that passes.
    func digest(of item: CorpusItem) throws -> Result<SHA256Digest, ReadFailure> {
        try retries.run(
            isPassing: { result in
                if case .failure(let failure) = result { failure.kind == .passing } else { false }
            },
            {
                do {
                    return .success(
                        try SourceContent.digest(ofFile: item.path, listed: item.identity) {
                            cancellation.isCancelled
                        })
                } catch let failure as ReadFailure {
                    return .failure(failure)
                }
            })
    }

    /// Where a video's prepared file belongs, as the catalog names it.
    func output(_ video: String) -> String {
        PreparedPath.path(video: video, key: key, in: workspace.settings.folders.prepared)
    }

    /// What preparing a video has cost beside the time of the worker's thread, and for how much video.
    struct Effort {
        /// CPU time of the decoder process.
        var decoderSeconds = 0.0
        /// As the container states it; 0 where it does not.
        var videoSeconds = 0.0
    }

    /// Prepares a video. The worker's clock begins anew.
    func prepare(_ item: CorpusItem, video: String, with worker: VideoPreparation) throws -> (ItemNotes.Result, Effort)
    {
        let wall = ContinuousClock.now
        let cpu = threadSeconds()
        let output = output(video)
        _ = worker.clock.restart()
        let made = try retries.run(
            isPassing: { result in result.outcome.reason?.code == Outcome.Reason.readError },
            { try worker.prepare(item, video: video, to: workspace.path(output), listed: item.identity) })
        var result = ItemNotes.Result(settingsKey: key, policyKey: policyKey, made.outcome)
        if let info = made.info {
            let media = MediaRecord(info: info, tally: made.tally, decode: made.decode, cues: made.cues)
            result.media = try CanonicalJSON.encode(media)
        }
        (result.hasSeconds, result.seconds) = (true, made.seconds)
        if let decided = made.decided {
            result.fingerprint = Data(made.fingerprint)
            result.decided = decided.segments
            result.output = output
            result.outputBytes = PreparedFiles.size(of: workspace.path(output))
        }
        result.wallSeconds = (ContinuousClock.now - wall).inSeconds
        result.cpuSeconds = threadSeconds() - cpu + made.decoderSeconds
        let seconds = made.info?.durationSeconds ?? 0
        return (
            result, Effort(decoderSeconds: made.decoderSeconds, videoSeconds: seconds.isFinite ? max(0, seconds) : 0)
        )
    }

    /// What is known of a video whose prepared file lies there, made by a run that was killed before it could note more.
    func adopted(_ decided: DecidedVideo, fingerprint: [UInt8], video: String) -> ItemNotes.Result {
        var result = ItemNotes.Result(settingsKey: key, policyKey: policyKey, decided.outcome)
        result.decided = decided.segments
        result.fingerprint = Data(fingerprint)
        result.output = output(video)
        result.outputBytes = PreparedFiles.size(of: workspace.path(output(video)))
        return result
    }
}

extension ItemNotes {
    /// - Parameter item: as it was listed.
    init(_ item: CorpusItem, video: String?, content: String? = nil) {
        let file = item.listedFile
        self.init(
            path: file.path, size: file.size, modifiedNanoseconds: file.modifiedNanoseconds, videoID: video,
            contentID: content)
    }
}

/// CPU seconds of the calling thread; 0 where the system does not count them.
private func threadSeconds() -> Double {
    var time = timespec()
    guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
