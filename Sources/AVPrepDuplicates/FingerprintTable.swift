import AVPrepModel

/// Fingerprints of many videos in a few arrays: 112 bytes per second of video.
struct FingerprintTable: Sendable {
    private(set) var videoIDs: [String] = []
    /// First picture and first audio word of each video, and the ends of the last.
    private(set) var pictureStarts = [0]
    private(set) var soundStarts = [0]
    private(set) var pictures: [VideoFingerprint.Picture] = []
    private(set) var sounds: [UInt32] = []

    mutating func add(_ fingerprint: VideoFingerprint, ofVideo videoID: String) {
        videoIDs.append(videoID)
        pictures += fingerprint.pictures
        sounds += fingerprint.sounds
        pictureStarts.append(pictures.count)
        soundStarts.append(sounds.count)
    }

    func pictureRange(_ video: Int) -> Range<Int> { pictureStarts[video]..<pictureStarts[video + 1] }

    func soundRange(_ video: Int) -> Range<Int> { soundStarts[video]..<soundStarts[video + 1] }
}
