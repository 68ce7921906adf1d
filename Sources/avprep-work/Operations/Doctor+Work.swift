import AVPrepCommands
import AVPrepPipeline

extension Doctor: PerformableCommand {
    func perform() throws {
        let report = DoctorReport.make()
        try Terminal.show(report, json: json, text: \.text)
        try report.exitStatus.end()
    }
}
