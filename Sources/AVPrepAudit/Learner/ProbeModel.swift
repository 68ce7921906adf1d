/// What a probe learns: a straight line and a few small trees, half each. Small on purpose: a probe is to find what any
/// network would find at once, in seconds, on few examples.
struct ProbeModel {
    private let scale: FeatureScale
    private let line: LogisticModel
    private let trees: BoostedTrees

    /// - Returns: nil where one of the labels does not occur.
    /// - Throws: ``AuditError``.
    init?(_ examples: Examples) throws(AuditError) {
        guard let weights = examples.balancedWeights else { return nil }
        scale = FeatureScale(examples)
        let features = scale.apply(examples)
        line = LogisticModel(features, width: examples.featureCount, labels: examples.labels, sampleWeights: weights)
        trees = try BoostedTrees(
            features, width: examples.featureCount, labels: examples.labels, sampleWeights: weights)
    }

    /// Log odds of the label for each row.
    ///
    /// - Throws: ``AuditError``.
    func logits(_ examples: Examples) throws(AuditError) -> [Double] {
        let features = scale.apply(examples)
        return zip(line.logits(features), try trees.logits(features)).map { ($0 + $1) / 2 }
    }
}
