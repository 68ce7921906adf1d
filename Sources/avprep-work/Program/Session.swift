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
    /// Set by SIGINT and SIGTERM.
    static let cancellation = Cancellation()

    let quiet: Bool

    /// The context passed to the pipeline's stages.
    var context: StageContext {
        StageContext(cancellation: Session.cancellation, progress: .automatic(quiet: quiet))
    }
}

/// SIGINT and SIGTERM, for every command, from its first moment: the first one asks the work to end, and ends the process
/// itself where the work does not hear it in time (a read that hangs, a wait for another process, a long computation). A
/// second one ends the process at once.
///
/// That is safe at any moment, as `kill -9` is: every file appears by a rename, and the catalog by transactions.
enum StopSignals {
    private static let statuses: [Int32: ExitStatus] = [SIGINT: .interrupted, SIGTERM: .terminated]

    /// Starts to listen. Call it before other threads are started, which inherit that the signals are blocked.
    static func listen() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in statuses.keys {
            sigaddset(&signals, number)
            // For the decoder programs, which inherit it: on Ctrl-C this process decides. Linux delivers a blocked signal
            // to sigwait whether it is ignored or not.
            signal(number, SIG_IGN)
        }
        let status = pthread_sigmask(SIG_BLOCK, &signals, nil)
        precondition(status == 0, "the signals exist")
        let waiting = signals
        // A thread of its own: Dispatch's may all be waiting for what hangs.
        Thread.detachNewThread { wait(for: waiting) }
    }

    private static func wait(for signals: sigset_t) {
        var signals = signals
        var number: Int32 = 0
        while sigwait(&signals, &number) != 0 {}
        let status = statuses[number] ?? .failed
        Session.cancellation.cancel(status)
        let begin = ContinuousClock.now
        while ContinuousClock.now - begin < .seconds(Session.cancellation.graceSeconds) {
            var pause = timespec(tv_sec: 0, tv_nsec: 50_000_000)
            if sigtimedwait(&signals, nil, &pause) > 0 { break }
        }
        let line = "avprep: stopped; repeat the command to continue\n"
        // Where nobody can be told, the exit code tells.
        _ = write(STDERR_FILENO, line, line.utf8.count)
        _exit(status.rawValue)
    }
}
