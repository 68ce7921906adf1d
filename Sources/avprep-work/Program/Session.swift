import AVPrepCommands
import AVPrepCore
import AVPrepCorpus
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import Synchronization

extension PipelineOptions {
    /// The workspace of the pipeline file, with `more` overrides from the command's own options.
    ///
    func workspace(_ more: [String] = []) throws -> Workspace {
        let overrides = overrides + more
        let settings = try PipelineFile.load(pipeline, overrides: overrides)
        let workspace = Workspace(
            folder: (pipeline as NSString).deletingLastPathComponent, settings: settings, overrides: overrides)
        try Session.opened(workspace)
        return workspace
    }

    /// Progress reporting and cancellation for stages of this process.
    var session: Session { Session(quiet: quiet) }
}

/// A setting whose value is a text from the command line, whatever characters it has: a text of JSON is one of YAML.
func textSetting(_ key: String, _ text: String) throws -> String { "\(key)=\(try CanonicalJSON.encode(text))" }

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

    private static let chosenLog = Mutex<EventLog?>(nil)

    /// What takes events instead of text on stderr; nil for text.
    static var log: EventLog? { chosenLog.withLock { $0 } }

    static func setLog(_ log: EventLog?) { chosenLog.withLock { $0 = log } }

    private static let workspaceListener = Mutex<(@Sendable (Workspace) throws -> Void)?>(nil)

    /// - Parameter listener: hears which workspace a command works in, once it knows.
    static func setWorkspaceListener(_ listener: @escaping @Sendable (Workspace) throws -> Void) {
        workspaceListener.withLock { $0 = listener }
    }

    static func opened(_ workspace: Workspace) throws { try workspaceListener.withLock { $0 }?(workspace) }

    let quiet: Bool

    /// The context passed to the pipeline's stages.
    var context: StageContext {
        StageContext(
            cancellation: Session.cancellation, progress: Session.log.map { .log($0) } ?? .automatic(quiet: quiet))
    }
}

/// Standard input, output and error of this process.
enum StandardFiles {
    /// Those that are closed would be the numbers of the first files that are opened: a result would be printed into the
    /// catalog. They become `/dev/null`.
    static func open() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 {
            let file = Foundation.open("/dev/null", O_RDWR)
            if file >= 0, file != number {
                _ = dup2(file, number)
                close(file)
            }
        }
    }
}
