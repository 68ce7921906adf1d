import AVPrepCommands
import AVPrepCore
import AVPrepCorpus
import AVPrepPipeline
import Foundation

extension Refresh: PerformableCommand {
    func perform() throws {
        try ProcessLaunch.refuse(ProcessInfo.processInfo.environment, for: "avprep refresh")
        // Cron mails whatever is printed, progress too.
        let isWatched = verbose || isatty(STDERR_FILENO) == 1
        let session = Session(quiet: options.quiet || !isWatched)
        var request = CorpusRequest()
        request.acceptsEmptyRoots = scan.acceptEmptyRoots
        let report = try RefreshStage.run(try options.workspace(), session.context, request)
        if options.json || verbose || report.needsAttention || isatty(STDOUT_FILENO) == 1 {
            try Terminal.show(report, json: options.json, text: \.text)
        }
        try report.exitStatus.end()
    }
}
