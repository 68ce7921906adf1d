import AVPrepTorch
import Foundation

/// What tells from a vector of the picture and one of the sound whether they belong together: both side by side, a hidden
/// layer with a ReLU, and two answers, "no" and "yes" (L3-Net: 1024 → 128 → 2).
struct FusionHead {
    private let hidden: Linear
    private let answer: Linear

    /// - Parameters:
    ///   - path: where `fc1` and `fc2` go.
    ///   - input: length of both vectors together.
    init(_ path: ParameterPath, from input: Int, hidden units: Int) throws {
        // He et al., arXiv 1502.01852, by incoming connections: a ReLU follows.
        hidden = try Linear(path / "fc1", from: input, to: units, deviation: (2 / Double(input)).squareRoot())
        answer = try Linear(path / "fc2", from: units, to: 2, deviation: (1 / Double(units)).squareRoot())
    }

    /// `[N, A]` and `[N, B]` → logits `[N, 2]`.
    func callAsFunction(_ video: Tensor, _ audio: Tensor) throws -> Tensor {
        // Losses and probabilities in single precision, whatever the layers took.
        try answer(try hidden(try Tensor.concatenated([video, audio], dimension: 1)).relu()).converted(to: .float32)
    }

    /// What one more of each input adds to the logit of "yes" over that of "no", as the ReLUs stand for these inputs:
    /// `[N, A + B]`.
    func slopes(_ video: Tensor, _ audio: Tensor) throws -> Tensor {
        let units = try hidden(try Tensor.concatenated([video, audio], dimension: 1)).converted(to: .float32)
        let answers = try answer.weight.floats()
        let count = units.shape[1]
        let open = try units.floats().enumerated().map { index, value in
            value > 0 ? answers[count + index % count] - answers[index % count] : 0
        }
        let engine = units.engine
        return try Tensor(open, shape: units.shape, engine: engine).linear(
            weight: try hidden.weight.converted(to: .float32).permuted([1, 0]))
    }

    /// The mean cross-entropy of logits `[N, 2]`, where label 1 (in sync) stands for the second answer.
    static func loss(_ logits: Tensor, labels: Tensor) throws -> Tensor {
        precondition(logits.shape == [labels.count, 2], "labels \(labels.shape) for logits \(logits.shape)")
        return try logits.crossEntropy(classes: try labels.converted(to: .int64))
    }

    /// The probability of each pair of being in sync, of logits `[N, 2]`.
    static func probabilities(_ logits: Tensor) throws -> [Float] {
        let values = try logits.floats()
        return probabilities(ofLogits: stride(from: 0, to: values.count, by: 2).map { values[$0 + 1] - values[$0] })
    }

    /// The logistic function of each.
    static func probabilities(ofLogits logits: [Float]) -> [Float] { logits.map { 1 / (1 + exp(-$0)) } }

    /// What its probabilities are for evaluation and reports.
    static let score = PairScore(name: "probability", order: .above)
}
