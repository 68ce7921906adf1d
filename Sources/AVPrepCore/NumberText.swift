extension Float {
    /// The number that this one is written as: 0.15 of `Float(0.15)`, whose plain conversion is 0.15000000596046448.
    ///
    /// For reports and messages only. What is computed, compared with thresholds or stored keeps its exact value.
    package var asWritten: Double { Double(description) ?? Double(self) }
}

extension Double {
    /// The shortest text that reads back as this number, without a needless `.0`.
    package var shortText: String {
        self == rounded() && abs(self) < 1e15 ? String(Int64(self)) : String(self)
    }
}

extension UInt8 {
    /// Whether this is the ASCII code of a decimal digit.
    package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
