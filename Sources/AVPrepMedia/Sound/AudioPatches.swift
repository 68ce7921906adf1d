import CFFmpeg

/// Where audio was filled with silence or cut, until it is reported.
struct AudioPatches {
    /// Silence in seconds `[start, end)` of the pass, and seconds cut at `start`.
    private var waiting: [(start: Double, end: Double, cut: Double)] = []

    /// - Parameters:
    ///   - start: in seconds of the pass.
    ///   - seconds: length of the silence.
    mutating func fill(from start: Double, seconds: Double) {
        if seconds > 0 { waiting.append((start, start + seconds, 0)) }
    }

    mutating func cut(_ seconds: Double, at start: Double) {
        if start >= 0 { waiting.append((start, start, seconds)) }
    }

    /// Filled and cut seconds before a time of the pass; each is reported once.
    mutating func take(before end: Double) -> Double {
        var seconds = 0.0
        for place in waiting.indices where waiting[place].start < end {
            let filled = min(waiting[place].end, end)
            seconds += filled - waiting[place].start + waiting[place].cut
            waiting[place] = (filled, waiting[place].end, 0)
        }
        waiting.removeAll { $0.end <= $0.start && $0.cut == 0 }
        return seconds
    }

    /// Codecs that leave out silence (discontinuous transmission).
    private static let silenceOmitting: Set<UInt32> = Set(
        [
            AV_CODEC_ID_OPUS, AV_CODEC_ID_AMR_NB, AV_CODEC_ID_AMR_WB, AV_CODEC_ID_EVRC, AV_CODEC_ID_QCELP,
            AV_CODEC_ID_G723_1, AV_CODEC_ID_G729, AV_CODEC_ID_SPEEX,
        ].map(\.rawValue))
    /// Sound below this level counts as silence to them: 40 dB below full scale.
    private static let quietLevel = 0.01

    /// Whether a gap is as it should be.
    ///
    /// - Parameter level: of the sound before it, root mean square relative to full scale.
    static func isLeftOutByDesign(_ codec: AVCodecID, after level: Double) -> Bool {
        silenceOmitting.contains(codec.rawValue) && level < quietLevel
    }
}
