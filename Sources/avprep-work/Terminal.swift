import AVPrepCore
import Foundation

/// Output for people and programs: results on stdout, errors on stderr.
enum Terminal {
    /// Prints an error message, each line with the program's name.
    static func complain(_ message: String) {
        for line in message.split(separator: "\n") {
            FileHandle.standardError.write(Data("avprep: \(line)\n".utf8))
        }
    }

    /// Prints a note that is not part of the result, on stderr.
    static func note(_ message: String) { FileHandle.standardError.write(Data("\(message)\n".utf8)) }

    /// Prints a result: as JSON, or as the text made by `text`.
    static func show<Result: Encodable>(_ result: Result, json: Bool, text: (Result) -> String) throws {
        print(json ? try CanonicalJSON.encode(result, pretty: true) : text(result))
    }
}
