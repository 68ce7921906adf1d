import AVPrepCommands
import AVPrepCore
import AVPrepPipeline
import Foundation

extension Schedule: PerformableCommand {
    func perform() throws {
        guard let time = RefreshSchedule.Time(at) else {
            throw Failure("--at \(at) is no time of day; write HH:MM, such as 03:17", exitStatus: .usage)
        }
        // A schedule for a pipeline file that does not serve would fail every night.
        _ = try options.workspace()
        let schedule = try RefreshSchedule(
            program: try FrontProgram.path(), pipeline: Paths.absolute(options.pipeline),
            interval: RefreshSchedule.Interval(rawValue: every.rawValue) ?? .day, time: time)
        if cron {
            try Terminal.show(["line": schedule.cronLine], json: options.json) { _ in schedule.cronLine }
            return
        }
        let units = [
            (name: schedule.unitName + ".service", text: schedule.systemdService),
            (name: schedule.unitName + ".timer", text: schedule.systemdTimer),
        ]
        let files = Dictionary(uniqueKeysWithValues: units.map { ($0.name, $0.text) })
        guard let into else {
            try Terminal.show(files, json: options.json) { _ in
                units.map { "# \($0.name)\n\($0.text)" }.joined(separator: "\n")
            }
            return
        }
        try AtomicFile.makeFolder(into)
        for unit in units { try AtomicFile.write(Data(unit.text.utf8), to: "\(into)/\(unit.name)") }
        try Terminal.show(files, json: options.json) { _ in
            """
            wrote \(units.map { "\(into)/\($0.name)" }.joined(separator: " and "))
            next: systemctl --user daemon-reload && systemctl --user enable --now \(schedule.unitName).timer
            """
        }
    }
}

/// The program that users type.
enum FrontProgram {
    /// Its absolute path: beside this program, or where `make install` puts it.
    ///
    /// - Throws: ``Failure`` when there is none.
    static func path() throws -> String {
        let folder = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") as NSString
        let candidates = ["avprep", "../../bin/avprep"].map { name in
            URL(fileURLWithPath: "\(folder.deletingLastPathComponent)/\(name)").standardizedFileURL.path
        }
        guard let path = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw Failure("found no avprep at \(candidates.joined(separator: " or ")); install avprep again")
        }
        return path
    }
}
