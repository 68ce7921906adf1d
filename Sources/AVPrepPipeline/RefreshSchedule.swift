import AVPrepCore
import Foundation

/// When and how `avprep refresh` is started without a user: what `avprep schedule` prints.
///
/// Cron and systemd start programs with a bare environment in another folder, so every path is absolute.
package struct RefreshSchedule: Sendable {
    /// How often.
    package enum Interval: String, Sendable, CaseIterable {
        case hour, day, week
    }

    /// A time of day.
    package struct Time: Sendable, Equatable {
        package let hour: Int
        package let minute: Int

        /// - Parameter text: `HH:MM`, 00:00 to 23:59; nil when it is not.
        package init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0..<24).contains(hour),
                (0..<60).contains(minute)
            else { return nil }
            self.hour = hour
            self.minute = minute
        }
    }

    /// The absolute path of `avprep`.
    package let program: String
    /// The absolute path of the pipeline file.
    package let pipeline: String
    package let interval: Interval
    package let time: Time

    /// - Throws: ``Failure`` when a path cannot be written in a crontab or a unit file.
    package init(program: String, pipeline: String, interval: Interval, time: Time) throws {
        for path in [program, pipeline]
        where path.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            throw Failure(
                "a schedule cannot hold the path \(path.debugDescription): it has a control character; rename the folder, or go through a link to it",
                exitStatus: .badInput)
        }
        self.program = program
        self.pipeline = pipeline
        self.interval = interval
        self.time = time
    }

    /// A line for `crontab -e` (crontab(5)). A `%` would end the command there, and is escaped.
    package var cronLine: String {
        let when =
            switch interval {
            case .hour: "\(time.minute) * * * *"
            case .day: "\(time.minute) \(time.hour) * * *"
            case .week: "\(time.minute) \(time.hour) * * 0"
            }
        let command = "\(Self.shellQuoted(program)) refresh --pipeline \(Self.shellQuoted(pipeline))"
        return "\(when) \(command.replacing("%", with: "\\%"))"
    }

    /// The name of the units: of the pipeline file's folder, with a digest of its path, so that two workspaces differ.
    package var unitName: String {
        let folder = ((pipeline as NSString).deletingLastPathComponent as NSString).lastPathComponent
        let plain = folder.unicodeScalars.filter {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == "_")
        }
        let name = String(String.UnicodeScalarView(plain))
        return "avprep-refresh\(name.isEmpty ? "" : "-" + name)-\(SHA256.digest(of: pipeline).hex.prefix(8))"
    }

    /// The service unit (systemd.service(5)). Exit code 75, another avprep at work, is no failure.
    package var systemdService: String {
        """
        [Unit]
        Description=avprep refresh of \(Self.unitEscaped(pipeline))

        [Service]
        Type=oneshot
        ExecStart=:\(Self.unitQuoted(program)) refresh --pipeline \(Self.unitQuoted(pipeline))
        SuccessExitStatus=75
        Nice=10
        IOSchedulingClass=idle
        TimeoutStopSec=60

        """
    }

    /// The timer unit (systemd.timer(5)). A time that the machine slept through is made up for.
    package var systemdTimer: String {
        let clock = String(format: "%02d:%02d:00", time.hour, time.minute)
        let calendar =
            switch interval {
            case .hour: String(format: "*-*-* *:%02d:00", time.minute)
            case .day: "*-*-* \(clock)"
            case .week: "Sun *-*-* \(clock)"
            }
        return """
            [Unit]
            Description=avprep refresh, every \(interval.rawValue)

            [Timer]
            OnCalendar=\(calendar)
            Persistent=true

            [Install]
            WantedBy=timers.target

            """
    }

    /// In single quotes, where a shell takes every character as it is.
    private static func shellQuoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }

    /// In double quotes as systemd reads them; a `%` would start a specifier. The colon of `ExecStart` keeps a `$` as it is.
    private static func unitQuoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"" + unitEscaped(escaped) + "\""
    }

    private static func unitEscaped(_ text: String) -> String { text.replacing("%", with: "%%") }
}
