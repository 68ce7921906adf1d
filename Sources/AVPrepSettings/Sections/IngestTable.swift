import AVPrepAudio
import AVPrepMedia
import AVPrepVision

/// The keys under `ingest`.
enum IngestTable {
    static var ingest: SettingsTable<IngestSettings> {
        SettingsTable<IngestSettings>([
            .number("segment_seconds", \.segmentSeconds, in: 1...60, "longest segment; a longer video gives several"),
            .number("min_segment_seconds", \.minSegmentSeconds, in: 0.1...60, "shorter rests are dropped, and counted"),
            .flag("split_at_cuts", \.splitAtCuts, "segments end at changes of shot"),
            .number("silence_db", \.silenceDecibels, in: -120...0, "level below full scale that counts as silence"),
            .section("sound", \.sound, sound, "from where on a segment's sound counts as flawed"),
            .section("skew", \.skew, skew, "from where on picture and sound count as out of step"),
            .section("video", \.video, video, "how frames are stored"),
            .section("pcm", \.pcm, pcm, "the waveform that is stored"),
            .sections(
                "waveforms", \.waveforms, waveform, template: WaveformSettings(), allowEmpty: true,
                "further ones, by name: Multisensory takes 21 kHz in stereo"),
            .sections(
                "spectrograms", \.spectrograms, spectrogram, template: .avts, allowEmpty: true,
                "the kinds that are stored, in librosa's words"),
            .optionalText(
                "fftw_wisdom", \.wisdomText, "measured plans for their transforms, from avprep wisdom; empty: estimated"
            ),
            .section(
                "borders", \.borders, borders,
                "black framing: looked for in spread frames; policy says what becomes of it"),
            .section("cuts", \.cuts, cuts, "changes of shot"),
            .section("still", \.still, still, "frozen pictures"),
            .section("camera_motion", \.cameraMotion, cameraMotion, "homographies to the segment's central frame"),
            .section("stabilise", \.stabilise, stabilise, "the camera's motion taken out, as for time's arrow"),
            .section("flow", \.flow, flow, "optical flow between frames"),
            .section("limits", \.limits, limits, "a file past one of these fails, alone"),
            .choice("isolation", \.isolation, "process: decoders can touch nothing; none: in this one, for debugging"),
        ])
    }

    static var sound: SettingsTable<AudioQualitySettings> {
        SettingsTable<AudioQualitySettings>([
            .number("tone_share", \.toneShare, in: 0...1, "constant tone: share of the power in steady narrow bands"),
            .number("clipped_share", \.clippedShare, in: 0...1, "clipping: share of the samples at full scale"),
            .number("dc_offset", \.dcOffset, in: 0...1, "DC offset: mean, 1 being full scale"),
            .number("dead_channel_db", \.deadChannelDecibels, in: 1...160, "dead channel: how much louder the other"),
            .number("period_confidence", \.periodConfidence, in: 0...1, "periodic: likeness one and two periods later"),
        ])
    }

    static var skew: SettingsTable<SkewSettings> {
        SettingsTable<SkewSettings>([
            .number("max_start_seconds", \.maxStartSeconds, in: 0...3600, "between the beginnings of the streams"),
            .number("max_seconds", \.maxSeconds, in: 0...10, "between what is seen and heard"),
            .number("min_confidence", \.minConfidence, in: 0...1, "that an estimate of it needs to count"),
            .number("search_seconds", \.searchSeconds, in: 0...5, "largest one looked for; 0: none"),
        ])
    }

    static var video: SettingsTable<FrameSettings> {
        SettingsTable<FrameSettings>([
            .number("fps", \.fps, in: 1...120, "constant frame rate, by presentation time"),
            .integer("short_side", \.shortSide, in: 0...4320, "shorter side in pixels; 0: as the source"),
            .choice("codec", \.codec, "how a frame is stored; png and raw keep every pixel"),
            .integer("quality", \.quality, in: 1...100, "JPEG quality"),
        ])
    }

    static var pcm: SettingsTable<PCMSettings> {
        SettingsTable<PCMSettings>([
            .integer("sr", \.sampleRate, in: 0...192_000, "samples a second; 0: no waveform is stored"),
            .integer("channels", \.channels, in: 1...2, "1: mono, 2: stereo"),
        ])
    }

    static var waveform: SettingsTable<WaveformSettings> {
        SettingsTable<WaveformSettings>([
            .text("name", \.name, "the dataset's name under /audio"),
            .integer("sr", \.sampleRate, in: 4000...192_000, "samples a second"),
            .integer("channels", \.channels, in: 1...2, "1: mono, 2: stereo"),
        ])
    }

    static var spectrogram: SettingsTable<SpectrogramSettings> {
        SettingsTable<SpectrogramSettings>([
            .preset("preset", \.preset, "a recipe's values, of which the keys beside it change single ones") {
                $1 = .named($0)
            },
            .text("name", \.name, "the dataset's name under /audio"),
            .choice("kind", \.kind, "mel bands, or every bin of the transform"),
            .integer("sr", \.sampleRate, in: 4000...192_000, "samples a second"),
            .integer("n_fft", \.fftLength, in: 16...65_536, "length of the transform"),
            .integer("win_length", \.windowLength, in: 1...65_536, "samples a frame sees, at most n_fft"),
            .integer("hop_length", \.hopLength, in: 1...65_536, "samples from frame to frame"),
            .choice("window", \.window, "taper, as scipy.signal.get_window names it"),
            .flag("fftbins", \.periodicWindow, "true: periodic window, as librosa's; false: symmetric"),
            .flag("center", \.center, "whether frame i's window lies around sample i·hop_length, or begins there"),
            .choice("pad_mode", \.padding, "under center: what stands outside of a segment"),
            .flag("pad_end", \.padEnd, "without center: a frame for each whole hop, or for each whole window alone"),
            .integer("power", \.power, in: 1...2, "1: magnitude, 2: power"),
            .integer("n_mels", \.melBands, in: 1...1024, "bands of kind mel"),
            .number("fmin", \.minFrequencyHz, in: 0...96_000, "lowest frequency of the bands, in Hz"),
            .number("fmax", \.maxFrequencyHz, in: 0...96_000, "highest, in Hz; 0: half of sr"),
            .flag("htk", \.htk, "true: HTK's mel scale; false: Slaney's, librosa's default"),
            .choice("norm", \.melNorm, "slaney: bands of equal area; none: of height 1; 1, 2, inf: of that norm"),
            .choice("empty_bands", \.emptyBands, "what becomes of a band between two bins: refused, or 0 always"),
            .number("gain", \.gain, in: 1e-12...1e12, "multiplies the spectrum before the logarithm"),
            .choice("log", \.logarithm, "natural: ln; power_to_db, amplitude_to_db: librosa's"),
            .number("amin", \.amin, in: 1e-30...1, "values below are raised to this before the logarithm"),
            .number(
                "ref", \.reference, or: "max", \.referenceIsMaximum, in: 1e-30...1e30,
                "0 dB; max: the loudest value of each clip, taken when it is read"),
            .number("top_db", \.topDecibels, in: 0...1000, "dB below a clip's loudest value, when read; 0: no limit"),
            .number("scale", \.scale, in: 1e-6...1e6, "multiplies the values after the logarithm"),
            .choice("dtype", \.storedType, "how a value is stored"),
        ])
    }

    static var borders: SettingsTable<BorderSettings> {
        SettingsTable<BorderSettings>([
            .choice("method", \.method, "aot: Arrow of Time's rule; off: none are looked for"),
            .integer("frames", \.frames, in: 1...40, "least frames probed by robust; long videos get up to 40"),
            .number("threshold", \.threshold, in: 0...128, "highest level of a bar, of 255, for robust"),
            .number("aot_threshold", \.aotThreshold, in: 0...128, "mean level of a black row or column, for aot"),
            .integer("margin", \.margin, in: 0...32, "pixels cropped beyond a border found"),
            .choice(
                "change", \.change, "how border_change is fixed; split: segments end there; union: all are cropped"),
        ])
    }

    static var cuts: SettingsTable<CutSettings> {
        SettingsTable<CutSettings>([
            .flag("enabled", \.enabled, "whether they are looked for"),
            .number("smallest_change", \.smallestChange, in: 1...255, "least change of a cut, in levels"),
            .number("smallest_ratio", \.smallestRatio, in: 1...100, "how far a cut stands out from changes around it"),
            .flag("jumps", \.jumps, "jumps within a scene under a camera that stands are cuts"),
            .flag("dissolves", \.dissolves, "dissolves are found, and end a segment in their middle"),
            .flag("fades", \.fades, "fades are found, and end a segment where the new picture begins"),
        ])
    }

    static var still: SettingsTable<FreezeSettings> {
        SettingsTable<FreezeSettings>([
            .number("level", \.level, in: 0...10, "mean change, of 255, up to which a held picture is frozen"),
            .number("share", \.share, in: 0...1, "share of held frames that makes a segment still"),
            .number("seconds", \.seconds, in: 0.1...600, "so long a stretch of frozen ones does, too"),
        ])
    }

    static var cameraMotion: SettingsTable<CameraMotionSettings> {
        SettingsTable<CameraMotionSettings>([
            .flag("enabled", \.enabled, "whether it is estimated"),
            .integer("every_nth_frame", \.everyNthFrame, in: 1...250, "frames between estimates"),
            .integer("tracking_size", \.trackingSize, in: 32...4320, "short side to which frames are scaled for it"),
            .integer("max_corners", \.maxCorners, in: 16...5000, "corners tracked"),
            .number("max_tracking_error", \.maxTrackingError, in: 0.01...10, "forward-backward |dx| + |dy|, in pixels"),
            .number("ransac_threshold", \.ransacThreshold, in: 0.05...10, "reprojection error of an inlier, in pixels"),
            .number("pan_threshold", \.panThreshold, in: 0...10, "pan or tilt: picture widths a second"),
            .number("zoom_threshold", \.zoomThreshold, in: 0...10, "zoom: natural logarithm of scale a second"),
            .number("roll_threshold", \.rollThreshold, in: 0...360, "roll: degrees a second"),
            .number("shake_threshold", \.shakeThreshold, in: 0...10, "shake: trembling, in picture widths a second"),
            .number("static_tolerance", \.staticTolerance, in: 0...1, "static camera: drift, in picture widths"),
        ])
    }

    static var stabilise: SettingsTable<StabiliserSettings> {
        SettingsTable<StabiliserSettings>([
            .flag("enabled", \.enabled, "every segment is warped to its central frame; flow is that of the result"),
            .number(
                "smallest_share", \.smallestShare, in: 0.05...1, "short side all frames show; less: not stabilised"),
            .number("longest_gap", \.longestGap, in: 0...60, "seconds without a homography that are bridged"),
            .number("noise", \.noise, in: 0...100, "errors of homographies, in pixels, that are smoothed away"),
            .number(
                "outlier", \.outlier, in: 0...1000, "homographies that leave their neighbours' path so far are none"),
        ])
    }

    static var flow: SettingsTable<FlowSettings> {
        SettingsTable<FlowSettings>([
            .choice("method", \.method, "dis: dense inverse search; tvl1: slower, smoother; off: no flow"),
            .choice("preset", \.preset, "of dis, from fast to careful"),
            .section("tvl1", \.tvl1, tvl1, "of tvl1, in the words of its papers"),
            .choice("direction", \.direction, "backward is computed anew on reversed frames"),
            .integer("step", \.step, in: 1...250, "frames from one picture of a pair to the other"),
            .integer("short_side", \.shortSide, in: 0...4320, "shorter side of flow, in pixels; 0: as the frames"),
            .choice("codec", \.codec, "jpeg, png, raw: 8 bits by the papers' rule; float16: pixels, not clipped"),
            .integer("quality", \.quality, in: 1...100, "JPEG quality"),
            .number("bound", \.bound, in: 1...127, "displacements are clipped to ± this many pixels"),
        ])
    }

    static var tvl1: SettingsTable<TVL1Settings> {
        SettingsTable<TVL1Settings>([
            .number("tau", \.tau, in: 0.001...0.25, "step of the dual update"),
            .number("lambda", \.lambda, in: 0.001...10, "weight of the data: the smaller, the smoother the flow"),
            .number("theta", \.theta, in: 0.001...10, "how loosely data and smoothness are coupled"),
            .integer("scales", \.scales, in: 1...16, "levels of the pyramid, at most"),
            .number("scale_step", \.scaleStep, in: 0.3...0.95, "size of a level relative to the finer one"),
            .integer("warps", \.warps, in: 1...100, "times the second picture is warped on a level"),
            .integer("outer_iterations", \.outerIterations, in: 1...100, "runs of sweeps, a median after each"),
            .integer("inner_iterations", \.innerIterations, in: 1...1000, "sweeps in a run, at most"),
            .number("epsilon", \.epsilon, in: 0...1, "a run ends when a sweep moves less, in pixels"),
            .choice("median", \.median, "side of the median filter"),
            .number("presmoothing", \.presmoothing, in: 0...4, "blur before all, in pixels; 0: none"),
            .flag("illumination", \.illumination, "whether slow changes of brightness are taken out"),
        ])
    }

    static var limits: SettingsTable<MediaLimits> {
        SettingsTable<MediaLimits>([
            .integer("max_pixels", \.maxPixels, in: 1024...1_073_741_824, "of a coded picture; the default passes 8K"),
            .integer("max_streams", \.maxStreams, in: 1...4096, "of a file"),
            .integer("max_packets", \.maxPackets, in: 1...1_000_000_000_000, "read of a file, over all its passes"),
            .number("max_hours", \.maxHours, in: 0.001...10_000, "length of picture and sound together"),
            .number(
                "max_seconds", \.maxSeconds, in: 1...1_000_000, "wall-clock time for reading a file, beside size's"),
            .number("max_cpu_seconds", \.maxCPUSeconds, in: 1...1_000_000, "CPU time for it, beside its size's"),
            .number("seconds_per_mb", \.secondsPerMegabyte, in: 0...10_000, "added to both for each MiB of the file"),
            .number("max_stall_seconds", \.maxStallSeconds, in: 1...1_000_000, "without any progress"),
            .integer("max_memory_mb", \.maxMemoryMegabytes, in: 64...1_048_576, "of a decoder process, in MiB"),
        ])
    }
}

extension IngestSettings {
    /// As the pipeline file says it: empty for none.
    fileprivate var wisdomText: String {
        get { wisdom?.text ?? "" }
        set { wisdom = newValue.isEmpty ? nil : TransformWisdom(text: newValue) }
    }
}
