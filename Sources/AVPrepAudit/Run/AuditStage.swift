import AVPrepClips
import AVPrepCore
package import AVPrepWorkspace

/// Asks whether the shards of a workspace carry cues by which a network could cheat: `avprep audit`.
package enum AuditStage {
    /// - Throws: `StoreError` when shards or pairs cannot be read, ``Failure`` when there is nothing to audit or the settings
    ///   make no sense, `CancellationError`.
    package static func run(_ workspace: Workspace, _ context: StageContext, _ settings: AuditSettings) throws
        -> AuditReport
    {
        let audit = try ShardAudit(ShardSet(workspace.shards), settings: settings)
        let progress = ProgressReporter("audit", unit: "clips", style: context.progress)
        defer { progress.finish() }
        return try audit.run(workers: workspace.workers) { done, total in
            progress.update(done: done, total: total)
        } tested: { done, total in
            if done == 1 { progress.finish() }
            progress.update(done: done, total: total, note: "probes")
        } isCancelled: {
            context.cancellation.isCancelled
        }
    }
}
