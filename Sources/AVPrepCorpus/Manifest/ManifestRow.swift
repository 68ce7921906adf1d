import AVPrepCore
import AVPrepModel

/// A row of a manifest, read but not looked up.
struct ManifestRow {
    enum Target: Equatable {
        case path([UInt8])
        case id([UInt8])
    }

    /// The line of the file that it begins in, and its number among the rows, both from 1 on.
    var line: Int
    var number: Int
    var target: Target
    /// In seconds; nil: from the start, to the end.
    var start: Double?
    var end: Double?
    var labels: [String]
    var split: Split?
    /// The word that the split was written as.
    var splitWord = ""
}

/// A row that says nothing usable.
struct MalformedRow: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
