extension MediaFile {
    /// How far before a range its pictures are decoded at least, in seconds: for neighbours of interlaced pictures, and since a
    /// picture may be shown later than the container's index says.
    private static let leastPictureLead = 0.1
    /// The same for sound: decoders need what is before to decode what follows, MP3's for half a second.
    private static let leastSoundLead = 0.6
    /// How far before a range sound is sought.
    private static let soundLead = 1.0
    /// Where a seek arrives too late, the next one goes so many times as far back.
    private static let growth = 4.0

    /// Moves a track that is at its start to just before the range that is asked for, without decoding what is before.
    ///
    /// Where the container cannot seek exactly, and where no seek arrives early enough, the track is at the start of the film,
    /// from where a pass decodes to the range.
    func positioned(_ track: VideoTrack) throws -> VideoTrack {
        guard info.range != nil, let first = track.upcoming?.span.start, track.decoder.seeksExactly else {
            return track
        }
        let start = info.commonStartSeconds
        var lead = Self.leastPictureLead
        var isMoved = false
        while start - lead > first {
            isMoved = true
            guard try track.seek(to: start - lead), let reached = track.upcoming?.span.start else { break }
            if reached <= start - Self.leastPictureLead { return track }
            lead *= Self.growth
        }
        return isMoved ? try reopenPictures() : track
    }

    /// The same for the sound; nil where it is to be decoded from its start.
    ///
    /// It is sought by the pictures' index: many containers have none for sound.
    func positionedSound() throws -> AudioTrack? {
        guard info.range != nil, let audio = info.audio else { return nil }
        let start = info.commonStartSeconds
        var lead = Self.soundLead
        while start - lead > audio.startSeconds {
            let decoder = try reopen(audio.index, threads: 1)
            guard decoder.seeksExactly, decoder.seek(to: start - lead, by: info.video?.index ?? audio.index) else {
                return nil
            }
            let track = try AudioTrack(decoder)
            guard let reached = track.startSeconds else { return nil }
            if reached <= start - Self.leastSoundLead {
                track.mixing = audio.mixing
                return track
            }
            lead *= Self.growth
        }
        return nil
    }
}
