extension Int {
    /// The number with zeros in front, so that names sort by it: `7.zeroPadded(to: 5)` is `00007`. Longer ones stay whole.
    package func zeroPadded(to digits: Int) -> String {
        let text = String(self)
        return String(repeating: "0", count: Swift.max(0, digits - text.utf8.count)) + text
    }
}
