/// The keys of the pipeline file that the trainer's messages name, in one place; printed in full, e.g. `train.batch_size`.
package enum TrainKey: String, Sendable, CaseIterable, CustomStringConvertible {
    case name
    case recipe
    case batchSize = "batch_size"
    case accumulate
    case syncBatchNorm = "sync_batch_norm"
    case pairsPerEpoch = "pairs_per_epoch"
    case loaderThreads = "loader_threads"
    case prefetchBatches = "prefetch_batches"
    case precision
    case lossEvery = "loss_every"
    case checkpointSteps = "checkpoint_steps"
    case grownShards = "grown_shards"
    case cropScale = "crop_scale"
    case frames = "model.frames"
    case cropSize = "model.crop_size"
    case videoWidth = "model.video.width"
    case audioWidth = "model.audio.width"
    case audioTrunk = "model.audio.trunk"
    case fusion = "model.fusion"
    case segments = "model.segments"
    case frameStep = "model.frame_step"
    case hears = "model.multisensory.hears"
    case waveform = "model.multisensory.waveform"
    case channels = "model.multisensory.channels"
    case normMomentum = "model.multisensory.norm_momentum"
    case anew = "model.multisensory.anew"
    case renorm = "model.multisensory.renorm"
    case spectrogram = "model.spectrogram"
    case embedding = "model.embedding"
    case embeddingNorm = "model.embedding_norm"
    case margin = "loss.margin"
    case brightness = "jitter.brightness"
    case saturation = "jitter.saturation"
    case volume = "jitter.volume"
    case separationSampleRate = "separation.sample_rate"
    case separationFPS = "separation.fps"
    case separationStep = "separation.step"
    case separationFFT = "separation.fft"
    case separationWindows = "separation.windows"
    case separationLevel = "separation.level"
    case separationPhase = "separation.phase"
    case separationMask = "separation.mask"
    case separationQuietest = "separation.quietest"
    case separationLoudest = "separation.loudest"
    case separationPhaseWeight = "separation.phase_weight"
    case separationWidth = "separation.width"
    case separationLayers = "separation.layers"
    case learningRate = "optimizer.lr"
    case clipNorm = "optimizer.clip_norm"
    case validationPairs = "validation.pairs"
    case validationEvery = "validation.every"
    case stages

    package var description: String { "train.\(rawValue)" }

    /// The pipeline file's name for a property of ``TrainSettings`` or of a part of it, e.g. `crop_scale` for `cropScale`.
    package static func name(ofProperty property: String) -> String {
        if let name = ["learningRate": "lr", "recipeName": "recipe"][property] { return name }
        return property.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}
