import AVPrepCore

/// Which part of a division of the work a task does first: part `index` of `count`, from 1.
package struct PartNumber: Sendable, Equatable, Codable, CustomStringConvertible {
    package let index: Int
    package let count: Int

    /// Largest number of parts: Slurm's arrays have fewer.
    package static let limit = 1_000_000

    /// - Parameters:
    ///   - text: `I/N`, or `slurm` for what Slurm says of an array's task.
    ///   - environment: the environment's variables.
    /// - Throws: ``Failure`` with exit status 64 when it is neither.
    package init(_ text: String, environment: [String: String]) throws {
        let parsed = text == "slurm" ? try Self.slurm(environment) : Self.fraction(text)
        guard let (index, count) = parsed, (1...Self.limit).contains(count), (1...count).contains(index) else {
            throw Failure(
                "--part \(text) is no part: write I/N with I from 1 to N, such as 3/16, or slurm within a job array",
                exitStatus: .usage)
        }
        (self.index, self.count) = (index, count)
    }

    package var description: String { "\(index)/\(count)" }

    /// Whether an item is this part's: by its key, so that the order in which items are listed does not matter.
    package func owns(_ key: ItemKey) -> Bool { key.number % UInt64(count) == UInt64(index - 1) }

    /// How many parts after this one an item's part comes: 0 for this one's own.
    package func distance(of key: ItemKey) -> Int {
        let owner = Int(key.number % UInt64(count))
        return (owner - (index - 1) + count) % count
    }

    private static func fraction(_ text: String) -> (Int, Int)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1] else { return nil }
        return (index, count)
    }

    /// An array may begin anywhere (`--array=0-15`, `--array=3,7,9`): without steps the number counts from its first task;
    /// with other gaps between them some parts have no task, and the others do their items.
    private static func slurm(_ environment: [String: String]) throws -> (Int, Int)? {
        func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
        guard let task = number("SLURM_ARRAY_TASK_ID") else {
            throw Failure(
                "--part slurm needs a job array: SLURM_ARRAY_TASK_ID is not set; submit it with sbatch --array, or write --part I/N",
                exitStatus: .usage)
        }
        let first = number("SLURM_ARRAY_TASK_MIN") ?? 1
        let step = max(1, number("SLURM_ARRAY_TASK_STEP") ?? 1)
        let last = number("SLURM_ARRAY_TASK_MAX") ?? task
        let count = max(number("SLURM_ARRAY_TASK_COUNT") ?? 1, (last - first) / step + 1)
        return ((task - first) / step + 1, count)
    }
}

/// The name of an item of work among tasks: a digest of what it is.
package struct ItemKey: Sendable, Hashable, Comparable {
    /// 20 hexadecimal digits.
    package let text: String
    /// The first 15 of them, as a number.
    let number: UInt64

    /// - Parameter content: what distinguishes the item from all others.
    package init(of content: String) {
        text = String(SHA256.digest(of: content).hex.prefix(20))
        number = UInt64(text.prefix(15), radix: 16) ?? 0
    }

    /// A key as written in a log; nil when it is none.
    init?(_ text: Substring) {
        guard text.utf8.count == 20, let number = UInt64(text.prefix(15), radix: 16) else { return nil }
        self.text = String(text)
        self.number = number
    }

    package static func < (first: Self, second: Self) -> Bool { first.text < second.text }
}
