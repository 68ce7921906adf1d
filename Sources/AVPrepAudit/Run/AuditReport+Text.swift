import AVPrepWorkspace
import Foundation

extension AuditReport {
    /// The table, a line for each leak, and what could not be told.
    package var text: String {
        var table = [
            ["set", "task", "probe", "examples", "videos", "accuracy", "95 % interval", "finds from", "verdict"]
        ]
        for row in rows {
            table.append([
                row.set, row.task, row.probe.rawValue, String(row.examples), String(row.videos),
                Self.percent(row.accuracy) + " %", "\(Self.percent(row.low)) to \(Self.percent(row.high))",
                Self.percent(row.detectable) + " %", Self.word(row.verdict),
            ])
        }
        return ([TextTable.text(table)] + findings + skippedLines + [summary]).joined(separator: "\n")
    }

    private var findings: [String] {
        rows.filter { [.leak, .trace, .content].contains($0.verdict) }.map { row in
            var measures = ["\(Self.percent(row.low)) to \(Self.percent(row.high)), chance 50"]
            if let control = row.control { measures.append("the middle of the picture \(Self.percent(control))") }
            if row.verdict != .content {
                measures.append(String(format: "p = %.1g over all %d rows", row.adjustedProbability, rows.count))
            }
            return "\(Self.word(row.verdict)): \(row.set), \(row.task): \(row.probe.rawValue) is right in "
                + "\(Self.percent(row.accuracy)) % (\(measures.joined(separator: "; "))). It sees \(row.advice)"
        }
    }

    private var skippedLines: [String] {
        skipped.map { "not looked at: \($0.set), \($0.task): \($0.probe.rawValue): \($0.reason)" }
    }

    private var summary: String {
        let effect = Self.percent(settings.minEffect)
        var parts: [String] = []
        if !leaks.isEmpty {
            parts.append(
                "\(leaks.count) of \(rows.count) rows leak (more than \(effect) points above chance, at a false alarm rate of "
                    + "\(Self.percent(settings.level)) % for the whole audit)")
        } else if undecided.isEmpty {
            let worst = rows.map(\.detectable).max() ?? 0.5
            parts.append(
                "no leak in \(rows.count) rows; one of up to \(Self.percent(worst - 0.5)) points would have been missed in the least certain row"
            )
        } else {
            parts.append("no leak found")
        }
        if !undecided.isEmpty {
            let worst = undecided.map(\.detectable).max() ?? 0.5
            parts.append(
                "\(undecided.count) of \(rows.count) rows cannot tell: too few videos or pairs, leaks of up to "
                    + "\(Self.percent(worst - 0.5)) points would go unseen; audit more videos, or accept that with --resolution"
            )
        }
        return parts.joined(separator: "; ")
    }

    private static func word(_ verdict: Verdict) -> String {
        switch verdict {
        case .leak: "LEAK"
        case .chance: "at chance"
        case .trace: "trace"
        case .content: "content"
        case .cannotTell: "cannot tell"
        }
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f", 100 * share) }
}
