package import AVPrepAudio
package import AVPrepCore
package import AVPrepMedia
package import AVPrepVision

/// How a video becomes a prepared file.
package struct IngestSettings: Sendable, Equatable, StoredSettings {
    /// Longest segment, in seconds.
    package var segmentSeconds = 10.0
    /// Shorter segments are dropped, and counted.
    package var minSegmentSeconds = 1.0
    /// Whether segments end at cuts.
    package var splitAtCuts = true
    /// Level, in dB relative to full scale, below which a segment's sound counts as silence.
    package var silenceDecibels = -60.0
    package var sound = AudioQualitySettings()
    package var skew = SkewSettings()
    package var video = FrameSettings()
    package var pcm = PCMSettings()
    package var waveforms: [WaveformSettings] = []
    package var spectrograms = [SpectrogramSettings.avts, SpectrogramSettings.l3]
    /// FFTW's plans for the spectrograms; nil uses FFTW's estimate. Part of the content key, since another algorithm
    /// rounds differently.
    package var wisdom: TransformWisdom?
    package var borders = BorderSettings()
    package var cuts = CutSettings()
    package var still = FreezeSettings()
    package var cameraMotion = CameraMotionSettings()
    package var stabilise = StabiliserSettings()
    package var flow = FlowSettings()
    /// The action for segments with each flag.
    package var policy = FlagRule.standardPolicy
    package var limits = MediaLimits()
    /// Where media files are decoded.
    package var isolation = Isolation.process
    /// The version of the code that turns these settings into bytes; no key of the pipeline file.
    package var revision = Self.currentRevision

    package enum Isolation: String, Sendable, Codable, CaseIterable {
        /// In sandboxed processes with access to nothing but the file.
        case process
        /// In this process: a file that crashes the decoder ends the run.
        case none
    }

    /// Fraction of a file from which it counts as damaged: one packet at the end is lost of many recordings.
    package static let smallestLostShare = 0.01

    package init() {}

    package static var laterKeys: [String: LaterKey] { ["revision": .omitted(at: 5)] }
}
