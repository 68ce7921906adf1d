package import AVPrepCore
package import AVPrepModel

/// What a prepared file or shard stores for its segments, and how; the same for all segments of a file.
///
/// Files with equal layouts can be packed into one shard. Stored as JSON in the root attribute `layout_json`.
package struct StoreLayout: Sendable, Equatable, StoredRecord {
    /// How a picture is stored.
    package enum PictureCodec: String, Sendable, Codable, CaseIterable {
        /// Baseline JPEG.
        case jpeg
        /// 8-bit PNG, grey or RGB, without loss.
        case png
        /// Unencoded pixels, `[y, x, channel]`, without gaps.
        case raw
    }

    /// How spectrogram values are stored.
    package enum FloatType: String, Sendable, Codable, CaseIterable {
        case float32, float16
    }

    /// The direction of optical flow.
    package enum FlowDirection: String, Sendable, Codable, CaseIterable {
        case forward, backward
    }

    /// How displacements are stored: quantised to 8 bits, or in pixels as 16-bit floats.
    package enum FlowType: String, Sendable, Codable, CaseIterable {
        case uint8, float16
    }

    /// Optical flow as pictures: one channel of `[2 · height, width]`, x above y, one picture per pair of frames.
    package struct Flow: Sendable, Equatable, Codable {
        /// Without duplicates, forward first.
        package var directions: [FlowDirection]
        package var codec: PictureCodec
        /// JPEG quality, 1…100; nil for other codecs.
        package var quality: Int?
        /// `float16` only with the codec `raw`. nil, as in files of format 1.0, means `uint8`.
        package var storedType: FlowType?
        /// Number of frames from the first to the second picture of a pair. nil, as in files of format 1.0, means 1.
        package var step: Int?
        /// Shorter side in pixels; nil or 0 if flow has the size of the frames.
        package var shortSide: Int?
        /// The method's name in the settings.
        package var method: String
        /// The method's preset; nil if it has none.
        package var preset: String?
        /// Displacements are clipped to ± this many pixels of the flow's size.
        package var bound: Double
        /// Flow pictures per second, equal to the frame rate.
        package var fps: Double
        /// The rule that maps displacements in pixels to 0…255, as text.
        package var quantisation: String
        /// The method's parameters, named as in its paper, for the attributes. nil in files before format 1.1.
        package var parameters: [String: AttributeValue]?

        package init(
            directions: [FlowDirection], codec: PictureCodec, quality: Int?, method: String, preset: String?,
            bound: Double, fps: Double, quantisation: String, storedType: FlowType? = nil, step: Int? = nil,
            shortSide: Int? = nil, parameters: [String: AttributeValue]? = nil
        ) {
            self.directions = directions
            self.codec = codec
            self.quality = quality
            self.method = method
            self.preset = preset
            self.bound = bound
            self.fps = fps
            self.quantisation = quantisation
            self.storedType = storedType
            self.step = step
            self.shortSide = shortSide
            self.parameters = parameters
        }

        /// The size of flow between frames of `width` × `height`: the shorter side is scaled down to ``shortSide``, the
        /// other in proportion, rounded to whole pixels.
        package func size(width: Int, height: Int) -> (width: Int, height: Int) {
            let side = min(width, height)
            guard let shortSide, shortSide > 0, shortSide < side else { return (width, height) }
            func scaled(_ length: Int) -> Int { max(1, (length * shortSide + side / 2) / side) }
            return (scaled(width), scaled(height))
        }

        private enum CodingKeys: String, CodingKey {
            case directions, codec, quality, method, preset, bound, fps, quantisation, step, parameters
            case storedType = "stored_type"
            case shortSide = "short_side"
        }
    }

    /// Samples of sound, int16.
    package struct PCM: Sendable, Equatable, Codable {
        /// Samples per second.
        package var sampleRate: Int
        package var channels: Int

        package init(sampleRate: Int, channels: Int) {
            self.sampleRate = sampleRate
            self.channels = channels
        }

        private enum CodingKeys: String, CodingKey {
            case sampleRate = "sr"
            case channels
        }
    }

    /// Additional samples of sound, int16: with another rate or number of channels, under their own name.
    package struct Waveform: Sendable, Equatable, Codable {
        /// The dataset's name under /audio, with the same rules as a spectrogram's.
        package var name: String
        /// Samples per second.
        package var sampleRate: Int
        package var channels: Int

        package init(name: String, sampleRate: Int, channels: Int) {
            self.name = name
            self.sampleRate = sampleRate
            self.channels = channels
        }

        private enum CodingKeys: String, CodingKey {
            case name, channels
            case sampleRate = "sr"
        }
    }

    /// One kind of spectrogram, `[frames, bins]`.
    package struct Spectrogram: Sendable, Equatable, Codable {
        /// The dataset's name under /audio: lower-case letters, digits and `_`, starting with a letter, not `pcm`.
        package var name: String
        package var bins: Int
        /// sr / hop_length.
        package var framesPerSecond: Double
        package var storedType: FloatType
        /// The parameters of the transform, named as in librosa, for the dataset's attributes.
        package var attributes: [String: AttributeValue]

        package init(
            name: String, bins: Int, framesPerSecond: Double, storedType: FloatType,
            attributes: [String: AttributeValue] = [:]
        ) {
            self.name = name
            self.bins = bins
            self.framesPerSecond = framesPerSecond
            self.storedType = storedType
            self.attributes = attributes
        }

        private enum CodingKeys: String, CodingKey {
            case name, bins, attributes
            case framesPerSecond = "frames_per_second"
            case storedType = "stored_type"
        }
    }

    /// Frames per second, constant.
    package var fps: Double
    package var frameCodec: PictureCodec
    /// JPEG quality, 1…100; nil for other codecs.
    package var frameQuality: Int?
    /// nil without optical flow.
    package var flow: Flow?
    /// Whether there is a row of camera motion for every frame.
    package var hasMotion: Bool
    /// Whether segments may be stabilised; the transforms are then stored beside their motion. Requires ``hasMotion``.
    /// Missing in older files.
    package var mayBeStabilised = false
    /// nil if no samples are stored.
    package var pcm: PCM?
    /// Additional samples, by name. Missing in files of format 1.0.
    package var waveforms: [Waveform]
    package var spectrograms: [Spectrogram]

    package init(
        fps: Double, frameCodec: PictureCodec, frameQuality: Int?, flow: Flow? = nil, hasMotion: Bool = false,
        pcm: PCM? = nil, waveforms: [Waveform] = [], spectrograms: [Spectrogram] = []
    ) {
        self.fps = fps
        self.frameCodec = frameCodec
        self.frameQuality = frameQuality
        self.flow = flow
        self.hasMotion = hasMotion
        self.pcm = pcm
        self.waveforms = waveforms
        self.spectrograms = spectrograms
    }

    package static var laterKeys: [String: LaterKey] {
        ["may_be_stabilised": .written(absent: false), "waveforms": .written(absent: [Waveform]())]
    }

    private enum CodingKeys: String, CodingKey {
        case fps, flow, pcm, waveforms, spectrograms
        case frameCodec = "frame_codec"
        case frameQuality = "frame_quality"
        case hasMotion = "has_motion"
        case mayBeStabilised = "may_be_stabilised"
    }

    /// The spectrogram of this name.
    package func spectrogram(_ name: String) -> Spectrogram? { spectrograms.first { $0.name == name } }

    /// The waveform of this name.
    package func waveform(_ name: String) -> Waveform? { waveforms.first { $0.name == name } }

    /// Size of a raw picture of a track, in bytes, in a segment with frames of `width` × `height`.
    func rawBytes(of track: Track, width: Int, height: Int) -> Int {
        guard case .flow = track.content, let flow else { return 3 * width * height }
        let size = flow.size(width: width, height: height)
        return 2 * size.width * size.height * (flow.storedType == .float16 ? 2 : 1)
    }
}
