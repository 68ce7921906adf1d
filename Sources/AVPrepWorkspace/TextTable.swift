/// Rows of cells in aligned columns, for reports.
package enum TextTable {
    /// The first column is aligned left, numbers are aligned right.
    package static func text(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                let number = cell.hasSuffix(" %") ? String(cell.dropLast(2)) : cell
                let isNumber = column > 0 && Double(number) != nil
                return isNumber ? padding + cell : cell + padding
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
