import AVPrepCommands
import AVPrepCore
import AVPrepSettings
import AVPrepWorkspace
import Dispatch
import Foundation

extension PipelineOptions {
    /// The workspace of the pipeline file, with `more` overrides from options of the command itself.
    ///
    /// - Parameter adjust: changes that are no `KEY=VALUE`, such as paths given on the command line.
    func workspace(_ more: [String] = [], adjust: (inout PipelineSettings) -> Void = { _ in }) throws -> Workspace {
        let overrides = overrides + more
        var settings = try PipelineFile.load(pipeline, overrides: overrides)
        adjust(&settings)
        return Workspace(
            folder: (pipeline as NSString).deletingLastPathComponent, settings: settings, overrides: overrides)
    }

    /// How stages report to the user of this process.
    var session: Session { Session(quiet: quiet) }
}

/// Paths of the command line, which start in the working directory, not at the pipeline file.
enum Paths {
    static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }
}

/// How stages report and how they are stopped, in this process.
struct Session {
    /// Set by SIGINT and SIGTERM once ``context`` was asked for.
    static let cancellation = Cancellation()

    let quiet: Bool

    /// What the pipeline's stages are given.
    var context: StageContext {
        _ = Session.signalSources
        return StageContext(cancellation: Session.cancellation, progress: .automatic(quiet: quiet))
    }

    /// The handlers, which live as long as the process: the first signal asks the stages to end, a second one ends the
    /// process at once.
    ///
    /// Unchecked because Dispatch does not mark its sources Sendable; made once, they are never touched again.
    nonisolated(unsafe) private static let signalSources: [any DispatchSourceSignal] = [
        (SIGINT, ExitStatus.interrupted), (SIGTERM, ExitStatus.terminated),
    ].map { number, status in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
        source.setEventHandler {
            if cancellation.isCancelled { _exit(status.rawValue) }
            cancellation.cancel(status)
        }
        source.resume()
        return source
    }
}
