package import AVPrepAudio
import AVPrepMedia
package import AVPrepModel
package import AVPrepSettings
package import AVPrepStore
import AVPrepVision
import AVPrepWorkspace

/// Computes what needs a complete segment: spectrograms, waveforms, camera motion, flags. One per worker.
package final class SegmentFeatures {
    private let settings: IngestSettings
    private let steps: PreparationSteps
    private let formats: [AudioFormat]
    package let stabilisation: SegmentStabilisation
    private let spectrograms: [(transform: Spectrogram, workspace: Spectrogram.Workspace, format: Int)]
    private let flaws: AudioQualityDetector
    private var motion: (estimator: CameraMotionEstimator, width: Int, height: Int)?

    /// - Parameter transforms: one transform per stored spectrogram, shared by all workers.
    package init(
        settings: IngestSettings, transforms: [Spectrogram], encoder: PictureEncoder,
        steps: PreparationSteps = PreparationSteps()
    ) throws {
        self.settings = settings
        self.steps = steps
        let measured = IngestSettings.measuredSound
        flaws = try AudioQualityDetector(
            settings: settings.sound, sampleRate: measured.sampleRate, channels: measured.channels)
        stabilisation = SegmentStabilisation(settings: settings, encoder: encoder)
        let formats = settings.audioFormats
        self.formats = formats
        spectrograms = transforms.map { transform in
            let format = AudioFormat(sampleRate: transform.settings.sampleRate, channels: 1)
            guard let index = formats.firstIndex(of: format) else {
                preconditionFailure("no audio format for spectrogram \(transform.settings.name)")
            }
            return (transform, transform.makeWorkspace(), index)
        }
    }

    /// Completes a segment with the sound of `[from, to)` seconds of the pass.
    ///
    /// - Parameters:
    ///   - measured: what ``measureSound(_:_:from:to:skew:)`` found on the same sound; nil: it is measured here.
    ///   - isStored: false where only flags and measures are wanted.
    package func complete(
        _ segment: Segment, _ taken: FramePreparation.Taken, from: Double, to: Double, _ sounds: inout [SoundBuffer],
        measured: MeasuredSound? = nil, isStored: Bool = true
    ) throws -> SegmentData {
        var segment = segment
        try steps.reach(.sound)
        let level = sounds[0].withSamples(from: from, to: to) { AudioLevel(of: $0) }
        if level.isSilent(below: settings.silenceDecibels) { segment.flags.insert(.silent) }
        segment.measures[.soundLevel] = Float(level.decibels)
        segment.measures[.brokenSamples] = Float(level.brokenSamples)
        let measured = measured ?? measureSound(taken, &sounds, from: from, to: to)
        segment.flags.formUnion(measured.flags)
        segment.measures.merge(measured.measures) { $1 }
        let isCentred = settings.policy[flag: .dcOffset] == .fix && segment.flags.contains(.dcOffset)
        if isCentred { segment.decision.fixed.insert(.dcOffset) }
        var motions: [FrameMotion] = []
        if settings.cameraMotion.enabled {
            try steps.reach(.cameraMotion)
            let estimator = cameraMotion(width: segment.width, height: segment.height)
            motions = try taken.motions(by: estimator)
            let finding = estimator.finding(for: motions)
            segment.flags.formUnion(finding.flags)
            segment.measures.merge(finding.measures) { $1 }
        }
        guard isStored else { return SegmentData(segment: segment, frames: PictureSequence()) }
        let pcm =
            settings.pcm.sampleRate > 0 ? Self.quantised(&sounds[0], from: from, to: to, isCentred: isCentred) : []
        var waveforms: [String: [Int16]] = [:]
        for waveform in settings.waveforms {
            let index = format(sampleRate: waveform.sampleRate, channels: waveform.channels)
            waveforms[waveform.name] = Self.quantised(
                &sounds[index], from: from, to: to, isCentred: isCentred)
        }
        var stored: [String: [Float]] = [:]
        for kind in spectrograms {
            try steps.reach(.spectrogram)
            stored[kind.transform.settings.name] = Self.withSound(
                &sounds[kind.format], from: from, to: to, isCentred: isCentred
            ) { samples in
                let count = kind.transform.frameCount(samples: samples.count) * kind.transform.bins
                return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
                    kind.transform.compute(
                        samples, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]), kind.workspace)
                    initialized = count
                }
            }
        }
        return SegmentData(
            segment: segment, frames: stabilisation.isNeeded ? PictureSequence() : taken.frames, flow: taken.flow,
            motion: motions, pcm: pcm,
            waveforms: waveforms, spectrograms: stored)
    }

    /// Flags of the sound, and the estimate of its offset from the picture.
    ///
    /// - Parameter skew: the estimate, if it is known already.
    package func measureSound(
        _ taken: FramePreparation.Taken, _ sounds: inout [SoundBuffer], from: Double, to: Double,
        skew known: OnsetSkew? = nil
    ) -> MeasuredSound {
        let finding = sounds[settings.measuredSoundIndex].withSamples(from: from, to: to) { flaws.find(in: $0) }
        var measured = MeasuredSound(flags: finding.flags, measures: finding.measures, skew: known)
        if known == nil, settings.skew.searchSeconds > 0 {
            measured.skew = OnsetSkew(
                events: MotionEventDetector.events(
                    in: taken.motion, width: taken.motionWidth, fps: settings.video.fps),
                onsets: finding.onsets, onsetRate: Double(OnsetEnvelope.rate),
                searchSeconds: settings.skew.searchSeconds)
        }
        guard let skew = measured.skew else { return measured }
        measured.measures[.skewEstimate] = Float(skew.seconds)
        measured.measures[.skewConfidence] = Float(skew.confidence)
        if skew.confidence >= settings.skew.minConfidence, abs(skew.seconds) > settings.skew.maxSeconds {
            measured.flags.insert(.skewed)
        }
        return measured
    }

    /// The sound of `[from, to)` seconds as 16-bit samples.
    private static func quantised(
        _ sound: inout SoundBuffer, from: Double, to: Double, isCentred: Bool
    ) -> [Int16] {
        withSound(&sound, from: from, to: to, isCentred: isCentred) { samples in
            [Int16](unsafeUninitializedCapacity: samples.count) { buffer, count in
                PCM.quantise(samples, into: UnsafeMutableBufferPointer(rebasing: buffer[..<samples.count]))
                count = samples.count
            }
        }
    }

    /// Passes the sound of `[from, to)` seconds to `body` as it is stored: with the mean of each channel subtracted if the
    /// policy fixes DC offsets.
    private static func withSound<Result>(
        _ sound: inout SoundBuffer, from: Double, to: Double, isCentred: Bool,
        _ body: (UnsafeBufferPointer<Float>) -> Result
    ) -> Result {
        let channels = sound.channels
        return sound.withSamples(from: from, to: to) { samples in
            guard isCentred, samples.count >= channels else { return body(samples) }
            var centred = Array(samples)
            for channel in 0..<channels {
                let places = stride(from: channel, to: centred.count, by: channels)
                let sum = places.reduce(0.0) {
                    $0 + (abs(centred[$1]) <= Spectrogram.largestSample ? Double(centred[$1]) : 0)
                }
                let mean = Float(sum / Double(centred.count / channels))
                for place in places { centred[place] -= mean }
            }
            return centred.withUnsafeBufferPointer(body)
        }
    }

    private func format(sampleRate: Int, channels: Int) -> Int {
        guard let index = formats.firstIndex(of: AudioFormat(sampleRate: sampleRate, channels: channels)) else {
            preconditionFailure("no audio format with \(sampleRate) Hz")
        }
        return index
    }

    private func cameraMotion(width: Int, height: Int) -> CameraMotionEstimator {
        if let motion, motion.width == width, motion.height == height { return motion.estimator }
        var tracked = settings.cameraMotion
        // Every frame is warped by its own homography.
        if settings.stabilise.enabled { tracked.everyNthFrame = 1 }
        let estimator = CameraMotionEstimator(
            settings: tracked, fps: settings.video.fps, width: width, height: height)
        motion = (estimator, width, height)
        return estimator
    }
}

extension FramePreparation.Taken {
    /// The camera's motion at every frame.
    func motions(by estimator: CameraMotionEstimator) throws -> [FrameMotion] {
        try estimator.estimate(count: count) { frame, small in
            try tracked.read(picture: frame, into: UnsafeMutableRawBufferPointer(small.pixels))
        }
    }
}
