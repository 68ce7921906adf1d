package import AVPrepCore
package import AVPrepMedia
package import AVPrepModel

/// A local media file, decoded in a sandboxed process that can access nothing but this file.
///
/// Whatever the file does to that process (a crash, a hang, exhausting memory) affects this one file only: it becomes a
/// ``MediaError`` with `crashed`, `timeLimit`, `memoryLimit` or `untrustworthy`. Pictures lie in memory shared with the
/// process and are valid only during the call, after which the process overwrites them. One thread at a time; one file
/// per ``DecoderClient`` at a time.
package final class SandboxedMediaSource: MediaSource {
    package let info: MediaInfo
    private let client: DecoderClient
    private let session: DecoderSession

    /// Opens and probes a file.
    ///
    /// - Parameters:
    ///   - path: opened here; the process receives the descriptor.
    ///   - range: the part to read; nil: all of it.
    ///   - isCancelled: called often, from this thread; true ends the process and throws `CancellationError`.
    /// - Throws: ``MediaError``, `CancellationError`, and ``DecoderError`` when no process can be started at all.
    package convenience init(
        path: some PathConvertible, range: TimeRange? = nil, on client: DecoderClient,
        limits: MediaLimits = MediaLimits(), isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        try self.init(LocalFile(path: path), range: range, on: client, limits: limits, isCancelled: isCancelled)
    }

    /// The same for a file that is already open; the process receives its descriptor.
    package init(
        _ file: LocalFile, range: TimeRange? = nil, on client: DecoderClient, limits: MediaLimits = MediaLimits(),
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        self.client = client
        func open() throws -> (DecoderSession, MediaInfo) {
            let session = try DecoderSession(client, file, limits: limits, isCancelled: isCancelled)
            try session.send(.open(OpenRequest(path: file.path, range: range, limits: limits)))
            guard case .reply(.info(let info)) = try session.next() else {
                throw session.fail(session.untrustworthy("sent a reply to another request"))
            }
            return (session, info)
        }
        let process = client.process
        do {
            (session, info) = try open()
        } catch let error as MediaError where error.code == .crashed && process != nil && client.process == nil {
            // The server, which never reads this file, had ended: the file is not the cause.
            (session, info) = try open()
        }
        if let video = info.video {
            let sides = [video.displayWidth, video.displayHeight]
            // Pixels are up to ten times as wide as high, and are made square by stretching.
            guard sides.allSatisfy({ (1...1 << 31).contains($0) }), sides[0] * sides[1] <= 11 * limits.maxPixels else {
                throw session.fail(session.untrustworthy("claimed pictures of \(sides[0]) × \(sides[1])"))
            }
        }
    }

    deinit { session.finish() }

    /// Lets the process end normally. No request can follow.
    ///
    /// - Returns: the CPU time it has used, in seconds.
    @discardableResult
    package func finish() -> Double {
        session.finish()
        return session.cpuSeconds
    }

    package func outputSize(crop: CropMargins, shortSide: Int?) -> (width: Int, height: Int)? {
        info.video?.outputSize(crop: crop, shortSide: shortSide)
    }

    package func spreadFrames(count: Int) throws -> [SpreadFrame] {
        precondition(count > 0, "the number of pictures must be positive")
        guard let video = info.video else { throw MediaError(.unsupported, "\(session.path) has no video stream") }
        let shape = SpreadShape(displayWidth: video.displayWidth, displayHeight: video.displayHeight)
        let layout = RingLayout(width: shape.width, height: shape.height, nil)
        let memory = try client.memory(byteCount: layout.byteCount)
        try session.send(.spread(count: count, layout), memory: memory)
        var frames: [SpreadFrame] = []
        while true {
            switch try session.next() {
            case .signal(let signal)
            where signal.kind == .picture && signal.index == frames.count && frames.count < count
                && (0..<layout.pictureSlots).contains(signal.slot) && signal.seconds.magnitude < 1e15:
                let lent = memory.picture(signal.slot, of: layout, width: shape.width, height: shape.height)
                let picture = PixelBuffer(width: shape.width, height: shape.height, channels: 3)
                picture.copyPixels(from: lent)
                frames.append(SpreadFrame(picture: picture, seconds: signal.seconds, scale: shape.scale))
                try session.release(1)
            case .reply(.spreadEnd(let sent)) where sent == frames.count:
                return frames
            default:
                throw session.fail(session.untrustworthy("sent pictures that were not requested"))
            }
        }
    }

    package func decode(_ request: DecodeRequest, to consumer: any DecodeConsumer) throws -> DecodeSummary {
        precondition(request.fps > 0 && request.fps.isFinite, "the frame rate must be positive, not \(request.fps)")
        let pictured = outputSize(crop: request.crop, shortSide: request.shortSide)
        guard let size = request.isSoundAlone ? DecodeRequest.emptyPicture : pictured else {
            throw MediaError(.unsupported, "\(session.path) has no video stream")
        }
        guard size.width * size.height <= session.limits.maxPixels else {
            throw MediaError.framesTooLarge(
                session.path, width: size.width, height: size.height, maxPixels: session.limits.maxPixels)
        }
        let layout = RingLayout(width: size.width, height: size.height, request)
        let memory = try client.memory(byteCount: layout.byteCount)
        try session.send(.decode(PassRequest(request), layout), memory: memory)
        let receiver = PassReceiver(session, memory, layout, size, request, consumer)
        return try receiver.run()
    }
}
