import AVPrepCore

extension ShardDataset {
    /// Insists that a model sees as much of time as it hears: all frames of a clip.
    ///
    /// The number of frames follows from the clip's length and the stored frame rate. A setting that says another one
    /// would train, say, half a second of picture against a second of sound.
    /// - Throws: ``TrainingError`` (`.settings`) that says both numbers and what to set.
    func checkAgreement(with model: ModelSettings) throws {
        let step = model.frameStep
        if model.frames != 0, model.frames != seenFrames(step: step) { throw disagreement(model.frames, step: step) }
    }

    /// Frames that are seen of a clip, when every so-manieth is.
    func seenFrames(step: Int) -> Int { (clipFrames + step - 1) / step }

    /// What is said of a model that asks for another number of frames than the clips have.
    func disagreement(_ frames: Int, step: Int) -> TrainingError {
        let seen = seenFrames(step: step)
        let every = step == 1 ? "" : ", of which with \(TrainKey.frameStep) = \(step) are seen \(seen)"
        return TrainingError(
            .settings,
            """
            \(TrainKey.frames) is \(frames), but a clip of the set "\(set)" is \(clipSeconds.shortText) s at \
            \(fps.shortText) fps, \(clipFrames) frames\(every); set \(TrainKey.frames) to \(seen), or to 0 to take what the \
            shards hold\(step == 1 ? otherRate(frames) : "")
            """)
    }

    /// The frame rate at which a clip would have so many frames, where it is one that can be asked for.
    private func otherRate(_ frames: Int) -> String {
        let rate = Double(frames) / clipSeconds
        guard (1...120).contains(rate), rate * 100 == (rate * 100).rounded() else { return "" }
        return ", or ingest.video.fps to \(rate.shortText) and prepare the videos again"
    }
}
