import Foundation

/// The text format of Prometheus, without times of its own, which node_exporter's textfile collector refuses.
struct MetricsText {
    private var lines: [String] = []

    /// Appends a metric with its samples; one without samples is left out.
    ///
    /// - Parameters:
    ///   - samples: values by labels. No two have the same labels.
    mutating func add(_ name: String, _ help: String, _ samples: [(labels: [(String, String)], value: Double)]) {
        guard !samples.isEmpty else { return }
        lines.append("# HELP \(name) \(Self.escaped(help, quotes: false))")
        lines.append("# TYPE \(name) gauge")
        for sample in samples {
            let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }.joined(separator: ",")
            lines.append("\(name){\(labels)} \(Self.number(sample.value))")
        }
    }

    var text: String { lines.joined(separator: "\n") + "\n" }

    /// Backslashes, quotes and line ends as the format writes them.
    static func escaped(_ text: String, quotes: Bool) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? escaped.replacing("\"", with: "\\\"") : escaped
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : String(value)
    }

    /// The values of one metric in such a text, by the value of one of its labels: what this program wrote.
    static func values(of name: String, by label: String, in text: String) -> [String: Double] {
        var values: [String: Double] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix(name + "{") {
            guard let begin = line.range(of: "\(label)=\""), let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { continue }
            let rest = line[begin.upperBound...]
            if let end = rest.firstIndex(of: "\"") { values[String(rest[..<end])] = value }
        }
        return values
    }
}
