package import AVPrepAudio
package import AVPrepCore
package import AVPrepMedia
package import AVPrepPairs
package import AVPrepSynth
package import AVPrepTraining
package import AVPrepVision

/// Everything a pipeline file can say. Each part is the settings type of the module it is for.
package struct PipelineSettings: Sendable, Equatable, Codable {
    /// Everything random is drawn from this.
    package var seed = 1
    /// Videos prepared, or shards packed, at a time; 0 takes one a core.
    package var workers = 0
    package var corpus = CorpusSettings()
    package var folders = FolderSettings()
    package var ingest = IngestSettings()
    package var duplicates = DuplicateSettings()
    package var shard = ShardSettings()
    package var train = TrainSettings()
    package var synth = SynthSettings()

    package init() {}
}

/// Which videos there are.
package struct CorpusSettings: Sendable, Equatable, Codable {
    /// Video files, folders (searched to the bottom) and list files (`.txt`, one path a line).
    package var paths = ["videos"]
    /// Endings, without the dot, by which a folder's videos are known.
    package var extensions = [
        "mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "flv", "wmv", "3gp", "ogv",
    ]
    /// Which videos are excerpts of one source, by their paths: those for which the first group of this regular expression
    /// (ICU's syntax) holds the same. They stay on one side of the split and are no strangers to each other. Empty: every
    /// file is a source of its own. The default knows clips by the names that public sets give them: Kinetics, AudioSet and
    /// VGGSound (`--2b3x4F7g1_000010.mp4`, `--2b3x4F7g1_30.000_40.000.mp4`: eleven signs of YouTube, and times) and
    /// UCF101 (`v_Archery_g01_c02.avi`).
    package var sourcePattern = #"(?:^|/)(?:([\w-]{11})_\d+(?:[._]\d+)*|(v_\w+_g\d+)_c\d+)\.\w+$"#

    package init() {}
}

/// Where results lie, relative to the pipeline file.
package struct FolderSettings: Sendable, Equatable, Codable {
    package var prepared = "prepared"
    package var shards = "shards"
    package var runs = "runs"
    /// The SQLite file that knows what happened to every video.
    package var catalog = "catalog.sqlite"

    package init() {}
}

/// How a video becomes a prepared file.
package struct IngestSettings: Sendable, Equatable, Codable {
    /// Longest segment, in seconds.
    package var segmentSeconds = 10.0
    /// Segments shorter than this are dropped, and counted.
    package var minSegmentSeconds = 1.0
    /// Whether segments end at cuts.
    package var splitAtCuts = true
    /// Level, in dB below full scale, under which a segment's sound counts as silence.
    package var silenceDecibels = -60.0
    package var sound = SoundFlagSettings()
    package var skew = SkewSettings()
    package var video = FrameSettings()
    package var pcm = PCMSettings()
    package var waveforms: [WaveformSettings] = []
    package var spectrograms = [SpectrogramSettings.avts, SpectrogramSettings.l3]
    /// How the spectrograms' transforms are done; nil leaves it to FFTW's estimate. Part of what is prepared, since another
    /// algorithm rounds differently.
    package var wisdom: TransformWisdom?
    package var borders = BorderSettings()
    package var cuts = CutSettings()
    package var still = StillSettings()
    package var cameraMotion = CameraMotionSettings()
    package var stabilise = StabiliserSettings()
    package var flow = FlowSettings()
    /// What is done about the segments that carry a flag.
    package var policy = FlagRule.standardPolicy
    package var limits = MediaLimits()
    /// Where files are decoded.
    package var isolation = Isolation.process

    package enum Isolation: String, Sendable, Codable, CaseIterable {
        /// In processes of their own, which can touch nothing but the file.
        case process
        /// In the process that asks: a file that crashes the decoder ends the run.
        case none
    }

    package init() {}
}

/// How frames are stored.
package struct FrameSettings: Sendable, Equatable, Codable {
    package enum Codec: String, Sendable, Codable, CaseIterable {
        case jpeg, png, raw
    }

    /// Constant frame rate, by presentation time.
    package var fps = 25.0
    /// Length of the shorter side in pixels; 0 keeps the source's size.
    package var shortSide = 256
    package var codec = Codec.jpeg
    /// JPEG quality, of 100.
    package var quality = 90

    package init() {}
}

/// The waveform that is stored beside spectrograms.
package struct PCMSettings: Sendable, Equatable, Codable {
    /// Samples a second; 0 stores no waveform.
    package var sampleRate = 16_000
    /// 1 or 2.
    package var channels = 1

    package init() {}
}

/// A waveform that is stored beside that one, under a name of its own.
package struct WaveformSettings: Sendable, Equatable, Codable {
    /// The dataset's name under /audio.
    package var name = "waveform"
    /// Samples a second.
    package var sampleRate = 21_000
    /// 1 or 2.
    package var channels = 2

    package init() {}
}

/// How prepared files become shards with pair sets.
package struct ShardSettings: Sendable, Equatable, Codable {
    /// Size at which a shard is full, in MiB.
    package var shardMegabytes = 1024
    package var split = SplitSettings()
    package var pairs = PairSettings()
    /// Whether near-duplicates of one another are all packed (`keep`), or one of each group (`drop`).
    package var nearDuplicates = PolicyAction.keep

    package init() {}
}
