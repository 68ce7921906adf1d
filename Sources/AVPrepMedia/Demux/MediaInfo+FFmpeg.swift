import CFFmpeg

extension MediaInfo {
    /// The container's properties; the streams are filled in separately.
    init(of demuxer: Demuxer) {
        let format = demuxer.format.pointee
        self.init(
            container: String(cString: format.iformat.pointee.name),
            durationSeconds: demuxer.durationSeconds,
            bitRate: Int(max(0, format.bit_rate)), video: nil, audio: nil)
        for index in 0..<demuxer.streamCount {
            let stream = demuxer.stream(index).pointee
            switch stream.codecpar.pointee.codec_type {
            case AVMEDIA_TYPE_VIDEO where stream.disposition & AV_DISPOSITION_ATTACHED_PIC != 0:
                streams.attachedPictures += 1
            case AVMEDIA_TYPE_VIDEO: streams.video += 1
            case AVMEDIA_TYPE_AUDIO: streams.audio += 1
            case AVMEDIA_TYPE_SUBTITLE: streams.subtitles += 1
            default: streams.other += 1
            }
        }
    }
}

extension AudioStreamInfo {
    /// - Parameter track: positioned before the first audio sample; nil when none decodes.
    init(of stream: UnsafeMutablePointer<AVStream>, times: PresentationTimes, track: AudioTrack?) {
        let parameters = stream.pointee.codecpar.pointee
        self.init(
            index: Int(stream.pointee.index), codec: FFmpeg.codecName(parameters),
            profile: avcodec_profile_name(parameters.codec_id, parameters.profile).map { String(cString: $0) },
            sampleRate: track?.sampleRate ?? Int(parameters.sample_rate),
            channels: track?.channels ?? Int(parameters.ch_layout.nb_channels),
            layout: FFmpeg.layoutName(track?.layout ?? parameters.ch_layout), language: FFmpeg.language(of: stream),
            dispositions: FFmpeg.dispositions(of: stream),
            startSeconds: track?.startSeconds ?? times.streamStart ?? 0,
            durationSeconds: times.streamDuration)
        mixing = track?.mixing
    }
}

extension Demuxer {
    /// Start stated by the container, in seconds; 0 where none is stated.
    var startSeconds: Double {
        let start = format.pointee.start_time
        return start == avprep_nopts ? 0 : Double(start) / Double(AV_TIME_BASE)
    }

    /// Duration stated by the container, in seconds.
    var durationSeconds: Double? {
        let duration = format.pointee.duration
        return duration != avprep_nopts && duration > 0 ? Double(duration) / Double(AV_TIME_BASE) : nil
    }
}
