import AVPrepCommands
import AVPrepForget

extension Forget: PerformableCommand {
    func perform() throws {
        let workspace = try options.workspace()
        let context = options.session.context
        let names = try Paths.bytes(of: items) + (list.map { try ForgetList.names(in: Paths.absolute($0)) } ?? [])
        if undo {
            return try Terminal.show(
                try ForgetStage.undo(names, in: workspace, context), json: options.json, text: \.text)
        }
        let report = try ForgetStage.run(names, in: workspace, context, isDryRun: dryRun)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
