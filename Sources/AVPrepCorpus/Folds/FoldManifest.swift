package import AVPrepCore
import Foundation

/// Which recordings there are, their classes, and the folds that they are tested in.
package struct FoldManifest: Sendable {
    package struct Row: Sendable, Equatable {
        /// Escaped, as the manifest has it.
        package var path: String
        package var label: String
        package var fold: String
        /// What it was cut from; itself where nothing is said of that.
        package var recording: String
        /// The file to open; empty where no file is meant.
        package var file: BytePath

        package init(path: String, label: String, fold: String, recording: String, file: BytePath = "") {
            (self.path, self.label, self.fold) = (path, label, fold)
            (self.recording, self.file) = (recording, file)
        }
    }

    package enum Layout: String, Sendable, Codable {
        case esc50, esc10, dcase, columns, features

        /// In words; nil where it is nothing that is published.
        package var title: String? {
            switch self {
            case .esc50: "ESC-50"
            case .esc10: "ESC-10"
            case .dcase: "DCASE 2014"
            case .columns, .features: nil
            }
        }

        /// Clips of a recording by the data set's protocol.
        package var publishedClips: Int { self == .dcase ? 60 : 10 }
    }

    package let name: String
    package let layout: Layout
    package private(set) var rows: [Row]
    /// What is to be said of how the folds came about; nil for those that the manifest states.
    package var foldNote: String?
    /// Rows that say again what another one says.
    package private(set) var repeated = 0

    /// - Throws: ``Failure`` for a recording in two folds, a file with two classes, and what has nothing to test.
    package init(name: String, layout: Layout, rows: [Row], foldNote: String? = nil) throws {
        (self.name, self.layout, self.foldNote) = (name, layout, foldNote)
        self.rows = []
        // By bytes: to Swift, names in two normal forms are one.
        var known: [[UInt8]: Row] = [:]
        var folds: [[UInt8]: Row] = [:]
        for row in rows {
            if let other = known[Array(row.path.utf8)] {
                if other.fold != row.fold { throw Self.leak(name, row, other, what: "the file \(row.path)") }
                guard other.label == row.label else {
                    throw Failure(
                        "\(name): \(row.path) is \"\(other.label)\" and \"\(row.label)\"; leave one of the rows",
                        exitStatus: .badInput)
                }
                repeated += 1
                continue
            }
            known[Array(row.path.utf8)] = row
            if let other = folds.updateValue(row, forKey: Array(row.recording.utf8)), other.fold != row.fold {
                throw Self.leak(name, row, other, what: "the recording \(row.recording)")
            }
            self.rows.append(row)
        }
        guard !self.rows.isEmpty else {
            throw Failure("\(name) has no row with a path, a label and a fold", exitStatus: .badInput)
        }
        guard Set(self.rows.map(\.fold)).count > 1 else {
            throw Failure(
                "\(name): all rows are in fold \(self.rows[0].fold): there is nothing to learn from when it is tested",
                exitStatus: .badInput)
        }
    }

    private static func leak(_ name: String, _ row: Row, _ other: Row, what: String) -> Failure {
        Failure(
            "\(name): \(what) is in two folds: \(other.path) in fold \(other.fold), \(row.path) in fold \(row.fold); "
                + "what is tested would have been learnt: put all of it into one fold", exitStatus: .badInput)
    }

    /// The folds that are tested, in order: `test` alone of `train` and `test`, else each in its turn.
    package var testFolds: [String] {
        let all = Set(rows.map(\.fold))
        if all == ["train", "test"] { return ["test"] }
        let numbers = all.map { (number: Int($0), name: $0) }
        return numbers.sorted {
            ($0.number ?? .max, $0.name) < ($1.number ?? .max, $1.name)
        }.map(\.name)
    }
}
