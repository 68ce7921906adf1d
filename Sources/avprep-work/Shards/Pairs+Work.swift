import AVPrepCommands
import AVPrepShard

extension Pairs.List: PerformableCommand {
    func perform() throws {
        try Terminal.show(try PairSetStage.list(try options.workspace()), json: options.json, text: \.text)
    }
}

extension Pairs.Remove: PerformableCommand {
    func perform() throws {
        let report = try PairSetStage.remove(names, from: try options.workspace())
        try Terminal.show(report, json: options.json, text: \.text)
    }
}

extension Pairs.Export: PerformableCommand {
    func perform() throws {
        let workspace = try options.workspace()
        let rows = try PairSetStage.export(name, of: workspace, to: csv == "-" ? nil : Paths.absolute(csv))
        if csv != "-" { Terminal.note("\(rows) pairs of \(name) in \(csv)") }
    }
}
