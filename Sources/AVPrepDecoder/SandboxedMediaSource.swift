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
    private let host: DecoderClient
    private let talk: ItemConversation

    /// Opens and probes a file.
    ///
    /// - Parameters:
    ///   - path: opened here; the process receives the descriptor.
    ///   - isCancelled: called often, from this thread; true ends the process and throws `CancellationError`.
    /// - Throws: ``MediaError``, `CancellationError`, and ``DecoderError`` when no process can be started at all.
    package init(
        path: String, on host: DecoderClient, limits: MediaLimits = MediaLimits(),
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        self.host = host
        let file = try LocalFile(path: path)
        func open() throws -> (ItemConversation, MediaInfo) {
            let talk = try ItemConversation(host, file, limits: limits, isCancelled: isCancelled)
            try talk.send(.open(OpenRequest(path: path, limits: limits, fault: host.fault(for: path))))
            guard case .reply(.info(let info)) = try talk.next() else {
                throw talk.fail(talk.untrustworthy("sent a reply to another request"))
            }
            return (talk, info)
        }
        let process = host.process
        do {
            (talk, info) = try open()
        } catch let error as MediaError where error.code == .crashed && process != nil && host.process == nil {
            // The server, which never reads this file, had ended: the file is not the cause.
            (talk, info) = try open()
        }
        if let video = info.video {
            let sides = [video.displayWidth, video.displayHeight]
            // Pixels are up to ten times as wide as high, and are made square by stretching.
            guard sides.allSatisfy({ (1...1 << 31).contains($0) }), sides[0] * sides[1] <= 11 * limits.maxPixels else {
                throw talk.fail(talk.untrustworthy("claimed pictures of \(sides[0]) × \(sides[1])"))
            }
        }
    }

    deinit { talk.finish() }

    /// Lets the process end normally. No request can follow.
    ///
    /// - Returns: the CPU time it has used, in seconds.
    @discardableResult
    package func finish() -> Double {
        talk.finish()
        return talk.cpuSeconds
    }

    package func outputSize(crop: CropMargins, shortSide: Int?) -> (width: Int, height: Int)? {
        info.video?.outputSize(crop: crop, shortSide: shortSide)
    }

    package func spreadFrames(count: Int) throws -> [SpreadFrame] {
        precondition(count > 0, "the number of pictures must be positive")
        guard let video = info.video else { throw MediaError(.unsupported, "\(talk.path) has no video stream") }
        let shape = SpreadShape(displayWidth: video.displayWidth, displayHeight: video.displayHeight)
        let layout = RingLayout(width: shape.width, height: shape.height, nil)
        let memory = try host.memory(byteCount: layout.byteCount)
        try talk.send(.spread(count: count, layout), memory: memory)
        var frames: [SpreadFrame] = []
        while true {
            switch try talk.next() {
            case .signal(let signal)
            where signal.kind == .picture && signal.index == frames.count && frames.count < count
                && (0..<layout.pictureSlots).contains(signal.slot) && signal.seconds.magnitude < 1e15:
                let lent = memory.picture(signal.slot, of: layout, width: shape.width, height: shape.height)
                let picture = PixelBuffer(width: shape.width, height: shape.height, channels: 3)
                picture.copyPixels(from: lent)
                frames.append(SpreadFrame(picture: picture, seconds: signal.seconds, scale: shape.scale))
                try talk.release(1)
            case .reply(.spreadEnd(let sent)) where sent == frames.count:
                return frames
            default:
                throw talk.fail(talk.untrustworthy("sent pictures that were not requested"))
            }
        }
    }

    package func decode(_ request: DecodeRequest, to consumer: any DecodeConsumer) throws -> DecodeSummary {
        precondition(request.fps > 0 && request.fps.isFinite, "the frame rate must be positive, not \(request.fps)")
        guard let size = outputSize(crop: request.crop, shortSide: request.shortSide) else {
            throw MediaError(.unsupported, "\(talk.path) has no video stream")
        }
        guard size.width * size.height <= talk.limits.maxPixels else {
            throw MediaError.framesTooLarge(
                talk.path, width: size.width, height: size.height, maxPixels: talk.limits.maxPixels)
        }
        let layout = RingLayout(width: size.width, height: size.height, request)
        let memory = try host.memory(byteCount: layout.byteCount)
        try talk.send(.decode(PassRequest(request), layout), memory: memory)
        let receiver = PassReceiver(talk, memory, layout, size, request, consumer)
        return try receiver.run()
    }
}
