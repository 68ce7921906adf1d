import AVPrepCommands
import AVPrepPipeline

extension Wisdom: PerformableCommand {
    func perform() throws {
        let wisdom = try MeasuredWisdom.measure(try options.workspace())
        try Terminal.show(wisdom, json: options.json, text: \.text)
    }
}
