import AVPrepTorch
import AVPrepTraining

/// The keys under `train`.
enum TrainTable {
    static var train: SettingsTable<TrainSettings> {
        SettingsTable<TrainSettings>([
            .text("name", \.name, "the run's folder under runs"),
            .choice(
                "recipe", \.recipeName,
                "avts: embeddings of picture and sound; l3: one frame and its sound; l3-labels: its supervised baseline; arrow-of-time: flow either way; multisensory: 4 s with their sound and one of another time; separation: which part of a mixture is seen"
            ),
            .choice("device", \.device, "auto: CUDA if available, else cpu"),
            .integer("threads", \.threads, in: 0...1024, "CPU threads of the engine; 0: all cores"),
            .choice("precision", \.precision, "of convolutions and products; bfloat16: faster where the device has it"),
            .flag("deterministic", \.deterministic, "the same bits on every run; false: faster on CUDA"),
            .integer(
                "loss_every", \.lossEvery, in: 0...100_000, "steps between readings of the loss; 0: 1, on CUDA 10"),
            .integer(
                "batch_size", \.batchSize, in: 2...65_536,
                "pairs per step of all processes together, half of them positive; of multisensory clips, each with two sounds"
            ),
            .integer(
                "accumulate", \.accumulate, in: 1...4096,
                "parts of a batch whose gradients are added up, each with its own batch statistics"),
            .flag(
                "sync_batch_norm", \.syncBatchNorm,
                "several processes normalise with the statistics of all their batches together"),
            .integer("pairs_per_epoch", \.pairsPerEpoch, in: 0...1_000_000_000, "pairs per epoch; 0: the whole set"),
            .integer("loader_threads", \.loaderThreads, in: 0...1024, "threads that prepare batches; 0: one per core"),
            .integer("prefetch_batches", \.prefetchBatches, in: 1...1024, "batches prepared ahead"),
            .integer("checkpoint_steps", \.checkpointSteps, in: 1...1_000_000, "steps between checkpoints in an epoch"),
            .choice(
                "grown_shards", \.grownShards,
                "when the shards changed since the run began: refuse, or continue with those that are there now"),
            .flag("flip", \.flip, "random horizontal flips"),
            .interval(
                "crop_scale", \.cropScale, in: 0.05...1, "side of the random crop, as a fraction of the shorter side"),
            .section("jitter", \.jitter, jitter, "changes of colour and volume at random, in training alone"),
            .section("model", \.model, model, "the two networks and their input"),
            .section("loss", \.loss, loss, "what avts minimises"),
            .section("separation", \.separation, separation, "on- and off-screen sound: mixtures, spectra, u-net"),
            .section("optimizer", \.optimizer, optimizer, "how weights are updated, and how the rate runs"),
            .section("validation", \.validation, validation, "how often and on how much a run is measured"),
            .sections(
                "stages", \.stages, stage, template: StageSettings(name: "easy", set: "easy", epochs: 1),
                "the stages of the curriculum, in order"),
        ])
    }

    static var model: SettingsTable<ModelSettings> {
        SettingsTable<ModelSettings>([
            .integer("frames", \.frames, in: 0...512, "of a picture clip; 0: all that the pair set's clips hold"),
            .integer("crop_size", \.cropSize, in: 16...1024, "side of the square picture"),
            .text("spectrogram", \.spectrogram, "name of the stored spectrogram that the audio network takes"),
            .section("video", \.video, videoNetwork, "the network that sees the picture"),
            .section("audio", \.audio, audioNetwork, "the network that hears the spectrogram"),
            .choice(
                "temporal_head", \.temporalHead, "average: mean over time; keep-time: the last layer sees the time axis"
            ),
            .integer("embedding", \.embedding, in: 1...8192, "dimension of the two embeddings"),
            .flag(
                "embedding_batch_norm", \.embeddingBatchNorm,
                "batch normalisation of the embeddings; training converges far sooner"),
            .number(
                "embedding_norm", \.embeddingNorm, in: 0...100,
                "Euclidean norm to which embeddings are scaled; 0: not scaled"),
            .integer(
                "fusion", \.fusion, in: 1...65_536, "units between both networks and the answer: l3, cross-entropy"),
            .integer("segments", \.segments, in: 1...64, "parts of a clip that arrow-of-time sees one by one"),
            .integer(
                "frame_step", \.frameStep, in: 1...512, "every so-manieth frame of a clip is seen: avts, multisensory"),
            .section("multisensory", \.multisensory, multisensory, "what multisensory's network alone has"),
        ])
    }

    static var multisensory: SettingsTable<MultisensorySettings> {
        SettingsTable<MultisensorySettings>([
            .choice("hears", \.hears, "waveform; spectrogram: that of model.spectrogram; nothing: the picture decides"),
            .text("waveform", \.waveform, "the stored waveform: pcm, or a name of ingest.waveforms"),
            .integer("channels", \.channels, in: 1...64, "of the waveform, as the shards hold it"),
            .number(
                "norm_momentum", \.normMomentum, in: 0.000001...1,
                "share of a batch in the running statistics; short runs need more, such as 0.1"),
            .flag("renorm", \.renorm, "batch renormalisation where a block ends: for small batches"),
            .flag("fine_map", \.fineMap, "no stride in conv5_1: class activation maps of twice the size"),
            .optionalText(
                "weights", \.weights,
                "file that the whole network begins with: a run's multisensory.safetensors; \"\": none"),
            .texts(
                "anew", \.anew,
                "parts that take nothing from that file: beginnings of tensor names, e.g. [video.conv2_2]",
                mayBeEmpty: true),
        ])
    }

    static var videoNetwork: SettingsTable<VideoNetworkSettings> {
        SettingsTable<VideoNetworkSettings>([
            .choice(
                "trunk", \.trunk,
                "3-D convolutions: below only, throughout, factored into space and time (torchvision's), or Inception"),
            .integer("width", \.width, in: 1...256, "channels of the first convolution; 64 is the published networks'"),
            .flag("residual", \.residual, "residual connections, as in torchvision; not of i3d and l3"),
            .optionalText(
                "weights", \.weights, "file to begin with: torchvision's .pth, or .safetensors; \"\": none"),
        ])
    }

    static var audioNetwork: SettingsTable<AudioNetworkSettings> {
        SettingsTable<AudioNetworkSettings>([
            .choice("trunk", \.trunk, "syncnet: five convolutions; vgg: eight in four blocks, as in l3"),
            .integer("width", \.width, in: 1...256, "channels of the first convolution"),
            .optionalText("weights", \.weights, "file to begin with: .safetensors or .pth; \"\": none"),
        ])
    }

    static var loss: SettingsTable<LossSettings> {
        SettingsTable<LossSettings>([
            .choice(
                "kind", \.kind, "contrastive: on distances; cross-entropy: begin it with a contrastive run's weights"),
            .number("margin", \.margin, in: 0.001...100, "distance to which negatives are pushed apart"),
            .flag("squared_positive", \.squaredPositive, "square the distance of positives, too"),
        ])
    }

    static var separation: SettingsTable<SeparationSettings> {
        SettingsTable<SeparationSettings>([
            .choice(
                "loss", \.loss,
                "on-off: the first sound is that of what is seen; permutation-invariant: either order, whichever fits"),
            .choice("phase", \.phase, "of the sounds that are made: the network's, or the mixture's"),
            .choice(
                "mask", \.mask,
                "none: sounds are what the network finds; ratio: their shares of the mixture (phase must be mixture)"),
            .choice("features", \.features, "of what is seen: those of model.multisensory's network, or none"),
            .integer("sample_rate", \.sampleRate, in: 100...1_000_000, "of the stored waveform"),
            .number("fps", \.fps, in: 0.1...1000, "of the stored pictures"),
            .integer("window", \.window, in: 2...65_536, "samples of a window"),
            .integer("step", \.step, in: 1...32_768, "samples from one window to the next"),
            .integer("fft", \.fft, in: 32...65_536, "samples of a transform; half as many bins are seen"),
            .integer("windows", \.windows, in: 8...65_536, "of a clip"),
            .number("level", \.level, in: 0.0001...1, "root mean square of each sound in a mixture"),
            .number(
                "quietest", \.quietest, in: -200...200, "decibels of a bin below which all is silence to the network"),
            .number("loudest", \.loudest, in: -200...200, "decibels of the loudest bin that it knows"),
            .number("phase_weight", \.phaseWeight, in: 0...100, "of the phase in the loss, beside 1 of the loudness"),
            .integer("width", \.width, in: 1...1024, "channels of the u-net's first convolution"),
            .integer("layers", \.layers, in: 5...12, "of the u-net, down, and up again"),
        ])
    }

    static var jitter: SettingsTable<JitterSettings> {
        SettingsTable<JitterSettings>([
            .number("brightness", \.brightness, in: 0...0.9, "largest change, as a share of white"),
            .number("saturation", \.saturation, in: 0...0.9, "colours are multiplied by 1 plus or minus up to this"),
            .number("volume", \.volume, in: 0...0.9, "samples are multiplied by 1 plus or minus up to this"),
        ])
    }

    static var optimizer: SettingsTable<OptimizerSettings> {
        SettingsTable<OptimizerSettings>([
            .choice("kind", \.kind, "sgd: gradient descent with momentum; adam; adamw: with decoupled weight decay"),
            .number("lr", \.learningRate, in: 1e-9...100, "initial learning rate"),
            .number("momentum", \.momentum, in: 0...0.9999, "of gradient descent"),
            .number("weight_decay", \.weightDecay, in: 0...1, "L2 penalty, or adamw's decay"),
            .flag("nesterov", \.nesterov, "Nesterov's form of momentum"),
            .number("beta1", \.beta1, in: 0...0.9999, "decay of Adam's first moment"),
            .number("beta2", \.beta2, in: 0...0.999999, "decay of Adam's second moment"),
            .number("epsilon", \.epsilon, in: 1e-16...1, "added to the root of Adam's second moment"),
            .number("clip_norm", \.clipNorm, in: 0...1e9, "largest norm of all gradients together; 0: no limit"),
            .choice(
                "schedule", \.schedule,
                "of lr; plateau: lower when the loss stops falling; step: every step_epochs; cosine: to 0; constant"),
            .integer("warmup_steps", \.warmupSteps, in: 0...10_000_000, "steps in which lr rises at the begin"),
            .number("plateau_factor", \.plateauFactor, in: 0.001...1, "factor on lr at a plateau"),
            .integer(
                "plateau_patience", \.plateauPatience, in: 1...10_000, "epochs without a lower loss that make a plateau"
            ),
            .number("step_factor", \.stepFactor, in: 0.0001...1, "factor on lr of the schedule step"),
            .integer("step_epochs", \.stepEpochs, in: 1...1_000_000, "epochs between its steps"),
        ])
    }

    static var validation: SettingsTable<ValidationSettings> {
        SettingsTable<ValidationSettings>([
            .integer("pairs", \.pairs, in: 0...1_000_000_000, "pairs of each set, the same every time; 0: all"),
            .integer("every", \.every, in: 1...1_000_000, "epochs between validations; a stage's last always has one"),
        ])
    }

    static var stage: SettingsTable<StageSettings> {
        SettingsTable<StageSettings>([
            .text("name", \.name, "in metrics and reports"),
            .text("set", \.set, "pair set to train on"),
            .integer("epochs", \.epochs, in: 0...1_000_000, "number of epochs"),
            .number("lr", \.learningRate, in: 0...100, "learning rate at its start; 0: keep the current one"),
            .texts(
                "freeze", \.freeze, "parts that do not learn: beginnings of tensor names, e.g. [video, audio]",
                mayBeEmpty: true),
        ])
    }
}
