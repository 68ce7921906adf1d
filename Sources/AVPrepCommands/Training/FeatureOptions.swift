package import ArgumentParser

/// Which features of clips a layer gives: options of `embed` and of `classify --run`.
package struct FeatureOptions: ParsableArguments {
    @Option(name: .long, help: "One of the part's layers; a wrong one lists them.")
    package var layer: String?

    @Option(name: .long, help: "max or mean.")
    package var pool = "max"

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Cells of time and of frequency, or of a picture's height and width.", valueName: "rows x columns"))
    package var grid: String?

    @Option(name: .long, help: "Clips of a file. Default: 10; of DCASE 2014 60.")
    package var clips: Int?

    @Option(name: .long, help: "Length of a clip. Default: that of the pairs' sound, or of their pictures.")
    package var clipSeconds: Double?

    /// ``grid`` as numbers.
    package var cells: [Int]? {
        guard let numbers = grid?.lowercased().split(separator: "x").map({ Int($0.trimmingPrefix(" ")) }) else {
            return nil
        }
        let cells = numbers.compactMap(\.self)
        return cells.count == 2 && numbers.count == 2 && cells.allSatisfy { (1...4096).contains($0) } ? cells : []
    }

    package mutating func validate() throws {
        if cells == [] { throw ValidationError("--grid takes two numbers, such as 3x4") }
        if !["max", "mean"].contains(pool) { throw ValidationError("--pool takes max or mean") }
        guard (1...100_000).contains(clips ?? 1) else { throw ValidationError("--clips takes 1 to 100000") }
        if let clipSeconds, !(clipSeconds > 0 && clipSeconds <= 3600) {
            throw ValidationError("--clip-seconds takes seconds, above 0")
        }
    }

    package init() {}
}
