import AVPrepCommands
import AVPrepCorpus
import AVPrepPipeline
import AVPrepWorkspace

extension Status: PerformableCommand {
    func perform() throws {
        if let state = list.flatMap({ ItemList.State(rawValue: $0.rawValue) }) {
            let workspace = try options.workspace()
            let items = try ItemList.make(workspace, state)
            if null {
                Terminal.show(items.separatedByNUL(in: workspace.folder))
                return
            }
            if options.json || !items.items.isEmpty { try Terminal.show(items, json: options.json, text: \.text) }
            return
        }
        if watch {
            let workspace = try options.workspace()
            try StatusWatch(json: options.json, seconds: interval ?? 2).run { try StatusReport.make(workspace) }
            return
        }
        let report = try StatusReport.make(try options.workspace(), isThorough: check)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
