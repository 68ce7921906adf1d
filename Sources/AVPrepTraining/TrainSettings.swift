package import AVPrepCore
package import AVPrepTorch

/// The trunk that sees the picture, under torchvision's names where torchvision has it (Tran et al., CVPR 2018,
/// arXiv 1711.11248).
package struct VideoNetworkSettings: Sendable, Equatable, StoredSettings {
    package enum Trunk: String, Sendable, Codable, CaseIterable {
        /// 3-D convolutions in stem and first layer, 2-D ones above. AVTS's.
        case mc3 = "mc3-18"
        /// 3-D convolutions throughout.
        case r3d = "r3d-18"
        /// Each 3-D convolution as one over space and one over time.
        case r2plus1d = "r2plus1d-18"
        /// Inception-v1 inflated into time (Carreira & Zisserman, CVPR 2017).
        case i3d
    }

    package var trunk = Trunk.mc3
    /// Channels of the first convolution, to which all others are in proportion; 64 is the published networks'.
    package var width = 64
    /// AVTS's own MC3 reportedly has no residual connections; torchvision's has. I3D and L3-Net know none.
    package var residual = true
    /// A file of weights to begin with, relative to the pipeline file: torchvision's `.pth`, or safetensors; empty: none.
    package var weights = ""

    package init() {}

    package static var laterKeys: [String: LaterKey] {
        ["trunk": .omitted(at: Trunk.mc3), "weights": .omitted(at: "")]
    }
}

/// The trunk that hears the sound: convolutions on a spectrogram.
package struct AudioNetworkSettings: Sendable, Equatable, StoredSettings {
    package enum Trunk: String, Sendable, Codable, CaseIterable {
        /// Five convolutions after SyncNet's audio stream (Chung & Zisserman, "Out of time", ACCV-W 2016).
        case syncNet = "syncnet"
        /// Eight convolutions in four blocks, those of L3-Net.
        case vgg
    }

    package var trunk = Trunk.syncNet
    /// Channels of the first convolution; later ones are 3, 6, 4 and 4 times that in SyncNet's, and twice that from block
    /// to block in VGG's.
    package var width = 64
    /// A file of weights to begin with, as of the video network.
    package var weights = ""

    package static var laterKeys: [String: LaterKey] {
        ["trunk": .omitted(at: Trunk.syncNet), "weights": .omitted(at: "")]
    }

    package init() {}
}

/// What Multisensory's network alone has.
package struct MultisensorySettings: Sendable, Equatable, StoredSettings {
    /// What the audio sub-network hears: the rows of the paper's table.
    package enum Hearing: String, Sendable, Codable, CaseIterable {
        case waveform
        /// `train.model.spectrogram`.
        case spectrogram
        /// The features of the sound are zeros.
        case nothing
    }

    package var hears = Hearing.waveform
    /// The stored waveform: `pcm`, or a name of `ingest.waveforms`.
    package var waveform = "pcm"
    /// Channels of the waveform, which the shards must hold.
    package var channels = 2
    /// The share of a batch in the running statistics of batch normalisation. The paper's 0.0003 takes thousands of steps.
    package var normMomentum = 0.0003
    /// Batch renormalisation where a block ends.
    package var renorm = true
    /// Whether the last map has the size of the one before: for class activation maps.
    package var fineMap = false
    /// A file of weights that the whole network begins with, as of the video network: a run's `multisensory.safetensors`.
    package var weights = ""
    /// Parts that begin anew all the same: beginnings of their tensors' names, e.g. `video.conv2_2`.
    package var anew: [String] = []

    package init() {}
}

/// What the network is fed and what it is made of.
package struct ModelSettings: Sendable, Equatable, StoredSettings {
    /// How the time axis is treated before the last layer. The AVTS paper does not say.
    package enum TemporalHead: String, Sendable, Codable, CaseIterable {
        /// Average over space and time, as torchvision has it.
        case average
        /// Maximum over space only; the time axis goes into the last layer.
        case keepTime = "keep-time"
    }

    /// Frames of a picture clip; 0 takes what the shards hold: the clip's seconds times the stored frame rate. Another
    /// number than that is an error. AVTS: 25, 1 s at 25 fps.
    package var frames = 0
    /// Side of the square picture in pixels, after cropping. AVTS: 224.
    package var cropSize = 224
    /// The stored spectrogram that the audio network hears.
    package var spectrogram = "mel"
    package var video = VideoNetworkSettings()
    package var audio = AudioNetworkSettings()
    package var temporalHead = TemporalHead.average
    /// Length of the two embeddings.
    package var embedding = 512
    /// Batch normalisation of the embeddings: the loss falls from the first steps on (ours; the paper has none).
    package var embeddingBatchNorm = false
    /// Scale the embeddings to this Euclidean length; 0 leaves them raw. 0.5 puts distances in [0, 1].
    package var embeddingNorm = 0.5
    /// Units of the layer between both streams and the two answers, where there is one: L3-Net's 128, also with AVTS's
    /// cross-entropy.
    package var fusion = 128
    /// Parts of a clip of flow that Arrow of Time's network sees one by one.
    package var segments = 2
    /// Every so-manieth frame of a clip is seen, from the first on. Multisensory begins with every fourth.
    package var frameStep = 1
    package var multisensory = MultisensorySettings()

    package static var laterKeys: [String: LaterKey] {
        [
            "fusion": .omitted(at: 128), "segments": .omitted(at: 2), "frameStep": .omitted(at: 1),
            "multisensory": .omitted(at: MultisensorySettings()),
        ]
    }

    package init() {}
}

/// What AVTS minimises.
package struct LossSettings: Sendable, Equatable, StoredSettings {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// On the distance of the two embeddings (Chopra, Hadsell, LeCun, CVPR 2005), the paper's choice.
        case contrastive
        /// On the answers of a fusion head over both embeddings. The paper: it did not converge from scratch, but does when
        /// it begins with what contrastive learning has made.
        case crossEntropy = "cross-entropy"
    }

    package var kind = Kind.contrastive
    /// The margin η.
    package var margin = 0.99
    /// Whether the distance of positives is squared; the slides of the AVTS paper print it un-squared.
    package var squaredPositive = true

    package static var laterKeys: [String: LaterKey] { ["kind": .omitted(at: Kind.contrastive)] }

    package init() {}
}

/// How samples of training are varied besides crops and flips; evaluation varies nothing.
package struct JitterSettings: Sendable, Equatable, StoredSettings {
    /// Largest change of a clip's brightness either way, as a share of white. L3-Net: 32/255.
    package var brightness = 0.0
    /// Largest change of a clip's saturation either way: colours are multiplied by 1 ± this. L3-Net: 0.5.
    package var saturation = 0.0
    /// Largest change of a sound clip's volume either way: samples are multiplied by 1 ± this. L3-Net: 0.1.
    package var volume = 0.0

    package init() {}
}

/// One stage of the curriculum.
package struct StageSettings: Sendable, Equatable, StoredRecord {
    /// The stage's name in metrics and reports.
    package var name: String
    /// The pair set it learns from.
    package var set: String
    /// How many epochs it lasts.
    package var epochs: Int
    /// Learning rate at its start; 0 keeps the current rate.
    package var learningRate = 0.0
    /// Parts of the model that do not learn in this stage: beginnings of their tensors' names, e.g. `video.layer1`.
    package var freeze: [String] = []

    package init(name: String, set: String, epochs: Int, learningRate: Double = 0, freeze: [String] = []) {
        self.name = name
        self.set = set
        self.epochs = epochs
        self.learningRate = learningRate
        self.freeze = freeze
    }

    package static var laterKeys: [String: LaterKey] { ["freeze": .omitted(at: [String]())] }

    package static var template: Self? { Self(name: "", set: "", epochs: 0) }
    package static let requiredKeys: Set<String> = ["name", "set", "epochs"]
}

/// What a run does when the shards are other ones than those it has learnt from so far.
package enum GrownShards: String, Sendable, Codable, CaseIterable {
    /// It stops, and says so: what it learnt would have two origins.
    case refuse
    /// It goes on with what is there now. The epoch under way begins again; a run that was finished repeats its last
    /// stage. `run.json` records at which step.
    case goOn = "continue"
}

/// How often, and on how much, a run is measured on the validation split while it learns.
package struct ValidationSettings: Sendable, Equatable, StoredSettings {
    /// Pairs of each set that are measured, half of them in sync, the same every time; 0: all.
    package var pairs = 0
    /// Epochs from one validation to the next; the last epoch of a stage always has one.
    package var every = 1

    package init() {}
}

/// A training run.
package struct TrainSettings: Sendable, Equatable, StoredSettings {
    /// The run's folder under runs/.
    package var name = "avts"
    /// The published way of learning.
    package enum RecipeName: String, Sendable, Codable, CaseIterable {
        case avts
        case l3
        /// The supervised baselines of L3-Net, by labels of a manifest.
        case l3Labels = "l3-labels"
        case arrowOfTime = "arrow-of-time"
        case multisensory
        /// On- and off-screen sound.
        case separation
    }

    package var recipeName = RecipeName.avts
    package var device = Engine.Device.auto
    /// Threads of the engine on a CPU; 0 takes every core.
    package var threads = 0
    /// What convolutions and products are computed in, in training and evaluation.
    package var precision = Engine.Precision.float32
    /// Only kernels that give the same bits on every run, on a CPU with the same number of threads.
    package var deterministic = true
    /// Steps from one reading of losses to the next; 0 takes 1 on a CPU, and 10 on CUDA, where a reading waits for the device.
    package var lossEvery = 0
    /// Pairs a step. AVTS: 64. Multisensory: clips, each with two sounds; 15.
    package var batchSize = 64
    /// Equal parts of a batch whose gradients are added up before a step; each has batch statistics of its own. AVTS: 4
    /// GPUs with 16 pairs each. Several processes divide the parts; with 1, each has one.
    package var accumulate = 1
    /// Whether batch normalisation takes the statistics of the batches of all processes together; else each takes its own's,
    /// as AVTS's GPUs did.
    package var syncBatchNorm = false
    /// Pairs that one epoch shows, at most; 0 shows the whole set.
    package var pairsPerEpoch = 0
    /// Threads that prepare batches; 0 takes one per core.
    package var loaderThreads = 0
    /// Batches prepared ahead.
    package var prefetchBatches = 4
    /// Steps between checkpoints within an epoch; there is one at the end of each epoch anyway.
    package var checkpointSteps = 200
    /// When the shards changed since the run began.
    package var grownShards = GrownShards.refuse
    /// Random horizontal flips of the picture.
    package var flip = true
    /// Range of the random crop's side as a share of the shorter side, for multi-scale cropping.
    package var cropScale = [0.75, 1.0]
    package var jitter = JitterSettings()
    package var model = ModelSettings()
    package var loss = LossSettings()
    package var separation = SeparationSettings()
    package var classifier = ClassifierSettings()
    package var optimizer = OptimizerSettings()
    package var validation = ValidationSettings()
    /// The curriculum, in order. AVTS: 50 epochs easy, then 40 with a quarter of the negatives hard.
    package var stages = [
        StageSettings(name: "easy", set: "easy", epochs: 50), StageSettings(name: "mixed", set: "mixed", epochs: 40),
    ]

    package static var laterKeys: [String: LaterKey] {
        [
            "grownShards": .omitted(at: GrownShards.refuse), "accumulate": .omitted(at: 1),
            "syncBatchNorm": .omitted(at: false),
            "validation": .omitted(at: ValidationSettings()), "recipeName": .omitted(at: RecipeName.avts),
            "jitter": .omitted(at: JitterSettings()), "separation": .omitted(at: SeparationSettings()),
            "classifier": .omitted(at: ClassifierSettings()),
            "precision": .omitted(at: Engine.Precision.float32),
            "deterministic": .omitted(at: true), "lossEvery": .omitted(at: 0),
        ]
    }

    package init() {}
}
