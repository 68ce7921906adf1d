import AVPrepAudio
import AVPrepCore
import AVPrepMedia
import AVPrepVision

/// The keys under `ingest`.
enum IngestTable {
    static var ingest: SettingsTable<IngestSettings> {
        SettingsTable<IngestSettings>([
            .number(
                "segment_seconds", \.segmentSeconds, in: 1...60,
                "longest segment, in seconds; a longer video gives several"),
            .number(
                "min_segment_seconds", \.minSegmentSeconds, in: 0.1...60, "shorter remainders are dropped, and counted"),
            .flag("split_at_cuts", \.splitAtCuts, "end segments at shot changes"),
            .number(
                "silence_db", \.silenceDecibels, in: -120...0, "level in dB below full scale that counts as silence"),
            .section("sound", \.sound, sound, "thresholds of the sound flags"),
            .section("skew", \.skew, skew, "thresholds of audio-visual skew"),
            .section("video", \.video, video, "how frames are stored"),
            .section("pcm", \.pcm, pcm, "the stored waveform"),
            .sections(
                "waveforms", \.waveforms, waveform, template: WaveformSettings(), allowEmpty: true,
                "further stored waveforms, by name; Multisensory needs 21 kHz stereo"),
            .sections(
                "spectrograms", \.spectrograms, spectrogram, template: .avts, allowEmpty: true,
                "the stored spectrograms, in librosa's terms"),
            .optionalText(
                "fftw_wisdom", \.wisdomText, "measured FFTW plans, from avprep wisdom; empty: estimated plans"
            ),
            .section(
                "borders", \.borders, borders,
                "detection of black framing; policy says what to do about it"),
            .section("cuts", \.cuts, cuts, "detection of shot changes"),
            .section("still", \.still, still, "detection of frozen pictures"),
            .section(
                "camera_motion", \.cameraMotion, cameraMotion,
                "homographies to the segment's central frame, and camera flags"),
            .section("stabilise", \.stabilise, stabilise, "removal of camera motion, as in Arrow of Time"),
            .section("flow", \.flow, flow, "optical flow between frames"),
            .section("limits", \.limits, limits, "a file that exceeds one of these fails; others go on"),
            .choice(
                "isolation", \.isolation, "process: decode in sandboxed processes; none: in this process, for debugging"
            ),
        ])
    }

    static var sound: SettingsTable<AudioQualitySettings> {
        SettingsTable<AudioQualitySettings>([
            .number(
                "tone_share", \.toneShare, in: 0...1, "constant tone: fraction of the power in steady narrow bands"),
            .number("clipped_share", \.clippedShare, in: 0...1, "clipping: fraction of samples at full scale"),
            .number("dc_offset", \.dcOffset, in: 0...1, "DC offset: mean of the samples, full scale being 1"),
            .number(
                "dead_channel_db", \.deadChannelDecibels, in: 1...160,
                "dead channel: level difference of the channels, in dB"),
            .number(
                "period_confidence", \.periodConfidence, in: 0...1,
                "periodic sound: similarity after one and two periods"),
            .number(
                "patched_share", \.patchedShare, in: 0...1,
                "patched sound: fraction of silence filled in for missing samples, and of cut ones"),
        ])
    }

    static var skew: SettingsTable<SkewSettings> {
        SettingsTable<SkewSettings>([
            .number(
                "max_start_seconds", \.maxStartSeconds, in: 0...3600,
                "difference of the streams' start times, in seconds"),
            .number("max_seconds", \.maxSeconds, in: 0...10, "estimated offset between picture and sound, in seconds"),
            .number("min_confidence", \.minConfidence, in: 0...1, "confidence that an estimate needs"),
            .number("search_seconds", \.searchSeconds, in: 0...5, "largest offset searched, in seconds; 0: none"),
        ])
    }

    static var video: SettingsTable<FrameSettings> {
        SettingsTable<FrameSettings>([
            .number("fps", \.fps, in: 1...120, "constant frame rate of the stored frames"),
            .integer(
                "short_side", \.shortSide, in: 0...4320, "length of the shorter side, in pixels; 0: as in the source"),
            .choice("codec", \.codec, "jpeg, png or raw; png and raw are lossless"),
            .integer("quality", \.quality, in: 1...100, "JPEG quality"),
        ])
    }

    static var pcm: SettingsTable<PCMSettings> {
        SettingsTable<PCMSettings>([
            .integer("sr", \.sampleRate, in: 0...192_000, "sample rate in Hz; 0: store no waveform"),
            .integer("channels", \.channels, in: 1...2, "1: mono, 2: stereo"),
        ])
    }

    static var waveform: SettingsTable<WaveformSettings> {
        SettingsTable<WaveformSettings>([
            .text("name", \.name, "the dataset's name under /audio"),
            .integer("sr", \.sampleRate, in: 4000...192_000, "sample rate in Hz"),
            .integer("channels", \.channels, in: 1...2, "1: mono, 2: stereo"),
        ])
    }

    static var spectrogram: SettingsTable<SpectrogramSettings> {
        SettingsTable<SpectrogramSettings>([
            .preset("preset", \.preset, "a recipe's values; other keys here override single ones") {
                $1 = .named($0)
            },
            .text("name", \.name, "the dataset's name under /audio"),
            .choice("kind", \.kind, "mel: mel bands; linear: every frequency bin"),
            .integer("sr", \.sampleRate, in: 4000...192_000, "sample rate in Hz"),
            .integer("n_fft", \.fftLength, in: 16...65_536, "FFT length in samples"),
            .integer("win_length", \.windowLength, in: 1...65_536, "window length in samples, at most n_fft"),
            .integer("hop_length", \.hopLength, in: 1...65_536, "samples between frames"),
            .choice("window", \.window, "window function, as named by scipy.signal.get_window"),
            .flag("fftbins", \.periodicWindow, "true: periodic window, as in librosa; false: symmetric"),
            .flag("center", \.center, "true: frame i is centred at sample i·hop_length; false: it starts there"),
            .choice("pad_mode", \.padding, "with center: padding outside the segment"),
            .flag(
                "pad_end", \.padEnd, "without center: true: a frame for every whole hop; false: for every whole window"),
            .integer("power", \.power, in: 1...2, "1: magnitude, 2: power"),
            .integer("n_mels", \.melBands, in: 1...1024, "number of mel bands"),
            .number("fmin", \.minFrequencyHz, in: 0...96_000, "lowest frequency of the mel bands, in Hz"),
            .number("fmax", \.maxFrequencyHz, in: 0...96_000, "highest frequency of the mel bands, in Hz; 0: sr / 2"),
            .flag("htk", \.htk, "true: HTK's mel scale; false: Slaney's, librosa's default"),
            .choice("norm", \.melNorm, "slaney: equal area; none: height 1; 1, 2, inf: unit p-norm"),
            .choice("empty_bands", \.emptyBands, "mel bands that contain no bin: error, or constant zero"),
            .number("gain", \.gain, in: 1e-12...1e12, "factor on the spectrum before the logarithm"),
            .choice("log", \.logarithm, "natural: ln; power_to_db, amplitude_to_db: as in librosa"),
            .number("amin", \.amin, in: 1e-30...1, "smallest value before the logarithm"),
            .number(
                "ref", \.reference, or: "max", \.referenceIsMaximum, in: 1e-30...1e30,
                "value of 0 dB; max: the maximum of each clip, applied when a clip is read"),
            .number(
                "top_db", \.topDecibels, in: 0...1000,
                "lower limit in dB below a clip's maximum, applied when a clip is read; 0: none"),
            .number("scale", \.scale, in: 1e-6...1e6, "factor on the values after the logarithm"),
            .choice("dtype", \.storedType, "stored number type"),
        ])
    }

    static var borders: SettingsTable<BorderSettings> {
        SettingsTable<BorderSettings>([
            .choice("method", \.method, "robust; aot: the rule of Arrow of Time; off: no detection"),
            .integer(
                "frames", \.frames, in: 1...40, "smallest number of frames probed by robust; up to 40 for long videos"),
            .number("threshold", \.threshold, in: 0...128, "robust: highest level of a bar, of 255"),
            .number(
                "aot_threshold", \.aotThreshold, in: 0...128, "aot: highest mean level of a black row or column, of 255"
            ),
            .integer("margin", \.margin, in: 0...32, "pixels cropped beyond a detected border"),
            .choice(
                "change", \.change, "fix of border_change; split: end segments there; union: crop all borders"),
        ])
    }

    static var cuts: SettingsTable<CutSettings> {
        SettingsTable<CutSettings>([
            .flag("enabled", \.enabled, "look for shot changes"),
            .number("smallest_change", \.smallestChange, in: 1...255, "smallest change at a cut, in grey levels"),
            .number("smallest_ratio", \.smallestRatio, in: 1...100, "smallest ratio of a cut to the changes around it"),
            .flag("jumps", \.jumps, "count jumps within a scene of a static camera as cuts"),
            .flag("dissolves", \.dissolves, "detect dissolves, and end segments in their middle"),
            .flag("fades", \.fades, "detect fades, and end segments where the new picture begins"),
        ])
    }

    static var still: SettingsTable<FreezeSettings> {
        SettingsTable<FreezeSettings>([
            .number("level", \.writtenLevel, in: 0...10, "largest mean change of a frozen picture, of 255"),
            .number("share", \.share, in: 0...1, "fraction of held frames from which a segment is still"),
            .number("seconds", \.seconds, in: 0.1...600, "duration of a frozen stretch from which a segment is still"),
        ])
    }

    static var cameraMotion: SettingsTable<CameraMotionSettings> {
        SettingsTable<CameraMotionSettings>([
            .flag("enabled", \.enabled, "estimate camera motion"),
            .integer("every_nth_frame", \.everyNthFrame, in: 1...250, "estimate every n-th frame"),
            .integer(
                "tracking_size", \.trackingSize, in: 32...4320, "shorter side of the frames for tracking, in pixels"),
            .integer("max_corners", \.maxCorners, in: 16...5000, "largest number of tracked corners"),
            .number(
                "max_tracking_error", \.maxTrackingError, in: 0.01...10,
                "largest forward-backward error |dx| + |dy|, in pixels"),
            .number(
                "ransac_threshold", \.ransacThreshold, in: 0.05...10,
                "largest reprojection error of an inlier, in pixels"),
            .number("pan_threshold", \.panThreshold, in: 0...10, "pan or tilt, in picture widths per second"),
            .number("zoom_threshold", \.zoomThreshold, in: 0...10, "zoom, in natural logarithm of scale per second"),
            .number("roll_threshold", \.rollThreshold, in: 0...360, "roll, in degrees per second"),
            .number("shake_threshold", \.shakeThreshold, in: 0...10, "shake, in picture widths per second"),
            .number(
                "static_tolerance", \.staticTolerance, in: 0...1, "largest drift of a static camera, in picture widths"),
        ])
    }

    static var stabilise: SettingsTable<StabiliserSettings> {
        SettingsTable<StabiliserSettings>([
            .flag("enabled", \.enabled, "warp every segment to its central frame; flow is computed on the result"),
            .number(
                "smallest_share", \.smallestShare, in: 0.05...1,
                "smallest fraction of the shorter side visible in all frames; below: not stabilised"),
            .number(
                "longest_gap", \.longestGap, in: 0...60,
                "longest gap without a homography that is interpolated, in seconds"),
            .number(
                "noise", \.noise, in: 0...100, "standard deviation of homography errors that is smoothed out, in pixels"
            ),
            .number(
                "outlier", \.outlier, in: 0...1000,
                "homographies that deviate this far from their neighbours are ignored, in pixels"),
            .integer(
                "fewest_inliers", \.fewestInliers, in: 0...10_000,
                "matches that each homography needs, or not stabilised"),
            .number(
                "largest_error", \.largestError, in: 0...1000,
                "their largest mean squared error, in pixels squared; 0: any"),
        ])
    }

    static var flow: SettingsTable<FlowSettings> {
        SettingsTable<FlowSettings>([
            .choice("method", \.method, "dis: dense inverse search; tvl1: slower and smoother; off: no flow"),
            .choice("preset", \.preset, "preset of dis, from fast to accurate"),
            .section("tvl1", \.tvl1, tvl1, "parameters of tvl1, named as in its papers"),
            .choice("direction", \.direction, "backward flow is computed on the reversed frames"),
            .integer("step", \.step, in: 1...250, "distance of the two frames"),
            .integer("short_side", \.shortSide, in: 0...4320, "shorter side of flow, in pixels; 0: as the frames"),
            .choice(
                "codec", \.codec, "jpeg, png, raw: 8 bits, quantised as in the papers; float16: pixels, not clipped"),
            .integer("quality", \.quality, in: 1...100, "JPEG quality"),
            .number("bound", \.bound, in: 1...127, "displacements are clipped to ± this value, in pixels"),
        ])
    }

    static var tvl1: SettingsTable<TVL1Settings> {
        SettingsTable<TVL1Settings>([
            .number("tau", \.tau, in: 0.001...0.25, "step size of the dual update"),
            .number("lambda", \.lambda, in: 0.001...10, "weight of the data term; smaller values give smoother flow"),
            .number("theta", \.theta, in: 0.001...10, "coupling of data term and smoothness"),
            .integer("scales", \.scales, in: 1...16, "largest number of pyramid levels"),
            .number("scale_step", \.scaleStep, in: 0.3...0.95, "size of a level relative to the next finer one"),
            .integer("warps", \.warps, in: 1...100, "warps of the second picture per level"),
            .integer(
                "outer_iterations", \.outerIterations, in: 1...100,
                "runs of inner iterations, each followed by a median filter"),
            .integer("inner_iterations", \.innerIterations, in: 1...1000, "largest number of iterations in a run"),
            .number(
                "epsilon", \.epsilon, in: 0...1, "a run ends when an iteration changes the flow by less, in pixels"),
            .choice("median", \.median, "size of the median filter"),
            .number(
                "presmoothing", \.presmoothing, in: 0...4,
                "standard deviation of the blur applied first, in pixels; 0: none"),
            .flag("illumination", \.illumination, "remove slow changes of brightness"),
        ])
    }

    static var limits: SettingsTable<MediaLimits> {
        SettingsTable<MediaLimits>([
            .integer(
                "max_pixels", \.maxPixels, in: 1024...1_073_741_824, "pixels of a coded picture; the default allows 8K"),
            .integer("max_streams", \.maxStreams, in: 1...4096, "streams of a file"),
            .integer("max_packets", \.maxPackets, in: 1...1_000_000_000_000, "packets read from a file, in all passes"),
            .number("max_hours", \.maxHours, in: 0.001...10_000, "duration of the video"),
            .number(
                "max_seconds", \.maxSeconds, in: 1...1_000_000,
                "wall-clock time per file, plus seconds_per_mb for its size"),
            .number(
                "max_cpu_seconds", \.maxCPUSeconds, in: 1...1_000_000,
                "CPU time per file, plus seconds_per_mb for its size"),
            .number(
                "seconds_per_mb", \.secondsPerMegabyte, in: 0...10_000,
                "seconds added to both limits for each MiB of the file"),
            .number("max_stall_seconds", \.maxStallSeconds, in: 1...1_000_000, "wall-clock time without progress"),
            .integer(
                "max_memory_mb", \.maxMemoryMegabytes, in: 64...1_048_576,
                "memory of a decoder process, and of what a worker holds of one video, in MiB"),
        ])
    }
}

extension FreezeSettings {
    /// As the pipeline file says it. The default is a single-precision number in the keys of all prepared files; it is
    /// shown as the decimal number that it is the nearest to, which is read as it again.
    fileprivate var writtenLevel: Double {
        get { level == Double(FreezeAnalysis.frozenLevel) ? FreezeAnalysis.frozenLevel.asWritten : level }
        set { level = newValue == FreezeAnalysis.frozenLevel.asWritten ? Double(FreezeAnalysis.frozenLevel) : newValue }
    }
}

extension IngestSettings {
    /// As the pipeline file says it: empty for none.
    fileprivate var wisdomText: String {
        get { wisdom?.text ?? "" }
        set { wisdom = newValue.isEmpty ? nil : TransformWisdom(text: newValue) }
    }
}
