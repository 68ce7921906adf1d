import AVPrepCommands
import AVPrepCore
import AVPrepCorpus
import AVPrepSettings
import AVPrepWorkspace
import Foundation

extension PipelineOptions {
    /// The workspace of the pipeline file, with `more` overrides from the command's own options.
    ///
    func workspace(_ more: [String] = []) throws -> Workspace {
        let overrides = overrides + more
        let settings = try PipelineFile.load(pipeline, overrides: overrides)
        return Workspace(
            folder: (pipeline as NSString).deletingLastPathComponent, settings: settings, overrides: overrides)
    }

    /// Progress reporting and cancellation for stages of this process.
    var session: Session { Session(quiet: quiet) }
}

/// Paths of the command line, which are relative to the working directory, not to the pipeline file.
enum Paths {
    static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// Files that arguments name, as they are or as avprep shows them. The parser's texts have lost what is not UTF-8, so the
    /// bytes come from the program's own arguments.
    static func given(_ arguments: [String]) -> [BytePath] { bytes(of: arguments).map { PathReading.path($0) } }

    /// The bytes of arguments, whatever they name.
    static func bytes(of arguments: [String]) -> [BytePath] {
        var raw = (0..<Int(CommandLine.argc)).compactMap { CommandLine.unsafeArgv[$0] }.map { text in
            BytePath(UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) })
        }
        return arguments.map { text in
            let place = raw.firstIndex { String(decoding: $0.bytes, as: UTF8.self).utf8.elementsEqual(text.utf8) }
            return place.map { raw.remove(at: $0) } ?? BytePath(text)
        }
    }
}

/// Progress reporting and cancellation for stages of this process.
struct Session {
    /// Set by the signals that ask the work to stop.
    static let cancellation = Cancellation()

    let quiet: Bool

    /// The context passed to the pipeline's stages.
    var context: StageContext {
        StageContext(cancellation: Session.cancellation, progress: .automatic(quiet: quiet))
    }
}
