import AVPrepCore
import AVPrepTorch
import AVPrepWorkspace
import Foundation

/// Work that several processes do together: rank 0 holds the workspace, shows progress, and speaks; the others are silent
/// but for their own errors.
enum Processes {
    /// - Parameter body: gets the processes, or nil where this one was started alone; they have parted when it returns.
    /// - Returns: nil in those that do not speak for all.
    static func run<Report>(
        _ environment: [String: String], _ context: StageContext, device: Engine.Device,
        _ body: (ProcessGroup?, StageContext) throws -> Report
    ) throws -> Report? {
        guard let launch = try ProcessLaunch(environment) else { return try body(nil, context) }
        // Whoever was asked to stop waits until all have saved, and part.
        return try context.cancellation.savingAtEnd {
            do {
                let group = try ProcessGroup.join(launch, device: device)
                let report = try body(group, group.leads ? context : StageContext(cancellation: context.cancellation))
                return group.leads ? report : nil
            } catch let error where launch.rank > 0 {
                throw RankError(error, rank: launch.rank, context.cancellation)
            }
        }
    }
}

/// What ended a process that does not speak for all. A stop that all have agreed on is told by rank 0 alone.
private struct RankError: ActionableError {
    let description: String
    let exitStatus: ExitStatus

    init(_ error: any Error, rank: Int, _ cancellation: Cancellation) {
        if error is CancellationError {
            description = ""
            exitStatus = cancellation.requested ?? .interrupted
        } else {
            let text = (error as? any ActionableError)?.description ?? "\(error)"
            description = "rank \(rank) on \(ProcessInfo.processInfo.hostName): \(text)"
            exitStatus = (error as? any ActionableError)?.exitStatus ?? .failed
        }
    }
}

extension Workspace {
    /// Works alone in the workspace: rank 0 of several processes holds it for all.
    func exclusively<Result>(in group: ProcessGroup?, _ body: () throws -> Result) throws -> Result {
        guard let group else { return try exclusively(body) }
        return try group.leads ? exclusively(body) : body()
    }
}
