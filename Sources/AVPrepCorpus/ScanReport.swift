package import AVPrepCatalog

/// What scans left out or could not read, for reports.
package enum ScanReport {
    /// Largest number of lines about one kind of finding: trouble with a disk affects many folders.
    private static let limit = 20

    /// - Parameter unreachable: number of listed videos that could not be looked for.
    package static func lines(_ findings: [ScanFinding], unreachable: Int) -> [String] {
        var lines: [String] = []
        if unreachable > 0 {
            lines.append(
                "\(unreachable) videos are unreachable: what is known of them stays; list them with avprep status --list unreachable"
            )
        }
        for kind in [ScanFinding.Kind.unreadable, .repeated, .excluded] {
            let some = findings.filter { $0.kind == kind }
            lines += some.prefix(limit).map { "  " + $0.text }
            if some.count > limit {
                lines.append("  … and \(some.count - limit) more; list all with avprep status --json")
            }
        }
        return lines
    }
}
