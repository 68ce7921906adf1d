import AVPrepCore
import AVPrepPipeline
import ArgumentParser

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check this machine: libraries, engine, device, disk, and say what to do.")

    @Flag(name: .long, help: "Print the result as JSON.")
    var json = false

    func run() throws {
        let report = DoctorReport.make()
        try Terminal.show(report, json: json, text: \.text)
        try report.exitStatus.end()
    }
}
