/// A picture or sound stream that is not used, and why.
package struct LeftOutStream: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable {
        case video, audio
    }

    package enum Reason: String, Sendable, Codable {
        /// Cover art.
        case attachedPicture = "attached-picture"
        case encrypted
        /// No decoder, no size or rate, or nothing that decodes.
        case undecodable
        /// Nothing sounds in it.
        case silent
        /// A still.
        case onePicture = "one-picture"
        /// Hardly a picture beside the film's.
        case fewPictures = "few-pictures"
        /// Of another broadcast programme than the picture.
        case otherProgramme = "other-programme"
        /// Not meant for everyone: a commentary, a description, a part of another stream.
        case special
        /// Another one is marked as default, larger, or first.
        case notPreferred = "not-preferred"
    }

    package var index: Int
    package var kind: Kind
    package var codec: String
    /// ISO 639 language where the container names one.
    package var language: String?
    package var reason: Reason
    /// Whether it sounds; looked at only where the film's own sound does not.
    package var sounds: Bool?
}
