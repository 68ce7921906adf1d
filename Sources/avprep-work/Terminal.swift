import AVPrepCore
import Foundation

/// Text for people and programs: results on stdout, complaints on stderr.
enum Terminal {
    /// One complaint, each line of it under the program's name.
    static func complain(_ message: String) {
        for line in message.split(separator: "\n") {
            FileHandle.standardError.write(Data("avprep: \(line)\n".utf8))
        }
    }

    /// A word to the user beside the result, on stderr.
    static func note(_ message: String) { FileHandle.standardError.write(Data("\(message)\n".utf8)) }

    /// Prints a result: a JSON object, or what `text` makes of it.
    static func show<Result: Encodable>(_ result: Result, json: Bool, text: (Result) -> String) throws {
        print(json ? try CanonicalJSON.encode(result, pretty: true) : text(result))
    }
}
