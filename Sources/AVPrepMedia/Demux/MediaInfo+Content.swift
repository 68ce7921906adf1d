import AVPrepCore
import AVPrepModel

extension MediaInfo {
    /// The reason code of a range of which the file has nothing.
    package static let beyondEnd = "beyond-end"

    /// Why a file without picture or sound is no film, as a reason code and a text that follows the file's name; nil for a
    /// film.
    package var lack: (code: String, text: String)? {
        let isStill = container.hasSuffix("_pipe") || container == "image2"
        if isStill, let video { return ("still-image", "is a picture (\(video.codec)), not a video; leave it out") }
        let encrypted = (leftOut ?? []).contains { $0.reason == .encrypted } ? "; what it holds is encrypted" : ""
        if video == nil {
            let held = held(besides: \.video)
            return ("no-video", "has no video stream" + (held.isEmpty ? "" : ": it holds \(held) alone") + encrypted)
        }
        if audio == nil {
            let isElsewhere = streams.audio > 0
            return (
                "no-audio",
                "has no audio stream" + (isElsewhere ? " that belongs to its picture" : "") + encrypted
            )
        }
        if let range, let durationSeconds, range.startSeconds >= durationSeconds {
            return (Self.beyondEnd, "begins after the end of its file, which lasts \(durationSeconds.shortText) s")
        }
        return nil
    }

    /// What the container holds beside streams of a type, in words.
    private func held(besides type: KeyPath<StreamCounts, Int>) -> String {
        let kinds: [(KeyPath<StreamCounts, Int>, String)] = [
            (\.video, "pictures"), (\.audio, "sound" + (audio.map { " (\($0.codec))" } ?? "")),
            (\.subtitles, "subtitles"), (\.attachedPictures, "cover art"), (\.other, "data"),
        ]
        return kinds.filter { $0.0 != type && streams[keyPath: $0.0] > 0 }.map(\.1).joined(separator: " and ")
    }

    /// Where sound is that is not used, for a film whose own sound is silent; nil where there is none, or where the film
    /// sounds.
    package var soundElsewhere: String? {
        guard let audio, audio.isSilent == true else { return nil }
        let others = (leftOut ?? []).filter { $0.sounds == true }.map { stream in
            let why = stream.reason == .otherProgramme ? "of another programme" : "a commentary or description"
            return "stream \(stream.index) (\(stream.codec), \(why))"
        }
        guard !others.isEmpty else { return nil }
        return "its sound, stream \(audio.index), is silent; sound is in \(others.joined(separator: ", "))"
    }
}
