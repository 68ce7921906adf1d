import AVPrepMedia
import CSandbox
import Foundation

/// The sandboxed process that decodes one file: it answers requests until its socket closes.
package enum DecoderSandbox {
    /// Exit codes of the process; the client reads them from the report. 0 means that all requests are done.
    package enum ExitCode {
        /// The sandbox could not be set up, or a request was invalid.
        static let unusable: Int32 = 70
        /// The system refused memory.
        package static let memory: Int32 = 71
    }

    /// Answers requests, with the descriptors at their fixed numbers. Ends the process.
    static func run(
        _ limits: avprep_box_limits, _ rules: UnsafeMutableRawPointer?, _ hook: DecoderHook?,
        _ reader: @escaping LocalFile.Reader
    ) -> Never {
        let channel = Channel(owning: Int32(avprep_box_socket))
        MediaMemory.onExhaustion { _exit(ExitCode.memory) }
        guard case .open(let open)? = channel.receive({ bytes, _ in Request(bytes) }),
            let file = try? LocalFile(adopting: Int32(avprep_box_file), path: open.path, reader: reader)
        else { _exit(ExitCode.unusable) }
        var limits = limits
        guard avprep_box_enter(&limits, rules) == 0 else { _exit(ExitCode.unusable) }
        // From here on the file may take control of this process.
        do {
            hook?(DecoderMoment(path: open.path, frame: nil, channel: channel))
            try answer(channel, file, open, hook)
        } catch let error as MediaError {
            // For a file beyond the memory limit FFmpeg reports the same error as for a damaged one.
            let isMemory = MediaMemory.isExhausted
            let code = isMemory ? .memoryLimit : error.code
            let text =
                isMemory
                ? MediaError.tooLarge(open.path, megabytes: open.limits.maxMemoryMegabytes).description
                : error.description
            _ = channel.send(Reply.failure(code: code, text: text))
        } catch {
            _exit(ExitCode.unusable)
        }
        _exit(0)
    }

    private static func answer(_ channel: Channel, _ file: LocalFile, _ open: OpenRequest, _ hook: DecoderHook?) throws
    {
        // The client limits the time.
        var limits = open.limits
        limits.maxSeconds = .infinity
        let pulse = ProgressPulse(channel)
        let media = try MediaFile(file, range: open.range, limits: limits, onProgress: { pulse.beat() })
        guard channel.send(Reply.info(media.info)) else { return }
        while let more = try channel.receive(
            descriptors: 1,
            { bytes, descriptors -> Bool? in
                // Messages of the last pass, which ended without waiting for their release.
                if Signal(bytes)?.kind == .release { return true }
                guard let request = Request(bytes), let memory = descriptors.first else { return nil }
                return try answer(request, memory, media, channel, hook)
            })
        {
            guard more else { return }
        }
    }

    /// - Returns: false when the client has closed the connection.
    private static func answer(
        _ request: Request, _ memory: Int32, _ media: MediaFile, _ channel: Channel, _ hook: DecoderHook?
    ) throws -> Bool {
        switch request {
        case .open:
            return false
        case .spread(let count, let layout):
            let sender = try FrameSender(channel, memory, layout)
            let frames = try media.spreadFrames(count: count)
            for (index, frame) in frames.enumerated() { try sender.send(frame, index: index) }
            return channel.send(Reply.spreadEnd(count: frames.count))
        case .decode(let pass, let layout):
            let sender = try FrameSender(channel, memory, layout, formats: pass.audio)
            sender.beforeFrame = hook.map { hook in
                { hook(DecoderMoment(path: media.path, frame: $0, channel: channel)) }
            }
            let summary = try media.decode(pass.decodeRequest, to: sender)
            // A decoder that got no memory leaves pictures out; the result would differ between machines.
            if MediaMemory.isExhausted { throw MediaError(.memoryLimit, media.path) }
            return channel.send(Reply.passEnd(summary))
        }
    }
}

/// Tells the client that packets are being read, once per second.
private final class ProgressPulse: @unchecked Sendable {
    // Sendable because this process has one thread.
    private let channel: Channel
    private var last = ContinuousClock.now

    init(_ channel: Channel) { self.channel = channel }

    func beat() {
        let now = ContinuousClock.now
        guard now - last > .seconds(1) else { return }
        last = now
        // The client may be gone: the next reply finds out.
        _ = channel.send(Signal(.progress), waits: false)
    }
}
