import AVPrepModel
package import AVPrepSettings
package import AVPrepStore
import AVPrepVision

/// Encodes the pictures of complete segments, and removes the camera's motion from those to be stabilised. One per worker.
///
/// Whether a segment is stabilised is known only when it is complete. So the pictures of at most one segment are kept, in
/// memory or in a file, and encoded at its end, when flow is also computed. When the settings stabilise no segment, all this is skipped.
package final class SegmentStabilisation {
    private let settings: IngestSettings
    private let encoder: PictureEncoder
    private var flow: (stage: FlowEncoder, width: Int, height: Int)?
    private var estimator: (estimator: CameraMotionEstimator, width: Int, height: Int)?

    package init(settings: IngestSettings, encoder: PictureEncoder) {
        self.settings = settings
        self.encoder = encoder
    }

    /// Whether the settings may stabilise segments.
    package var isNeeded: Bool { settings.mayStabilise }

    /// Encodes the kept pictures of a segment whose flags are known.
    package func store(_ taken: FramePreparation.Taken, in data: inout SegmentData, _ memory: HeldMemory) throws {
        guard isNeeded else { return }
        let (width, height) = (data.segment.width, data.segment.height)
        let kept = PixelBuffer(width: width, height: height, channels: 3)
        func picture(_ index: Int) throws -> PixelBuffer {
            try taken.frames.read(picture: index, into: UnsafeMutableRawBufferPointer(kept.pixels))
            return kept
        }
        guard settings.stabilises(data.segment.flags) else {
            try store(taken.count, in: &data, memory, picture: picture)
            return
        }
        let stabiliser = Stabiliser(
            settings: settings.stabilise, fps: settings.video.fps, width: width, height: height)
        // Motion at every n-th frame is enough for flags, but not for stabilising.
        let motions =
            settings.stabilise.enabled
            ? data.motion : try taken.motions(by: cameraMotion(width: width, height: height))
        let isReliable = !data.segment.flags.contains(.motionUnreliable)
        let made = stabiliser.plan(for: motions)
        guard isReliable, case .success(let whole) = made else {
            data.segment.flags.insert(.notStabilised)
            data.segment.measures[.stabilisedShare] = 0
            if isReliable, case .failure(let discard) = made {
                data.segment.measures[.stabilisedShare] = discard.reason.share(ofSide: min(width, height))
            }
            try store(taken.count, in: &data, memory, picture: picture)
            return
        }
        data.segment.measures[.stabilisedShare] = Float(min(whole.width, whole.height)) / Float(min(width, height))
        let plan = settings.video.shortSide == 0 ? whole : whole.scaled(shortSide: min(width, height))
        data.segment.decision.fixed.formUnion(data.segment.flags.intersection(IngestSettings.steadiedFlags))
        data.segment.stabilised = StabilisedFraming(width: width, height: height, crop: plan.crop)
        data.segment.width = plan.width
        data.segment.height = plan.height
        data.motion = stabiliser.motion(left: motions, by: plan)
        let stabilised = PixelBuffer(width: plan.width, height: plan.height, channels: 3)
        try store(taken.count, in: &data, memory) { index in
            try stabiliser.warp(picture(index), index: index, by: plan, into: stabilised)
            return stabilised
        }
    }

    /// Encodes `count` pictures of the segment's size one after the other, and computes their flow.
    private func store(
        _ count: Int, in data: inout SegmentData, _ memory: HeldMemory, picture: (Int) throws -> PixelBuffer
    ) throws {
        let (width, height) = (data.segment.width, data.segment.height)
        let flow = try flowStage(width: width, height: height)
        let grey = PixelBuffer(width: width, height: height, channels: 1)
        var frames = PictureSequence()
        var flows: [StoreLayout.FlowDirection: PictureSequence] = [:]
        for direction in flow?.directions ?? [] { flows[direction] = PictureSequence() }
        for index in 0..<count {
            let picture = try picture(index)
            try encoder.withEncoded(picture) { frames.append($0) }
            try frames.spill(over: memory.encodedBytes, into: memory.folder)
            guard let flow else { continue }
            try Grey.convert(picture, into: grey)
            for (direction, stored) in try flow.append(grey) {
                stored.withUnsafeBytes { flows[direction]?.append($0) }
                try flows[direction]?.spill(over: memory.encodedBytes, into: memory.folder)
            }
        }
        data.frames = frames
        data.flow = flows
    }

    private func flowStage(width: Int, height: Int) throws -> FlowEncoder? {
        guard settings.flow.method != .off else { return nil }
        if let flow, flow.width == width, flow.height == height {
            flow.stage.restart()
            return flow.stage
        }
        let stage = try FlowEncoder(settings: settings.flow, fps: settings.video.fps, width: width, height: height)
        flow = (stage, width, height)
        return stage
    }

    private func cameraMotion(width: Int, height: Int) -> CameraMotionEstimator {
        if let estimator, estimator.width == width, estimator.height == height { return estimator.estimator }
        var everyFrame = settings.cameraMotion
        everyFrame.everyNthFrame = 1
        let made = CameraMotionEstimator(settings: everyFrame, fps: settings.video.fps, width: width, height: height)
        estimator = (made, width, height)
        return made
    }
}

extension Stabiliser.Discard {
    /// The part of the picture visible in all frames, as a fraction of a side in pixels; 0 when unknown.
    fileprivate func share(ofSide side: Int) -> Float {
        switch self {
        case .motionUnknown, .motionDoubtful: 0
        case .commonAreaTooSmall(let common): Float(common) / Float(side)
        }
    }
}
