extension Collection where Element == Double {
    /// The value below which the fraction `share` (0...1) of the values lies, without interpolation; 0 for no values.
    func quantile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        let sorted = self.sorted()
        return sorted[Int((Double(sorted.count - 1) * share).rounded())]
    }

    /// The median; 0 for no values.
    var median: Double { quantile(0.5) }
}
