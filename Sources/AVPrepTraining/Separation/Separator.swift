import AVPrepAudio
import AVPrepCore
package import AVPrepModel
package import AVPrepTorch
import Foundation

/// A trained separation run, for clips that are not in shards.
package final class Separator {
    package let settings: SeparationSettings
    /// Frames that the network sees of a clip, and every so-manieth of the film it sees; 0 frames where what is seen plays no
    /// part.
    package let frames: Int
    package let frameStep: Int
    /// Channels of the sound that it hears.
    package let channels: Int
    /// Which weights these are.
    package let weights: RunFolder.Weights
    package let steps: Int
    private let cropSize: Int
    private let scale: ClosedRange<Double>
    private let model: SeparationModel
    private let engine: Engine
    private var spectrum: LogSpectrum
    private var resampler: CropResampler
    private var prepared: (width: Int, height: Int)?

    /// - Parameter run: the run's folder.
    /// - Throws: ``TrainingError`` when there is no such run, or it is of another recipe; what the engine throws.
    package init(run: String, device: Engine.Device? = nil, threads: Int? = nil) throws {
        let folder = RunFolder(run)
        weights = try folder.has(.best) ? .best : .last
        guard try folder.has(weights) else {
            throw TrainingError(.settings, "\(run) has no checkpoint; run `avprep train`, or name another run")
        }
        let checkpoint = try TrainingCheckpoint.load(folder.checkpoint(weights))
        let own = checkpoint.state.settings
        guard let recipe = own.recipe as? SeparationRecipe else {
            throw TrainingError(
                .settings,
                "\(run) is a run of \(TrainKey.recipe) \(own.recipeName.rawValue), which separates nothing; name a run of \(TrainSettings.RecipeName.separation.rawValue)"
            )
        }
        try own.checkValues()
        settings = recipe.settings
        channels = own.model.multisensory.channels
        frames = settings.features == .none ? 0 : own.model.frames
        frameStep = max(1, own.model.frameStep)
        cropSize = own.model.cropSize
        scale = own.cropRange
        steps = checkpoint.state.step
        engine = try TrainingRanks().engine(device ?? own.device, threads: threads ?? own.threads, own)
        let count = settings.sampleCount
        let spectra = [3, 2, settings.windows, settings.bins]
        var inputs = [
            InputShape(name: MixtureInput.Part.spectra.rawValue, type: .float32, sizes: spectra),
            InputShape(name: MixtureInput.Part.mixture.rawValue, type: .float32, sizes: [channels, count]),
        ]
        if frames > 0 {
            inputs.append(InputShape(name: PictureInput.name, type: .uint8, sizes: [frames, cropSize, cropSize, 3]))
        }
        model = try recipe.separator(inputs, seed: nil, engine: engine)
        try model.store.fill(from: checkpoint.model, source: folder.checkpoint(weights))
        spectrum = settings.spectrum(try settings.fourier)
        resampler = CropResampler(size: cropSize)
    }

    /// Bytes of a picture as the network sees it.
    package var pictureBytes: Int { cropSize * cropSize * 3 }

    /// The square in the middle of a picture, as evaluation cuts it.
    package func square(of picture: PixelBuffer) -> [UInt8] {
        if prepared?.width != picture.width || prepared?.height != picture.height {
            let crop = AugmentedCrop.center(width: picture.width, height: picture.height, scale: scale)
            resampler.prepare(
                width: picture.width, height: picture.height, x: Double(crop.x), y: Double(crop.y),
                side: Double(crop.side), isFlipped: false)
            prepared = (picture.width, picture.height)
        }
        var square = [UInt8](repeating: 0, count: pictureBytes)
        square.withUnsafeMutableBufferPointer {
            resampler.resample(UnsafeBufferPointer(picture.pixels), stride: picture.width, into: $0)
        }
        return square
    }

    /// The two sounds of a clip.
    ///
    /// - Parameters:
    ///   - pictures: ``square(of:)`` of ``frames`` pictures, one after the other.
    ///   - sound: ``channels`` times the settings' samples, channel by channel.
    /// - Returns: as many mono samples of either: silence of silence.
    package func separate(pictures: [UInt8], sound: [Float]) throws -> (on: [Float], off: [Float]) {
        let count = settings.sampleCount
        precondition(sound.count == channels * count, "\(sound.count) samples of \(channels) × \(count)")
        precondition(pictures.count == frames * pictureBytes, "\(pictures.count) bytes of \(frames) pictures")
        // What is no number counts as silence.
        let clean = sound.map { $0.isFinite && abs($0) < 1e6 ? $0 : 0 }
        var mono = [Float](repeating: 0, count: count)
        for channel in 0..<channels {
            for index in 0..<count { mono[index] += clean[channel * count + index] / Float(channels) }
        }
        let level = (mono.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(count)).squareRoot()
        guard level > 1e-7 else { return (on: mono.map { _ in 0 }, off: mono.map { _ in 0 }) }
        // As loud as two sounds of the level that it has learnt from.
        let gain = Float(settings.level * 2.0.squareRoot() / level)
        for index in mono.indices { mono[index] *= gain }
        let planes = 2 * spectrum.planeCount
        var spectra = [Float](repeating: -1, count: 3 * planes)
        mono.withUnsafeBufferPointer { mono in
            spectra.withUnsafeMutableBufferPointer {
                spectrum.encode(mono, into: UnsafeMutableBufferPointer(rebasing: $0[..<planes]))
            }
        }
        var inputs = [
            MixtureInput.Part.spectra.rawValue: try Tensor(
                spectra, shape: [1, 3, 2, settings.windows, settings.bins], engine: engine)
        ]
        if frames > 0 {
            inputs[MixtureInput.Part.mixture.rawValue] = try Tensor(
                clean.map { WaveformInput.compressed($0 * gain) }, shape: [1, channels, count], engine: engine)
            inputs[PictureInput.name] = try Tensor(
                bytes: pictures, shape: [1, frames, cropSize, cropSize, 3], engine: engine)
        }
        let batch = TensorBatch(
            inputs: inputs, labels: try Tensor([1], shape: [1], engine: engine), kinds: [.positive])
        let (on, off) = try engine.withoutGradients {
            try engine.inPrecision { try model.spectra(of: batch, training: false) }
        }
        let sounds = spectrum.sounds(
            on: try on.floats(), off: try off.floats(), of: Array(spectra[..<planes]), settings)
        return (on: sounds.on.map { $0 / gain }, off: sounds.off.map { $0 / gain })
    }
}
