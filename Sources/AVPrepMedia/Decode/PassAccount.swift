import AVPrepModel

/// Accounts for the seconds of picture and sound that are in no frame of a pass.
struct PassAccount {
    /// A stream after its last packet.
    struct Stream {
        /// Presentation time of its end, on the clock after the last jump.
        var end: Double
        /// Its total length in seconds, over all clocks.
        var total: Double
        /// Whether the clock jumps where the pass ended.
        var jumps: Bool
        /// Whether packets of it are lost.
        var isDamaged: Bool
    }

    /// Seconds that were skipped where the pass resumed elsewhere.
    private var skippedSeconds = 0.0

    /// Values below this are rounding, in seconds.
    private static let leastSeconds = 0.001

    /// The pass goes on at a later time.
    mutating func skip(_ seconds: Double) { skippedSeconds += max(0, seconds) }

    /// - Parameters:
    ///   - passSeconds: length of the frames delivered.
    ///   - passEnd: presentation time of their end.
    ///   - frameSeconds: length of one frame.
    ///   - lostShare: of the file.
    ///   - statedSeconds: duration by the header, where libavformat has another one.
    func unused(
        info: MediaInfo, passSeconds: Double, passEnd: Double, frameSeconds: Double, pictures: Stream, sound: Stream?,
        lostShare: Double, statedSeconds: Double?
    ) -> [UnusedReason: Double] {
        var unused: [UnusedReason: Double] = [:]
        func add(_ reason: UnusedReason, _ seconds: Double) {
            if seconds >= Self.leastSeconds { unused[reason, default: 0] += seconds }
        }
        add(.gap, skippedSeconds)
        for film in info.further ?? [] { add(.furtherFilm, film.seconds ?? 0) }
        let start = info.commonStartSeconds
        let pictureHead = min(pictures.total, max(0, start - (info.video?.startSeconds ?? start)))
        add(.pictureAlone, pictureHead)
        guard let sound else { return unused }
        let soundHead = min(sound.total, max(0, start - (info.audio?.startSeconds ?? start)))
        add(.soundAlone, soundHead)
        let jumps = pictures.jumps || sound.jumps
        func rest(_ stream: Stream, head: Double) -> Double {
            jumps ? max(0, stream.total - head - passSeconds - skippedSeconds) : max(0, stream.end - passEnd)
        }
        let (pictureRest, soundRest) = (rest(pictures, head: pictureHead), rest(sound, head: soundHead))
        if jumps {
            add(.clockJump, max(pictureRest, soundRest))
            return unused
        }
        // Both go on where the pass has ended: the rest of a frame, or media that do not decode.
        let shared = min(pictureRest, soundRest)
        add(shared > 1.5 * frameSeconds ? .damaged : .partialFrame, shared)
        add(sound.isDamaged ? .damaged : .pictureAlone, pictureRest - shared)
        add(pictures.isDamaged ? .damaged : .soundAlone, soundRest - shared)
        if lostShare > 0, let stated = [info.durationSeconds, statedSeconds].compactMap(\.self).max() {
            let head = max(pictureHead, soundHead)
            // Fragmented movies count their duration from 0, even if they begin hours later.
            let length = start > stated / 2 ? stated - start : stated
            add(.damaged, length - (head + passSeconds + skippedSeconds + max(pictureRest, soundRest)))
        }
        return unused
    }

    /// The same for a range: of what is asked for and stated to be there.
    ///
    /// - Parameter hasPictures: whether the pictures go on where the pass ended.
    func unused(ofRange info: MediaInfo, passSeconds: Double, frameSeconds: Double, hasPictures: Bool)
        -> [UnusedReason: Double]
    {
        var unused: [UnusedReason: Double] = [:]
        func add(_ reason: UnusedReason, _ seconds: Double) {
            if seconds >= Self.leastSeconds { unused[reason, default: 0] += seconds }
        }
        add(.gap, skippedSeconds)
        let asked = info.askedSeconds ?? passSeconds
        let head = min(asked, max(0, info.commonStartSeconds - (info.rangeStartSeconds ?? info.commonStartSeconds)))
        let startsWithPicture = (info.video?.startSeconds ?? 0) < (info.audio?.startSeconds ?? 0)
        add(startsWithPicture ? .pictureAlone : .soundAlone, head)
        let rest = asked - head - passSeconds - skippedSeconds
        if rest < 1.5 * frameSeconds {
            add(.partialFrame, rest)
        } else {
            add(hasPictures ? .pictureAlone : .soundAlone, rest)
        }
        return unused
    }
}
