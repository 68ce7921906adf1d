package import AVPrepCore
import Foundation
import Synchronization

/// What a command does, as JSON on stderr, one object a line: `--log-json`, described in `schemas/log.schema.json`.
///
/// Every line has `version`, `time`, `level`, `command` and `event`. Keys are added, never renamed; an event that comes later is
/// one more word.
package final class EventLog: Sendable, Equatable {
    package enum Level: Int, Sendable {
        case info, warning, error
    }

    package static let version = 1

    private let command: String
    /// What is less than this is left out.
    private let least: Level
    private let file: Int32
    private let lock = Mutex(())

    /// - Parameters:
    ///   - command: the command that works, e.g. `ingest`.
    ///   - file: the descriptor to write to.
    package init(command: String, least: Level = .info, file: Int32 = STDERR_FILENO) {
        self.command = command
        self.least = least
        self.file = file
    }

    package static func == (first: EventLog, second: EventLog) -> Bool { first === second }

    /// Writes a line. Where nobody can be told, the work goes on: its results are on disk.
    package func write(_ event: String, _ level: Level = .info, _ values: [String: JSONValue] = [:]) {
        guard level.rawValue >= least.rawValue else { return }
        var line = values
        line["version"] = .integer(Self.version)
        line["time"] = .string(Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        line["level"] = .string("\(level)")
        line["command"] = .string(command)
        line["event"] = .string(event)
        guard let text = try? CanonicalJSON.encode(JSONValue.object(line)) else { return }
        let bytes = Array((text + "\n").utf8)
        lock.withLock { _ in
            var start = 0
            while start < bytes.count {
                let count = bytes[start...].withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                start += count
            }
        }
    }

    /// What became of an item.
    package func item(
        _ item: String, stage: String, outcome: String, reason: String? = nil, detail: String? = nil,
        seconds: Double? = nil
    ) {
        var values: [String: JSONValue] = [
            "item": .string(item), "stage": .string(stage), "outcome": .string(outcome),
        ]
        if let reason { values["reason"] = .string(reason) }
        if let detail { values["message"] = .string(detail) }
        if let seconds, seconds.isFinite { values["seconds"] = .number(seconds) }
        write("item", outcome == "failed" ? .warning : .info, values)
    }
}
