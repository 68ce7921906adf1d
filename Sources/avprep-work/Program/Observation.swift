import AVPrepCommands
import AVPrepCore
import AVPrepPipeline
import AVPrepSettings
import AVPrepWorkspace
import ArgumentParser
import Foundation
import Synchronization

/// What programs hear of a command that works long: events on stderr, and a file of metrics.
final class Observation: Sendable {
    private let log: EventLog?
    private let command: String
    private let metricsFile: String?
    private let isFollower: Bool
    private let metrics = Mutex<MetricsFile?>(nil)
    private let begun = ContinuousClock.now

    init(_ command: any ObservedCommand) {
        self.command = String(describing: type(of: command)).lowercased()
        metricsFile = command.observation.metricsFile.map(Paths.absolute)
        // Of several processes that do one work, rank 0 speaks and writes for all. What is wrong with how they were started,
        // the command says.
        let launch = try? ProcessLaunch(ProcessInfo.processInfo.environment)
        isFollower = command is any JointCommand && launch.map { $0.rank > 0 } ?? false
        log =
            command.observation.logJson
            ? EventLog(command: self.command, least: command.options.quiet || isFollower ? .warning : .info) : nil
        Session.setLog(log)
        // The settings are read once, by the command: a pipeline file may be a pipe.
        Session.setWorkspaceListener { [self] in try observe($0) }
    }

    /// Begins to write metrics, now that the workspace is known.
    private func observe(_ workspace: Workspace) throws {
        let setting = workspace.settings.metrics.file
        let named = setting.isEmpty ? nil : Paths.absolute(workspace.path(setting))
        guard let path = metricsFile ?? named, !isFollower else { return }
        let style = log.map { ProgressReporter.Style.log($0) } ?? .lines
        let file = try MetricsFile(path, workspace, command: command) { line in
            ProgressReporter.say("avprep: " + line, style: style)
        }
        let isFirst = metrics.withLock { metrics in
            defer { metrics = metrics ?? file }
            return metrics == nil
        }
        if isFirst { file.begin() }
    }

    /// Does a command's work.
    func around(_ body: () throws -> Void) throws {
        log?.write(
            "start", .info,
            [
                "process": .integer(Int(getpid())), "avprep": .string(Version.text),
                "folder": .string(BytePath(FileManager.default.currentDirectoryPath).escaped),
            ])
        do {
            try body()
            end(ExitStatus.done.rawValue)
        } catch {
            let status = Main.status(of: error)
            guard log != nil else {
                end(status)
                throw error
            }
            // The last event is the end.
            Main.complain(of: error)
            end(status)
            throw ExitCode(status)
        }
    }

    private func end(_ status: Int32) {
        metrics.withLock { $0 }?.end(status)
        log?.write(
            "end", .info,
            ["exit_code": .integer(Int(status)), "seconds": .number((ContinuousClock.now - begun).inSeconds)])
    }
}
