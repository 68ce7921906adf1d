import AVPrepCases
import AVPrepDecoder

/// `avprep-decode` with faults, as `--faults=PLAN` says: tests start it in the place of the real one.
@main
enum Main {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        let option = "--faults="
        let plan = arguments.first { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) } ?? ""
        DecoderServer.run(arguments.filter { !$0.hasPrefix(option) }) { DecoderFault.happen(by: plan, at: $0) }
    }
}
