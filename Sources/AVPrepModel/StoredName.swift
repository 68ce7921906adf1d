import AVPrepCore

/// Rules for the names of pair sets, spectrograms and waveforms in files.
package enum StoredName {
    /// The rule of ``isName(_:)``, for messages.
    package static let rule = "lower-case letters, digits and _, starting with a letter, at most 64 in all"

    /// Whether `name` is a valid name of a dataset, group or column: without characters that are special in HDF5, Python
    /// or paths.
    package static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first), name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { isLetter($0) || $0.isDigit || $0 == UInt8(ascii: "_") }
    }

    /// Whether `name` is a valid name of a dataset under /audio, and of its columns in the table of segments.
    package static func isTrackName(_ name: String) -> Bool {
        isName(name) && !["pcm", "frame", "flow_forward", "flow_backward"].contains(name)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
}

/// The name of a shard: its split and a number of five digits or a few more, `train-00000`.
package struct ShardName: Sendable, Equatable {
    package let split: Split
    package let number: Int
    /// Without an extension.
    package let text: String

    /// Extensions of shards, of their pair files and of their label files.
    package static let ending = ".h5"
    package static let pairEnding = ".pairs.h5"
    package static let labelEnding = ".labels.h5"

    package init(_ split: Split, _ number: Int) {
        self.split = split
        self.number = number
        text = split.rawValue + "-" + number.zeroPadded(to: 5)
    }

    /// - Parameter text: `train-00000`; nil for anything else.
    package init?(_ text: String) {
        guard let split = Split.allCases.first(where: { text.hasPrefix($0.rawValue + "-") }) else { return nil }
        let digits = text.utf8.dropFirst(split.rawValue.utf8.count + 1)
        guard (5...9).contains(digits.count), digits.allSatisfy(\.isDigit),
            let number = Int(String(decoding: digits, as: UTF8.self))
        else { return nil }
        self.split = split
        self.number = number
        self.text = text
    }

    /// - Parameter file: `train-00000.h5`; nil for anything else.
    package init?(file: String) {
        guard file.hasSuffix(Self.ending), let name = Self(String(file.dropLast(Self.ending.utf8.count))) else {
            return nil
        }
        self = name
    }

    /// - Parameter pairFile: `train-00000.pairs.h5`; nil for anything else.
    package init?(pairFile: String) { self.init(pairFile, ending: Self.pairEnding) }

    /// - Parameter labelFile: `train-00000.labels.h5`; nil for anything else.
    package init?(labelFile: String) { self.init(labelFile, ending: Self.labelEnding) }

    private init?(_ file: String, ending: String) {
        guard file.hasSuffix(ending), let name = Self(String(file.dropLast(ending.utf8.count))) else { return nil }
        self = name
    }
}
