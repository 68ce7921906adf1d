import AVPrepCore
import AVPrepWorkspace
import Foundation

/// Output for people and programs: results on stdout, errors on stderr.
enum Terminal {
    /// Prints an error message, each line with the program's name.
    ///
    /// - Parameter message: nothing is printed for an empty one: another process says it.
    static func complain(_ message: String) {
        if message.isEmpty { return }
        if let log = Session.log { return log.write("message", .error, ["message": .string(message)]) }
        for line in message.split(separator: "\n") {
            FileHandle.standardError.write(Data("avprep: \(PathEscape.withoutControls(String(line)))\n".utf8))
        }
    }

    /// Prints a note that is not part of the result, on stderr.
    static func note(_ message: String) {
        if let log = Session.log { return log.write("message", .info, ["message": .string(message)]) }
        FileHandle.standardError.write(Data("\(PathEscape.withoutControls(message, keeping: ["\n"]))\n".utf8))
    }

    /// Prints a result: as JSON, or as the text made by `text`.
    static func show<Result: Encodable>(_ result: Result, json: Bool, text: (Result) -> String) throws {
        print(
            json
                ? try CanonicalJSON.encode(result, pretty: true)
                : PathEscape.withoutControls(text(result), keeping: ["\n", "\t"]))
    }

    /// Prints bytes that are for programs alone.
    static func show(_ bytes: [UInt8]) { FileHandle.standardOutput.write(Data(bytes)) }
}
