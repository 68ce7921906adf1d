/// A step on a video's way from its file to its outcome in the catalog.
package enum PreparationStep: String, Sendable, CaseIterable {
    case opening, borders, framing, decoding, picture, sound, cameraMotion, spectrogram, cues, stabilisation, writing
    case finishing, committing
    /// The notes in the catalog: properties of the media, fingerprint, outcome.
    case noting
    /// The decision on a prepared file that lies there under another policy.
    case decision
}

/// What is done at each step of the video of a listed path.
///
/// Stages call a hook where they are given one. The commands give none; tests give one that throws, to see that an error at
/// any step costs one video.
package typealias PreparationHook = @Sendable (_ step: PreparationStep, _ listed: String) throws -> Void

/// The steps of the video that a worker is busy with. One per worker.
package final class PreparationSteps {
    private let hook: PreparationHook?
    /// The path that the video is listed under.
    var listed = ""

    package init(_ hook: PreparationHook? = nil) { self.hook = hook }

    func reach(_ step: PreparationStep) throws { try hook?(step, listed) }
}
