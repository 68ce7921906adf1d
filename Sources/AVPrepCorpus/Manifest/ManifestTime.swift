import AVPrepCore
import AVPrepModel

/// A time as manifests write it.
enum ManifestTime {
    /// Seconds, of `12`, `12.5`, `1:02`, `00:01:02.5` or `00:01:02,5`.
    ///
    /// - Returns: nil for anything else, also for what is negative or no number.
    static func seconds(_ text: String) -> Double? {
        if text.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) { return Double(text) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), let last = parts.last else { return nil }
        guard parts.count > 1 else {
            // Exponents; but no signs, words or hexadecimal numbers.
            let first = text.utf8.first
            guard first.map({ $0.isDigit || $0 == UInt8(ascii: ".") }) == true, !text.lowercased().contains("x"),
                let number = Double(text), number.isFinite
            else { return nil }
            return number
        }
        let whole = parts.dropLast().map { part in part.utf8.allSatisfy(\.isDigit) ? Int(part) : nil }
        let plain = last.replacing(",", with: ".")
        guard whole.allSatisfy({ $0 != nil }), plain.utf8.first.map(\.isDigit) == true,
            plain.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }), let rest = Double(plain), rest < 60,
            parts.count < 3 || (whole.last ?? 0).map({ $0 < 60 }) == true
        else { return nil }
        return whole.reduce(0) { 60 * $0 + Double($1 ?? 0) } * 60 + rest
    }
}

extension Split {
    /// The split of a manifest's word; nil for other words.
    init?(manifestWord word: String) {
        switch word.lowercased() {
        case "train", "training": self = .train
        case "val", "valid", "validate", "validation": self = .val
        case "test", "testing": self = .test
        default: return nil
        }
    }
}
