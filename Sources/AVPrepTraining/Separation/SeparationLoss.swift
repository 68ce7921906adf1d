import AVPrepTorch

/// What separation minimises: mean absolute differences of loudness, and of phase by a small weight, of both sounds.
struct SeparationLoss {
    let settings: SeparationSettings

    /// - Parameters: spectra `[N, 2, T, F]`: what was found, and what is true.
    /// - Returns: of each sample, `[N]`.
    func callAsFunction(on: Tensor, off: Tensor, trueOn: Tensor, trueOff: Tensor) throws -> Tensor {
        let straight = try distance(on, trueOn) + distance(off, trueOff)
        switch settings.loss {
        case .onOff: return straight
        case .permutationInvariant:
            let crossed = try distance(on, trueOff) + distance(off, trueOn)
            // The smaller one of each sample.
            return try straight - (straight - crossed).relu()
        }
    }

    /// Of each sample: `[N]`.
    private func distance(_ found: Tensor, _ wanted: Tensor) throws -> Tensor {
        precondition(found.shape == wanted.shape, "spectra of \(found.shape) and \(wanted.shape)")
        let differences = try (found - wanted).magnitude().mean([2, 3])
        return try differences.narrowed(1, 0..<1).sum([1])
            + (differences.narrowed(1, 1..<2).sum([1]) * settings.phaseWeight)
    }
}
