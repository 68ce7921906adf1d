import AVPrepCases
import AVPrepDecoder
import Foundation

/// `avprep-decode` with faults, as `--faults=PLAN` and `--until=SECONDS` say: tests start it in the place of the real one.
@main
enum Main {
    static func main() {
        func value(_ option: String) -> String? {
            CommandLine.arguments.first { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) }
        }
        let plan = value("--faults=") ?? ""
        let end = value("--until=").flatMap(Double.init) ?? .infinity
        let arguments = CommandLine.arguments.dropFirst().filter {
            !$0.hasPrefix("--faults=") && !$0.hasPrefix("--until=")
        }
        DecoderServer.run(arguments, reader: DecoderFault.reader) { moment in
            if Date().timeIntervalSince1970 < end { DecoderFault.happen(by: plan, at: moment) }
        }
    }
}
