/// The table of modules in `Sources/README.md`: what each module may import.
struct ModuleTable {
    struct Row: Equatable {
        let module: String
        /// As the table spells it: modules of this package without `AVPrep`, products of other packages by their own name.
        let mayImport: [String]
    }

    let rows: [Row]

    /// - Parameter text: the page's text. Its first table is meant: a row is `| names in backticks | purpose | names |`,
    ///   and `–` is no import at all.
    init(_ text: String) {
        var rows: [Row] = []
        let table = text.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        for line in table.dropFirst(2) {
            let cells = line.dropFirst().split(separator: "|", omittingEmptySubsequences: false)
            guard cells.count >= 3 else { continue }
            let names = cells[0].split(separator: "`").filter { !$0.allSatisfy { $0 == " " } }
            let allowed = cells[2].split { $0 == "," || $0 == " " || $0 == "`" }.filter { $0 != "–" }
            rows += names.map { Row(module: String($0), mayImport: allowed.map(String.init)) }
        }
        self.rows = rows
    }
}
