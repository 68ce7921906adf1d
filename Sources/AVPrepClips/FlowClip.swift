import AVPrepModel
package import AVPrepStore

/// Optical flow between the frames of a picture clip, in one direction, as it is stored. ``ClipDecoder`` gives its
/// displacements.
package struct FlowClip: Sendable {
    package let shard: ShardReader
    package let stored: StoredSegment
    package let flow: StoreLayout.Flow
    package let direction: StoreLayout.FlowDirection
    /// Numbers of its pictures within the segment: picture k lies between the frames k and k + step. None where the clip
    /// has no more frames than one step, or flow was not stored for them.
    package let pictures: Range<Int>
    /// Size of the stored flow in pixels: displacements are in these.
    package let width: Int
    package let height: Int

    init(_ shard: ShardReader, flow: StoreLayout.Flow, direction: StoreLayout.FlowDirection, pictures clip: PictureClip)
    {
        self.shard = shard
        self.flow = flow
        self.direction = direction
        stored = clip.stored
        let first = clip.frames.lowerBound
        let end = min(clip.frames.upperBound - (flow.step ?? 1), stored.flow[direction]?.count ?? 0)
        pictures = first..<max(first, end)
        (width, height) = flow.size(width: clip.segment.width, height: clip.segment.height)
    }

    /// Steps from one picture of a pair of frames to the other, a second: what turns displacements into speeds.
    package var stepsPerSecond: Double { flow.fps / Double(flow.step ?? 1) }

    /// Gives `body` the stored bytes of one picture, valid during the call.
    ///
    /// - Parameter picture: one of ``pictures``.
    func withEncoded<Result>(_ picture: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        try shard.store.withFlowBytes(direction, (stored.flow[direction]?.lowerBound ?? 0) + picture, body)
    }
}

/// Displacements between two frames, `[y, x]`, perhaps at a fraction of the size they are stored in.
package struct FlowField {
    package let width: Int
    package let height: Int
    /// Stored pixels from one displacement to the next, ≥ 1.
    package let pixelsPerSample: Float
    let bytes: UnsafeRawBufferPointer
    /// Pixels of displacement a step of an 8-bit value; nil for 16-bit floats, which are pixels.
    let step: Float?

    /// The displacement at a place, (right, down) in stored pixels.
    package subscript(x: Int, y: Int) -> SIMD2<Float> {
        SIMD2(value(y * width + x), value((height + y) * width + x))
    }

    private func value(_ index: Int) -> Float {
        guard let step else {
            return Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)))
        }
        return (Float(bytes[index]) - 128) * step
    }
}

extension ClipDecoder {
    /// Decodes one picture of flow.
    ///
    /// - Parameters:
    ///   - picture: one of the clip's ``FlowClip/pictures``.
    ///   - shortSide: displacements that are wanted along the shorter side; there are at least as many, or all.
    ///   - body: gets the field, valid during the call.
    /// - Throws: `StoreError` when it cannot be decoded; what `body` throws.
    package func withFlow<Result>(
        of picture: Int, in clip: FlowClip, shortSide: Int, _ body: (FlowField) throws -> Result
    ) throws -> Result {
        let (width, height) = (clip.width, clip.height)
        let step = 2 * Float(clip.flow.bound) / 255
        return try clip.withEncoded(picture) { bytes in
            switch clip.flow.codec {
            case .raw:
                let isHalf = clip.flow.storedType == .float16
                guard bytes.count == 2 * width * height * (isHalf ? 2 : 1) else {
                    throw StoreError(
                        .picture, "a picture of flow has \(bytes.count) bytes, not those of \(width) × \(height) pixels"
                    )
                }
                return try body(
                    FlowField(width: width, height: height, pixelsPerSample: 1, bytes: bytes, step: isHalf ? nil : step)
                )
            case .png:
                let planes = Self.buffer(&planes, width: width, height: 2 * height, channels: 1)
                try png.decode(bytes, into: planes)
                return try body(
                    FlowField(
                        width: width, height: height, pixelsPerSample: 1, bytes: UnsafeRawBufferPointer(planes.pixels),
                        step: step))
            case .jpeg:
                let scale = min(1, Float(shortSide) / Float(min(width, height)))
                let decoded = try jpeg.decode(
                    bytes, region: .init(x: 0, y: 0, width: width, height: 2 * height),
                    outputWidth: max(1, Int(Float(width) * scale)),
                    outputHeight: max(1, Int(Float(2 * height) * scale)))
                guard decoded.channels == 1 else { throw StoreError(.picture, "a picture of flow has colours") }
                return try body(
                    FlowField(
                        width: decoded.width, height: decoded.height / 2,
                        pixelsPerSample: 8 / Float(decoded.eighths), bytes: UnsafeRawBufferPointer(decoded.pixels),
                        step: step))
            }
        }
    }
}
