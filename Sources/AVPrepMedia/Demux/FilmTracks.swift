/// The picture and the sound of a file, opened: the best streams of which something decodes, and sound that sounds.
struct FilmTracks {
    private(set) var videoIndex: Int?
    private(set) var pictures: VideoTrack?
    /// Why there are no pictures, to be thrown when they are needed.
    private(set) var pictureFailure: MediaError?
    private(set) var audioIndex: Int?
    private(set) var sound: AudioTrack?
    private(set) var soundFailure: MediaError?
    /// Whether nothing sounds in the chosen sound stream; nil where that was not looked at.
    private(set) var isSilent: Bool?
    private(set) var leftOut: [LeftOutStream] = []

    private let demuxer: Demuxer
    private let choice: StreamChoice
    private let reopen: () throws -> Demuxer
    private var failed: Set<Int> = []
    private var silent: Set<Int> = []

    /// Streams of a kind that are tried at most.
    private static let mostTried = 16

    /// - Parameters:
    ///   - demuxer: just opened; the pictures are read from it, or the sound where there are none.
    ///   - threads: of the picture decoder.
    ///   - reopen: opens the container once more.
    /// - Throws: errors that concern the whole file.
    init(_ demuxer: Demuxer, threads: Int, reopen: @escaping () throws -> Demuxer) throws {
        self.demuxer = demuxer
        self.reopen = reopen
        choice = try StreamChoice(demuxer, reopen: reopen)
        try openPictures(threads)
        try openSound()
        leftOut = choice.leftOut(video: videoIndex, audio: audioIndex, silent: silent, failed: failed)
        try listenToOthers()
    }

    private mutating func openPictures(_ threads: Int) throws {
        videoIndex = choice.video.first
        for (number, index) in choice.video.prefix(Self.mostTried).enumerated() {
            let own = number == 0 ? demuxer : try reopen()
            let (track, failure) = try Self.attempt {
                let track = try VideoTrack(try StreamDecoder(own, stream: index, threads: threads))
                return (track, track.upcoming == nil ? MediaFile.nothing("picture", from: track.decoder) : nil)
            }
            if let track {
                (videoIndex, pictures, pictureFailure) = (index, track, nil)
                return
            }
            failed.insert(index)
            pictureFailure = pictureFailure ?? failure
        }
    }

    private mutating func openSound() throws {
        let all = choice.audio(with: videoIndex)
        let main = all.filter(choice.isMain)
        let candidates = (main.isEmpty ? all : main).prefix(Self.mostTried)
        audioIndex = candidates.first
        for index in candidates {
            let (track, failure) = try openSound(index)
            guard let track else {
                failed.insert(index)
                if sound == nil { soundFailure = soundFailure ?? failure }
                continue
            }
            let look = all.count > 1 || (track.channels ?? 1) > 1 ? try look(at: index) : nil
            if look?.sounds ?? true {
                track.mixing = look?.mixing
                (audioIndex, sound, soundFailure) = (index, track, nil)
                isSilent = look.map { !$0.sounds }
                return
            }
            silent.insert(index)
            // The best silent one stays where none sounds.
            if sound == nil { (audioIndex, sound, soundFailure, isSilent) = (index, track, nil, true) }
        }
    }

    /// Where the film's sound is silent, says which of the streams that were not considered sound.
    private mutating func listenToOthers() throws {
        guard isSilent == true else { return }
        for number in leftOut.indices.prefix(Self.mostTried)
        where leftOut[number].kind == .audio && [.special, .otherProgramme].contains(leftOut[number].reason) {
            leftOut[number].sounds = try look(at: leftOut[number].index)?.sounds
        }
    }

    private func openSound(_ index: Int) throws -> (AudioTrack?, MediaError?) {
        // Only the pictures, or a sound stream that is alone and tried first, are read from the first demuxer.
        let own = choice.video.isEmpty && failed.isEmpty && silent.isEmpty ? demuxer : try reopen()
        return try Self.attempt {
            let track = try AudioTrack(try StreamDecoder(own, stream: index, threads: 1))
            return (track, track.startSeconds == nil ? MediaFile.nothing("audio", from: track.decoder) : nil)
        }
    }

    /// - Returns: nil where the stream cannot be read on its own.
    private func look(at index: Int) throws -> SoundLook? {
        let (look, _) = try Self.attempt {
            let look = try SoundLook(start: demuxer.startSeconds, seconds: demuxer.durationSeconds) {
                try StreamDecoder(try reopen(), stream: index, threads: 1)
            }
            return (look, nil)
        }
        return look
    }

    /// Opens something; an error that concerns its stream alone is returned.
    private static func attempt<Thing>(_ open: () throws -> (Thing, MediaError?)) throws -> (Thing?, MediaError?) {
        do {
            let (thing, failure) = try open()
            return (failure == nil ? thing : nil, failure)
        } catch let error as MediaError where [.unsupported, .encrypted, .corrupt].contains(error.code) {
            return (nil, error)
        }
    }
}
