import AVPrepAudio
package import AVPrepModel
package import AVPrepSettings
package import AVPrepStore
import AVPrepVision
import Foundation

/// Prepares each frame as it arrives: the encoded picture, what is looked at when the segment is complete, the flow from an
/// earlier frame.
///
/// Results are kept until a segment takes them, oldest first, in bounded memory (``HeldMemory``); buffers are reused. Where
/// the stored pictures depend on the whole segment (stabilisation), the pictures themselves are kept and nothing is encoded.
///
/// Where the policy drops still pictures, a picture that is held waits as it is: if it turns out that its segment is dropped,
/// it is neither encoded nor used for flow; else that is done then, with the same result.
package final class FramePreparation {
    /// What is kept of one frame beside its pictures.
    private struct Entry {
        /// The whole grey picture, if it is among those that are kept.
        var grey: PixelBuffer?
        let blocks: [UInt8]
        /// The small picture in which motion is compared; empty where no offset of the sound is searched for.
        let motion: [UInt8]
        /// Mean absolute grey difference from the previous frame, in levels of 255.
        let difference: Float
    }

    private let settings: IngestSettings
    private let memory: HeldMemory
    private let width: Int
    private let height: Int
    private let encoder: PictureEncoder
    private let flow: FlowLine?
    private let keepsPictures: Bool
    private let mostGreys: Int
    private let freezeBlocks = FreezeDetector.blockPictures()
    /// nil where no offset of the sound is searched for.
    private let motionPictures: SmallPictures?
    /// The frame as it is tracked; nil where camera motion is not measured.
    private let small: PixelBuffer?
    private let scaler = AreaScaler()
    private var entries: [Entry] = []
    /// The encoded pictures; whole ones if they are kept.
    private var frames = PictureSequence()
    private var tracked = PictureSequence()
    /// Encoded flow between the frame `step` frames before and each frame; empty for the first `step` frames.
    private var flows: [StoreLayout.FlowDirection: PictureSequence] = [:]
    /// Held pictures after those of `frames`, oldest first; equal ones that follow each other are one.
    private var waiting: [PixelBuffer] = []
    private var waitingBytes = 0
    private var freeze: FreezeDetector?
    private let grey: PixelBuffer
    private var greyCount = 0
    private var spareGreys: [PixelBuffer] = []
    private var lastGrey: PixelBuffer?

    /// - Parameters:
    ///   - keepsPictures: keep the pictures of a segment instead of encoding them.
    ///   - memory: how much of a segment is kept in memory.
    ///   - cores: may compute flow beside the rest; nil: none.
    package init(
        settings: IngestSettings, width: Int, height: Int, encoder: PictureEncoder, keepsPictures: Bool = false,
        memory: HeldMemory = HeldMemory(), cores: SpareCores? = nil
    ) throws {
        self.settings = settings
        self.memory = memory
        self.keepsPictures = keepsPictures
        self.width = width
        self.height = height
        self.encoder = encoder
        mostGreys = memory.mostGreys(width: width, height: height)
        flow =
            settings.flow.method == .off || keepsPictures
            ? nil
            : FlowLine(
                try FlowEncoder(settings: settings.flow, fps: settings.video.fps, width: width, height: height),
                cores: cores)
        for direction in flow?.directions ?? [] { flows[direction] = PictureSequence() }
        grey = PixelBuffer(width: width, height: height, channels: 1)
        motionPictures = settings.skew.searchSeconds > 0 ? MotionEventDetector.smallPictures() : nil
        if settings.policy[flag: .still] == .drop, !keepsPictures {
            freeze = FreezeDetector(fps: settings.video.fps, level: Float(settings.still.level))
        }
        let size = CameraMotionEstimator.trackingSize(settings.cameraMotion, width: width, height: height)
        small =
            settings.cameraMotion.enabled ? PixelBuffer(width: size.width, height: size.height, channels: 1) : nil
    }

    /// Frames that wait for their segment.
    package var count: Int { entries.count }

    /// Prepares the next frame.
    package func append(_ picture: PixelBuffer) throws {
        let grey = spareGreys.popLast() ?? PixelBuffer(width: width, height: height, channels: 1)
        try Grey.convert(picture, into: grey)
        if let small {
            if small.hasShape(of: grey) { small.copyPixels(from: grey) } else { try scaler.scale(grey, into: small) }
            tracked.append(UnsafeRawBufferPointer(small.pixels))
            try tracked.spill(over: memory.encodedBytes, into: memory.folder)
        }
        let blocks = try freezeBlocks.make(of: grey)
        let difference = lastGrey.map { FreezeAnalysis.difference($0, grey) } ?? .infinity
        _ = freeze?.push(blocks: blocks, change: lastGrey == nil ? 0 : difference)
        if freeze?.isHolding == true {
            try hold(picture)
        } else {
            try store(all: waiting.count)
            try store(picture, grey)
        }
        let before = lastGrey
        lastGrey = grey
        // It may have been left out while it was the newest.
        if let before, !entries.isEmpty, entries[entries.count - 1].grey == nil { spareGreys.append(before) }
        let motion = try motionPictures?.make(of: grey) ?? []
        entries.append(Entry(grey: grey, blocks: blocks, motion: motion, difference: difference))
        greyCount += 1
        if greyCount > mostGreys { thinGreys() }
    }

    /// Encodes a picture, or keeps it, and computes the flow to it.
    private func store(_ picture: PixelBuffer, _ grey: PixelBuffer) throws {
        if keepsPictures {
            frames.append(UnsafeRawBufferPointer(picture.pixels))
        } else {
            try encoder.withEncoded(picture) { frames.append($0) }
        }
        try frames.spill(over: keepsPictures ? memory.pictureBytes : memory.encodedBytes, into: memory.folder)
        if let flow { try keep(try flow.append(grey)) }
    }

    /// Adds the flow to some frames, in order.
    private func keep(_ stored: [FlowLine.Stored]) throws {
        for stored in stored {
            for direction in flow?.directions ?? [] {
                (stored[direction] ?? []).withUnsafeBytes { flows[direction]?.append($0) }
                try flows[direction]?.spill(over: memory.encodedBytes, into: memory.folder)
            }
        }
    }

    /// Lets a held picture wait.
    private func hold(_ picture: PixelBuffer) throws {
        if let last = waiting.last, last.shows(picture) {
            waiting.append(last)
            return
        }
        if waitingBytes + picture.pixels.count > memory.pictureBytes { try store(all: waiting.count) }
        let copy = PixelBuffer(width: width, height: height, channels: 3)
        copy.copyPixels(from: picture)
        waiting.append(copy)
        waitingBytes += copy.pixels.count
    }

    /// Stores the oldest pictures that wait.
    private func store(all count: Int) throws {
        for picture in waiting.prefix(count) {
            try Grey.convert(picture, into: grey)
            try store(picture, grey)
        }
        forget(count)
    }

    /// Removes the oldest pictures that wait.
    private func forget(_ count: Int) {
        let first = waiting.prefix(count)
        for (index, picture) in first.enumerated() {
            let next = index + 1 < waiting.count ? waiting[index + 1] : nil
            if next !== picture { waitingBytes -= picture.pixels.count }
        }
        waiting.removeFirst(first.count)
    }

    /// Keeps every other one of the whole grey pictures.
    private func thinGreys() {
        var isKept = true
        for index in entries.indices {
            guard let grey = entries[index].grey else { continue }
            if !isKept {
                entries[index].grey = nil
                greyCount -= 1
                if grey !== lastGrey { spareGreys.append(grey) }
            }
            isKept.toggle()
        }
    }

    /// The results of the oldest frames, removed from the queue.
    package struct Taken {
        /// Number of frames.
        package fileprivate(set) var count: Int
        /// The encoded pictures; whole ones if they are kept, without flow.
        package fileprivate(set) var frames = PictureSequence()
        package fileprivate(set) var flow: [StoreLayout.FlowDirection: PictureSequence] = [:]
        /// Grey pictures of the frames at tracking size, unencoded; empty where camera motion is not measured.
        package fileprivate(set) var tracked: PictureSequence
        /// Whole grey pictures: of all frames, or of some spread over them.
        package fileprivate(set) var greys: [(frame: Int, picture: PixelBuffer)]
        /// The blocks of each frame, see `FreezeDetector.blockPictures`.
        package fileprivate(set) var blocks: [[UInt8]]
        /// The small picture of each frame, and their width; empty pictures where no offset of the sound
        /// is searched for.
        package fileprivate(set) var motion: [[UInt8]]
        package let motionWidth: Int
        /// Mean absolute grey difference of neighbouring frames, `count - 1` of them.
        package fileprivate(set) var differences: [Float]

        /// The results without those of the first frames.
        package func dropping(first lost: Int) -> Taken {
            guard lost > 0 else { return self }
            var rest = self
            rest.count -= lost
            rest.frames.removeFirst(min(lost, frames.count))
            for (direction, pictures) in flow { rest.flow[direction]?.removeFirst(min(lost, pictures.count)) }
            rest.tracked.removeFirst(min(lost, tracked.count))
            rest.greys = greys.filter { $0.frame >= lost }.map { (frame: $0.frame - lost, picture: $0.picture) }
            rest.blocks.removeFirst(lost)
            rest.motion.removeFirst(lost)
            rest.differences.removeFirst(lost)
            return rest
        }
    }

    /// Removes and returns the results of the oldest `count` frames. Return the buffers with ``recycle(_:)``.
    ///
    /// - Parameter isStored: whether their pictures and flow are wanted, by what was found on them. Called once; what it gets
    ///   has no pictures and no flow yet.
    package func take(_ count: Int, isStored: (Taken) throws -> Bool = { _ in true }) throws -> Taken {
        precondition(count > 0 && count <= entries.count, "\(count) of \(entries.count) frames")
        let old = entries[..<count]
        let greys = old.enumerated().compactMap { index, entry in entry.grey.map { (frame: index, picture: $0) } }
        var result = Taken(
            count: count, tracked: PictureSequence(), greys: greys, blocks: old.map(\.blocks),
            motion: old.map(\.motion), motionWidth: motionPictures?.width ?? 0,
            differences: old.dropFirst().map(\.difference))
        let isStored = try isStored(result)
        if isStored { try store(all: max(0, count - frames.count)) } else { forgetWaiting(of: count) }
        if let flow { try keep(try flow.finish()) }
        let stored = min(count, frames.count)
        func taken(of sequence: inout PictureSequence) throws -> PictureSequence {
            let rest = try sequence.split(after: min(count, sequence.count))
            defer { sequence = rest }
            return sequence
        }
        for direction in flow?.directions ?? [] {
            guard var sequence = flows[direction] else { preconditionFailure("a direction without its flow") }
            var pictures = try taken(of: &sequence)
            flows[direction] = sequence
            // The flow into the segment's first frames starts in the previous segment, so it belongs to neither.
            pictures.removeFirst(min(stored, settings.flow.step))
            result.flow[direction] = isStored ? pictures : PictureSequence()
        }
        let pictures = try taken(of: &frames)
        if isStored { result.frames = pictures }
        if small != nil { result.tracked = try taken(of: &tracked) }
        greyCount -= greys.count
        entries.removeFirst(count)
        return result
    }

    /// Forgets those of the oldest `count` frames that wait. The next one follows none.
    private func forgetWaiting(of count: Int) {
        guard count > frames.count else { return }
        forget(count - frames.count)
        flow?.restart()
    }

    /// Makes buffers available again, except the newest grey picture, with which the next frame is compared.
    package func recycle(_ taken: Taken) {
        spareGreys += taken.greys.map(\.picture).filter { $0 !== lastGrey }
    }
}

extension PixelBuffer {
    /// Whether a picture of the same shape has the same pixels.
    fileprivate func shows(_ other: PixelBuffer) -> Bool {
        guard let mine = pixels.baseAddress, let others = other.pixels.baseAddress else { return false }
        return memcmp(mine, others, pixels.count) == 0
    }
}
