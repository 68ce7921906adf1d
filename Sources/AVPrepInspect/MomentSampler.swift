import AVPrepModel

/// A frame kept for a drawing, and the next one that shows something else for its flow.
struct Moment {
    /// The frame's number in the pass.
    let index: Int
    /// The whole picture, RGB.
    let picture: PixelBuffer
    /// The part within the border, grey.
    let grey: PixelBuffer
    /// The same of the next frame with another picture, and its number. Where few pictures become many frames, the very
    /// next one shows the same.
    var next: (grey: PixelBuffer, index: Int)?
}

/// Keeps frames evenly spread over a video whose length is not known before its end, in bounded memory: every frame at
/// first, every other one of them whenever there are too many.
struct MomentSampler {
    private(set) var moments: [Moment] = []
    private var stride = 1

    /// Frames kept at most; half as many remain at least.
    private static let capacity = 64

    /// How many frames after the kept one its next picture may come.
    private static let reach = 12

    /// Takes a frame; what is needed of it is copied.
    ///
    /// - Parameter isRepeated: whether it shows what the frame before showed.
    mutating func push(_ picture: PixelBuffer, grey: PixelBuffer, index: Int, isRepeated: Bool) {
        if let last = moments.indices.last, moments[last].next == nil, !isRepeated,
            index - moments[last].index <= Self.reach
        {
            moments[last].next = (copy(grey), index)
        }
        guard index % stride == 0 else { return }
        moments.append(Moment(index: index, picture: copy(picture), grey: copy(grey)))
        guard moments.count == Self.capacity else { return }
        moments = moments.indices.filter { $0 % 2 == 0 }.map { moments[$0] }
        stride *= 2
    }

    private func copy(_ picture: PixelBuffer) -> PixelBuffer {
        let copy = PixelBuffer(width: picture.width, height: picture.height, channels: picture.channels)
        copy.copyPixels(from: picture)
        return copy
    }

    /// The `count` kept frames nearest to the middles of equal parts of the pass, each once, in order.
    ///
    /// - Parameters:
    ///   - frameCount: the pass's length.
    ///   - cuts: frames that begin a shot; there is no flow to them, so the frames before them are left out, as is the
    ///     last frame of all, where there are others.
    func spread(_ count: Int, over frameCount: Int, cuts: Set<Int>) -> [Moment] {
        let flowing = moments.filter { moment in
            moment.next.map { next in !(moment.index + 1...next.index).contains(where: cuts.contains) } ?? false
        }
        let usable = flowing.isEmpty ? moments : flowing
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
