/// Number of streams of each type in a container.
package struct StreamCounts: Sendable, Equatable, Codable {
    package var video = 0
    package var audio = 0
    package var subtitles = 0
    /// Cover art and similar pictures, which are not video.
    package var attachedPictures = 0
    /// Data, attachments, and types unknown to FFmpeg.
    package var other = 0

    package init() {}
}
