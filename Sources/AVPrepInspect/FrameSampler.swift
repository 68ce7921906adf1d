import AVPrepModel

/// A frame kept for a drawing, with the next differing frame, for its flow.
struct SampledFrame {
    /// The frame's number in the pass.
    let index: Int
    /// The whole picture, RGB.
    let picture: PixelBuffer
    /// The part inside the border, grey.
    let grey: PixelBuffer
    /// The grey part of the next frame with a different picture, and that frame's number. At a raised frame rate the
    /// very next frame may repeat the same picture.
    var next: (grey: PixelBuffer, index: Int)?
}

/// Keeps frames evenly spread over a video of unknown length, in bounded memory: first every frame, then every second
/// one of these whenever there are too many.
struct FrameSampler {
    private(set) var frames: [SampledFrame] = []
    private var stride = 1

    /// Largest number of frames kept; at least half as many remain.
    private static let capacity = 64

    /// Largest number of frames from a kept frame to its next picture.
    private static let reach = 12

    /// Adds a frame; the needed parts are copied.
    ///
    /// - Parameter isRepeated: whether it shows the same picture as the frame before.
    mutating func push(_ picture: PixelBuffer, grey: PixelBuffer, index: Int, isRepeated: Bool) {
        if let last = frames.indices.last, frames[last].next == nil, !isRepeated,
            index - frames[last].index <= Self.reach
        {
            frames[last].next = (copy(grey), index)
        }
        guard index % stride == 0 else { return }
        frames.append(SampledFrame(index: index, picture: copy(picture), grey: copy(grey)))
        guard frames.count == Self.capacity else { return }
        frames = frames.indices.filter { $0 % 2 == 0 }.map { frames[$0] }
        stride *= 2
    }

    private func copy(_ picture: PixelBuffer) -> PixelBuffer {
        let copy = PixelBuffer(width: picture.width, height: picture.height, channels: picture.channels)
        copy.copyPixels(from: picture)
        return copy
    }

    /// The `count` kept frames nearest to the middles of equal parts of the pass, in order, without repetitions.
    ///
    /// - Parameters:
    ///   - frameCount: the pass's length, in frames.
    ///   - cuts: frames that begin a shot. There is no flow across a cut, so the frames before cuts are left out, as is
    ///     the last frame, if there are others.
    func spread(_ count: Int, over frameCount: Int, cuts: Set<Int>) -> [SampledFrame] {
        let flowing = frames.filter { frame in
            frame.next.map { next in !(frame.index + 1...next.index).contains(where: cuts.contains) } ?? false
        }
        let usable = flowing.isEmpty ? frames : flowing
        guard !usable.isEmpty else { return [] }
        var chosen: [Int] = []
        for part in 0..<count {
            let middle = (Double(part) + 0.5) * Double(frameCount) / Double(count)
            let nearest = usable.indices.min { first, second in
                abs(Double(usable[first].index) - middle) < abs(Double(usable[second].index) - middle)
            }
            if let nearest, nearest > chosen.last ?? -1 { chosen.append(nearest) }
        }
        return chosen.map { usable[$0] }
    }
}
