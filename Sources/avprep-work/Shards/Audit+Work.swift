import AVPrepAudit
import AVPrepCommands
import AVPrepModel
import ArgumentParser

extension Audit: PerformableCommand {
    func perform() throws {
        var settings = AuditSettings()
        settings.sets = sets
        settings.splits = try splits.map { try Self.choice($0, of: Split.self, "--split") }
        if !probes.isEmpty { settings.probes = try probes.map { try Self.choice($0, of: AuditProbe.self, "--probe") } }
        if let ask { settings.questions = [try Self.choice(ask, of: AuditSettings.Question.self, "--ask")] }
        if let limit { settings.limit = limit }
        if let minEffect { settings.minEffect = minEffect }
        if let resolution { settings.resolution = resolution }
        if let seed { settings.seed = UInt64(bitPattern: Int64(seed)) }
        let workspace = try options.workspace(workers.map { ["workers=\($0)"] } ?? [])
        let report = try AuditStage.run(workspace, options.session.context, settings)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, of _: Choice.Type, _ option: String
    ) throws -> Choice {
        guard let choice = Choice(rawValue: name) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(option) must be one of \(names), not \"\(name)\"")
        }
        return choice
    }
}
