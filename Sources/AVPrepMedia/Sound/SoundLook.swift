import CFFmpeg
import Foundation

/// A look at a sound stream before it is used: whether anything sounds in it, and whether that survives the downmix.
///
/// A few places spread over the file are decoded. Where all of them are silent the whole stream is, since a stream that is
/// silent for its first minutes is not silent.
struct SoundLook {
    /// Whether something sounds.
    let sounds: Bool
    /// The mixing that keeps the sound; nil where the ordinary downmix does.
    let mixing: ChannelMixing?

    /// Places that are looked at, and the length of each in seconds: enough for a few words or beats.
    private static let places = 8
    private static let placeSeconds = 0.3
    /// Frames that a decoder needs after a seek before its output is right.
    private static let settlingFrames = 2
    /// Power from which a place sounds: −60 dB, ingest's default for silence.
    private static let leastPower = 1e-6
    /// A downmix of two channels that is quieter than the louder one by more than this, in decibels, cancels: it is 6 for
    /// one dead channel, 3 for channels without relation.
    private static let cancelledDecibels = 10.0
    /// The same for more channels: a centre alone loses 11 dB in 5.1, a rear channel alone 17.
    private static let lostDecibels = 15.0
    /// The fraction of sounding places whose sound is lost from which the ordinary downmix is not used, and the one from
    /// which the channels count as reversed throughout.
    private static let lostShare = 0.25
    private static let reversedShare = 0.9
    /// In a stream that was read as a whole, the fraction of places that sound from which it is not silent.
    private static let soundingShare = 0.005

    /// Power in one place.
    private struct Place {
        /// Mean square of each channel.
        var channels: [Double]
        /// Mean square of the ordinary downmix.
        var mixed: Double
        /// Channel that carries low frequencies alone.
        var lowFrequency: Int?

        /// The loudest channel, the low frequency channel only where nothing else sounds.
        var loudest: (channel: Int, power: Double) {
            let all = channels.enumerated().map { (channel: $0.offset, power: $0.element) }
            let usual = all.filter { $0.channel != lowFrequency }.max { $0.power < $1.power }
            if let usual, usual.power >= SoundLook.leastPower { return usual }
            return all.max { $0.power < $1.power } ?? (0, 0)
        }

        var sounds: Bool { loudest.power >= SoundLook.leastPower }
        var lossDecibels: Double { 10 * log10(loudest.power / max(mixed, 1e-12)) }
        var isLost: Bool {
            lossDecibels > (channels.count == 2 ? SoundLook.cancelledDecibels : SoundLook.lostDecibels)
        }
    }

    /// - Parameters:
    ///   - open: opens a decoder for the stream, at its beginning.
    ///   - seconds: duration of the file; nil where it is not known.
    init(start: Double, seconds: Double?, _ open: () throws -> StreamDecoder) throws {
        var found = try Self.spread(try open(), start: start, seconds: seconds)
        var least = 1
        if !found.contains(where: \.sounds) {
            found = try Self.all(try open())
            least = max(1, Int((Self.soundingShare * Double(found.count)).rounded(.up)))
        }
        let sounding = found.filter(\.sounds)
        sounds = sounding.count >= least
        mixing = sounds ? Self.mixing(for: sounding) : nil
    }

    private static func mixing(for places: [Place]) -> ChannelMixing? {
        // A change of layout within the stream leaves the ordinary rule in force.
        guard let channels = places.first?.channels.count, channels > 1,
            places.allSatisfy({ $0.channels.count == channels })
        else { return nil }
        let lost = places.filter(\.isLost)
        guard Double(lost.count) >= lostShare * Double(places.count), let first = lost.first else { return nil }
        var sum = Place(channels: Array(repeating: 0, count: channels), mixed: 0, lowFrequency: first.lowFrequency)
        for place in lost {
            for channel in 0..<channels { sum.channels[channel] += place.channels[channel] / Double(lost.count) }
            sum.mixed += place.mixed / Double(lost.count)
        }
        let loss = (10 * sum.lossDecibels).rounded() / 10
        if channels == 2, Double(lost.count) >= reversedShare * Double(places.count) {
            return ChannelMixing(rule: .rightInverted, channel: nil, lossDecibels: loss)
        }
        return ChannelMixing(rule: .oneChannel, channel: sum.loudest.channel, lossDecibels: loss)
    }

    // MARK: - Reading

    /// The beginning, and places after seeks; fewer where the container cannot seek.
    private static func spread(_ decoder: StreamDecoder, start: Double, seconds: Double?) throws -> [Place] {
        var found: [Place] = []
        for number in 0..<places {
            if number > 0 {
                guard let seconds, seconds > placeSeconds,
                    decoder.seekFile(to: start + seconds * Double(number) / Double(places))
                else { break }
            }
            if let place = try measure(decoder, skipping: number > 0 ? settlingFrames : 0) { found.append(place) }
        }
        return found
    }

    private static func all(_ decoder: StreamDecoder) throws -> [Place] {
        var found: [Place] = []
        while let place = try measure(decoder, skipping: 0) { found.append(place) }
        return found
    }

    /// Decodes one place.
    ///
    /// - Returns: nil where nothing decodes.
    private static func measure(_ decoder: StreamDecoder, skipping settling: Int) throws -> Place? {
        let frame = FFmpeg.allocated(av_frame_alloc())
        defer { frame.free() }
        for _ in 0..<settling { guard try decoder.next(frame) else { return nil } }
        var format: AudioQueue.Format?
        var mixer: AudioResampler?
        var reader: SampleReader?
        var sums: [Double] = []
        var count = 0
        while format.map({ Double(count) < placeSeconds * Double($0.sampleRate) }) ?? true, try decoder.next(frame) {
            let own = AudioQueue.Format(of: frame.pointee)
            guard AudioQueue.canBeResampled(own), frame.pointee.nb_samples > 0, let samples = SampleReader(frame) else {
                continue
            }
            if let format, format != own { break }
            if format == nil {
                format = own
                sums = Array(repeating: 0, count: samples.channels)
                let resampler = AudioResampler(
                    AudioFormat(sampleRate: Int(own.sampleRate), channels: 1), path: decoder.demuxer.path)
                try resampler.configure(for: frame, at: 0)
                mixer = resampler
            }
            reader = samples
            for channel in 0..<samples.channels { sums[channel] += samples.energy(of: channel) }
            count += samples.count
            try mixer?.feed(samples.planes, count: samples.count)
        }
        guard let mixer, let reader, count > 0 else { return nil }
        try mixer.drain()
        var mixed = 0.0
        mixer.deliver(before: count) { samples, _ in
            for sample in samples { mixed += Double(sample) * Double(sample) }
        }
        return Place(
            channels: sums.map { $0 / Double(count) }, mixed: mixed / Double(count), lowFrequency: reader.lowFrequency)
    }
}

/// The samples of a decoded frame, channel by channel.
private final class SampleReader {
    let planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>
    let channels: Int
    let count: Int
    /// Index of the low frequency channel, where positions are known.
    let lowFrequency: Int?
    private let isPlanar: Bool
    private let packed: AVSampleFormat

    /// - Returns: nil for a sample format that FFmpeg's decoders do not output.
    init?(_ frame: UnsafeMutablePointer<AVFrame>) {
        let format = AVSampleFormat(frame.pointee.format)
        isPlanar = av_sample_fmt_is_planar(format) != 0
        let packed = av_get_packed_sample_fmt(format)
        self.packed = packed
        channels = Int(frame.pointee.ch_layout.nb_channels)
        count = Int(frame.pointee.nb_samples)
        let known = [AV_SAMPLE_FMT_U8, AV_SAMPLE_FMT_S16, AV_SAMPLE_FMT_S32, AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_DBL]
        guard known.contains(where: { $0 == packed }) else { return nil }
        let index = av_channel_layout_index_from_channel(&frame.pointee.ch_layout, AV_CHAN_LOW_FREQUENCY)
        lowFrequency = frame.pointee.ch_layout.order == AV_CHANNEL_ORDER_NATIVE && index >= 0 ? Int(index) : nil
        let number = isPlanar ? channels : 1
        planes = .allocate(capacity: Int(AudioQueue.maxChannels))
        planes.initialize(repeating: nil, count: Int(AudioQueue.maxChannels))
        for plane in 0..<number { planes[plane] = frame.pointee.extended_data[plane].map { UnsafePointer($0) } }
    }

    deinit { planes.deallocate() }

    /// Sum of the squares of a channel's samples.
    func energy(of channel: Int) -> Double {
        guard let plane = planes[isPlanar ? channel : 0] else { return 0 }
        let (first, step) = isPlanar ? (0, 1) : (channel, channels)
        func sum<Number>(_ type: Number.Type, _ value: (Number) -> Double) -> Double {
            plane.withMemoryRebound(to: type, capacity: count * step) { samples in
                var sum = 0.0
                for index in 0..<count {
                    let sample = value(samples[first + index * step])
                    // Codecs overshoot, and float files may hold any value.
                    if sample.magnitude <= 16 { sum += sample * sample }
                }
                return sum
            }
        }
        return switch packed {
        case AV_SAMPLE_FMT_U8: sum(UInt8.self) { (Double($0) - 128) / 128 }
        case AV_SAMPLE_FMT_S16: sum(Int16.self) { Double($0) / 32_768 }
        case AV_SAMPLE_FMT_S32: sum(Int32.self) { Double($0) / 2_147_483_648 }
        case AV_SAMPLE_FMT_FLT: sum(Float.self) { Double($0) }
        default: sum(Double.self) { $0 }
        }
    }
}
