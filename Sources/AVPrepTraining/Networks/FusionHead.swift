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

    /// How much more "yes" is the answer to each of P vectors of a picture than to the mean of them: `[N, P, A]` beside sounds
    /// `[N, B]` → `[N, P]`.
    func answers(ofPictures places: Tensor, besideSound sound: Tensor) throws -> Tensor {
        try answers(places, from: 0, beside: sound, from: places.shape[2])
    }

    /// The same of vectors of a sound: `[N, P, B]` beside pictures `[N, A]`.
    func answers(ofSounds places: Tensor, besidePicture picture: Tensor) throws -> Tensor {
        try answers(places, from: picture.shape[1], beside: picture, from: 0)
    }

    private func answers(_ places: Tensor, from first: Int, beside other: Tensor, from second: Int) throws -> Tensor {
        let (count, number, width) = (places.shape[0], places.shape[1], places.shape[2])
        let weight = try hidden.weight.converted(to: .float32)
        let units = weight.shape[0]
        let known = try other.converted(to: .float32).linear(
            weight: try weight.narrowed(1, second..<second + other.shape[1]),
            bias: try hidden.bias.converted(to: .float32)
        ).reshaped([count, 1, units])
        let rows = try answer.weight.converted(to: .float32)
        let difference = try rows.narrowed(0, 1..<2) - rows.narrowed(0, 0..<1)
        func answers(_ places: Tensor) throws -> Tensor {
            let own = try places.linear(weight: try weight.narrowed(1, first..<first + width))
            return try (own + known).relu().linear(weight: difference)
        }
        let own = try places.converted(to: .float32)
        let usual = try own.mean([1]).reshaped([count, 1, width])
        return try (try answers(own) - answers(usual)).reshaped([count, number])
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
