import AVPrepTorch
import Foundation

/// The supervised baseline beside L3-Net: both of its trunks, each with a layer that tells classes (Arandjelović &
/// Zisserman, ICCV 2017, §3.3).
///
/// | part | shape |
/// |---|---|
/// | `video`, `audio` ``VGGTrunk``, maximum over everything | `[N, 8W]` each |
/// | `video.fc`, `audio.fc` | `[N, classes]` each |
struct LabelNetwork {
    let store: ParameterStore
    private let trunks: (video: VGGTrunk, audio: VGGTrunk)
    private let layers: (video: Linear, audio: Linear)

    /// - Parameter seed: what the first weights are drawn by; nil for a model whose weights are about to be read.
    init(settings: ModelSettings, classes: Int, seed: UInt64?, engine: Engine) throws {
        store = ParameterStore(engine: engine, seed: seed)
        trunks = (
            try VGGTrunk(store.root / "video", from: 3, width: settings.video.width),
            try VGGTrunk(store.root / "audio", from: 1, width: settings.audio.width)
        )
        layers = (
            try Linear(store.root / "video" / "fc", from: trunks.video.channels, to: classes),
            try Linear(store.root / "audio" / "fc", from: trunks.audio.channels, to: classes)
        )
    }

    /// Logarithms of the probabilities of classes by the picture `[N, 3, S, S]` and by the sound `[N, 1, F, B]`:
    /// `[N, classes]` each.
    func callAsFunction(pictures: Tensor, spectrograms: Tensor, training: Bool) throws -> (video: Tensor, audio: Tensor)
    {
        let ordered = pictures.engine.isCUDA ? pictures : try pictures.ordered(.channelsLast)
        let seen = try layers.video(try trunks.video(ordered, training: training).maximum([2, 3]))
        let heard = try layers.audio(try trunks.audio(spectrograms, training: training).maximum([2, 3]))
        return (video: try seen.logSoftmax(1), audio: try heard.logSoftmax(1))
    }

    /// Direct combination: the chance that both are of the same class, of probabilities by their logarithms `[N, classes]`.
    static func products(_ video: Tensor, _ audio: Tensor) throws -> [Float] {
        let (seen, heard) = (try video.floats(), try audio.floats())
        let classes = video.shape[1]
        return stride(from: 0, to: seen.count, by: classes).map { row in
            (row..<row + classes).reduce(0) { $0 + exp(seen[$1] + heard[$1]) }
        }
    }
}
