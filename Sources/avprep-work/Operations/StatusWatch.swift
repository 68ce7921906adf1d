import AVPrepCore
import AVPrepPipeline
import ArgumentParser
import Foundation

/// Shows a report again and again: redrawn in place on a terminal; elsewhere a block of text, or a line of JSON, each time.
struct StatusWatch {
    let json: Bool
    /// From one to the next.
    let seconds: Double

    /// Runs until a signal ends it, or nobody reads.
    ///
    /// - Parameter make: reads the catalog beside whoever writes it, and waits for nobody.
    func run(_ make: () throws -> StatusReport) throws {
        let isDrawn = !json && isatty(STDOUT_FILENO) == 1
        var isFirst = true
        if isDrawn { _ = write("\u{1B}[2J") }
        do {
            while true {
                try Session.cancellation.check()
                let text = try text(make)
                if isDrawn {
                    draw(text)
                } else {
                    let block = json ? text + "\n" : "\(isFirst ? "" : "\n")\(Date().formatted(.iso8601))\n\(text)\n"
                    guard write(block) else { return }
                }
                isFirst = false
                try Session.cancellation.wait(seconds: seconds)
            }
        } catch is CancellationError {
            if isDrawn { _ = write("\n") }
            throw ExitCode((Session.cancellation.requested ?? .interrupted).rawValue)
        }
    }

    /// What cannot be shown yet is no reason to stop watching: the first ingest may be about to begin.
    private func text(_ make: () throws -> StatusReport) throws -> String {
        do {
            let report = try make()
            return json ? try CanonicalJSON.encode(report) : report.text
        } catch let error as any ActionableError {
            return json ? try CanonicalJSON.encode(["error": error.description]) : "avprep: \(error.description)"
        }
    }

    /// Redraws what fits: whole lines are cut at the right edge, and the last ones at the lower one, so that nothing wraps
    /// or scrolls.
    private func draw(_ text: String) {
        let (columns, rows) = Self.size()
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            Self.cut(PathEscape.withoutControls(String($0)), to: columns)
        }
        let time = Self.cut(
            "avprep status, \(Date().formatted(date: .omitted, time: .standard)); Ctrl-C ends", to: columns)
        lines.insert(time, at: 0)
        if lines.count > rows - 1 { lines = Array(lines.prefix(max(1, rows - 2))) + [Self.cut("…", to: columns)] }
        // Home; each line is erased to its end after it is written, and the rest at last, so that nothing flickers.
        _ = write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J")
    }

    /// Columns and rows of the terminal; 80 and 24 where it does not say.
    private static func size() -> (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// A line of at most so many columns, of which wide characters take two.
    static func cut(_ line: String, to columns: Int) -> String {
        var width = 0
        var end = line.startIndex
        for index in line.indices {
            width += line[index].unicodeScalars.first.map(Self.isWide) == true ? 2 : 1
            if width > columns { return String(line[..<end]) }
            end = line.index(after: index)
        }
        return line
    }

    /// The scripts and signs of East Asia, and pictures.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }

    /// - Returns: whether it could be written: a pipe that nobody reads any more ends the watch.
    private func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            start += count
        }
        return true
    }
}
