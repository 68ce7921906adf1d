import AVPrepCore
import AVPrepSettings
import Foundation
import Synchronization

/// Reports the progress of a long step on stderr: a redrawn bar on a terminal, a plain line every ten seconds elsewhere,
/// nothing in quiet mode. With a log, it writes events instead.
package final class ProgressReporter: Sendable {
    package enum Style: Sendable, Equatable {
        /// Redrawn in place, at most ten times per second.
        case bar
        /// One line every ten seconds, and one at the end.
        case lines
        case quiet
        /// Events of a log, every ten seconds and one at the end.
        case log(EventLog)

        /// A bar on a terminal, lines elsewhere.
        package static func automatic(quiet: Bool) -> Style {
            quiet ? .quiet : isatty(STDERR_FILENO) == 1 ? .bar : .lines
        }
    }

    private struct State {
        var started: ContinuousClock.Instant
        var lastDrawn: ContinuousClock.Instant?
        var barIsOpen = false
        /// Whether the end was told: what goes on after it (a validation) keeps to the interval, too.
        var endWasTold = false
    }

    private let style: Style
    private let title: String
    private let unit: String
    private let state: Mutex<State>

    /// - Parameters:
    ///   - title: what is being done, e.g. `ingest`.
    ///   - unit: what is counted, in the plural, e.g. `videos`.
    package init(_ title: String, unit: String, style: Style) {
        self.style = style
        self.title = title
        self.unit = unit
        state = Mutex(State(started: .now))
    }

    /// Reports a position.
    ///
    /// - Parameters:
    ///   - done: units finished, of `total`.
    ///   - share: share of the whole work finished, in [0, 1], if the cost of units differs; nil for done / total.
    ///   - failed: units that failed.
    ///   - note: the current state in a few words, e.g. the loss.
    package func update(done: Int, total: Int, share: Double? = nil, failed: Int = 0, note: String = "") {
        guard style != .quiet else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            let isEnd = done >= total
            let isLast = isEnd && !state.endWasTold
            let interval: Duration = style == .bar ? .milliseconds(100) : .seconds(10)
            if !isLast, let last = state.lastDrawn ?? (style == .bar ? nil : state.started), now - last < interval {
                return
            }
            state.lastDrawn = now
            state.endWasTold = isEnd
            let elapsed = (now - state.started).inSeconds
            let share = share ?? (total > 0 ? Double(done) / Double(total) : 1)
            if case .log(let log) = style {
                var values: [String: JSONValue] = [
                    "stage": .string(title), "unit": .string(unit), "done": .integer(done), "total": .integer(total),
                    "failed": .integer(failed), "seconds": .number(elapsed),
                ]
                if elapsed > 0 { values["rate"] = .number(Double(done) / elapsed) }
                if share > 0, share <= 1 { values["eta"] = .number(elapsed / share * (1 - share)) }
                if !note.isEmpty { values["message"] = .string(note) }
                return log.write("progress", .info, values)
            }
            var parts = ["\(done)/\(total) \(unit)"]
            if elapsed > 0, done > 0 { parts.append("\((Double(done) / elapsed).rateText)/s") }
            if isEnd {
                parts.append("in \(elapsed.clockText)")
            } else if share > 0, elapsed > 1 {
                parts.append("ETA \((elapsed / share * (1 - share)).clockText)")
            }
            if failed > 0 { parts.append("\(failed) failed") }
            if !note.isEmpty { parts.append(note) }
            let text = parts.joined(separator: "  ")
            switch style {
            case .bar:
                let width = 24
                let filled = min(width, max(0, Int(share * Double(width))))
                let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
                write("\r\u{1B}[K\(title.padded(to: 9)) \(bar) \(text)")
                state.barIsOpen = true
            case .lines: write("\(title): \(text)\n")
            case .quiet, .log: break
            }
        }
    }

    /// Ends the bar's line, so that further output starts on a new line.
    package func finish() {
        state.withLock { state in
            if state.barIsOpen { write("\n") }
            state.barIsOpen = false
        }
    }

    /// Prints a message between two states of the bar.
    package func say(_ message: String) {
        guard style != .quiet else { return }
        if case .log(let log) = style { return log.write("message", .warning, ["message": .string(message)]) }
        state.withLock { state in
            write((state.barIsOpen ? "\r\u{1B}[K" : "") + PathEscape.withoutControls(message) + "\n")
            state.barIsOpen = false
            state.lastDrawn = nil
        }
    }

    /// Prints a message on a line of its own, where no bar is known of.
    package static func say(_ message: String, style: Style) {
        guard style != .quiet else { return }
        if case .log(let log) = style { return log.write("message", .warning, ["message": .string(message)]) }
        let clean = PathEscape.withoutControls(message)
        FileHandle.standardError.write(Data(((style == .bar ? "\r\u{1B}[K" : "") + clean + "\n").utf8))
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

extension Duration {
    /// The duration in seconds.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension Double {
    /// `1:02:03`, `4:05` or `12 s`, of seconds.
    package var clockText: String {
        guard isFinite else { return "?" }
        let seconds = Int(rounded())
        if seconds < 60 { return "\(seconds) s" }
        let rest = (seconds % 60).twoDigits
        let minutes = seconds / 60
        return minutes < 60 ? "\(minutes):\(rest)" : "\(minutes / 60):\((minutes % 60).twoDigits):\(rest)"
    }

    /// A rate with three significant digits.
    fileprivate var rateText: String {
        self >= 100 ? String(Int(rounded())) : String(format: self >= 10 ? "%.1f" : "%.2f", self)
    }
}

extension Int {
    fileprivate var twoDigits: String { self < 10 ? "0\(self)" : String(self) }
}
