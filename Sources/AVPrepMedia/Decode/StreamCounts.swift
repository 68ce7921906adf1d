/// How many streams of each type a container holds.
package struct StreamCounts: Sendable, Equatable, Codable {
    package var video = 0
    package var audio = 0
    package var subtitles = 0
    /// Cover art and the like, which is not video.
    package var attachedPictures = 0
    /// Data, attachments, and what FFmpeg does not know.
    package var other = 0

    package init() {}
}
