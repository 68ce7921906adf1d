import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import Synchronization

/// The flow of a stream's frames: computed at once, or where a core is spare by a thread of its own, a few frames behind. What
/// comes of it is the same, in the same order.
final class FlowLine {
    /// Encoded flow to one frame, by direction; empty for the first frames.
    typealias Stored = [StoreLayout.FlowDirection: [UInt8]]

    let directions: [StoreLayout.FlowDirection]
    private let encoder: FlowEncoder
    private let cores: SpareCores?
    private var thread: FlowThread?

    /// - Parameter cores: nil: no thread is started.
    init(_ encoder: FlowEncoder, cores: SpareCores?) {
        self.encoder = encoder
        self.cores = cores
        directions = encoder.directions
    }

    deinit {
        guard let thread else { return }
        thread.close()
        cores?.giveBack()
    }

    /// Takes the next frame, in grey; it is not retained.
    ///
    /// - Returns: what is ready, of the oldest frames first.
    func append(_ grey: PixelBuffer) throws -> [Stored] {
        if thread == nil, let cores, cores.take() {
            thread = FlowThread(encoder, width: grey.width, height: grey.height)
        }
        guard let thread else { return [try encoder.append(grey)] }
        thread.append(grey)
        return try thread.ready()
    }

    /// Forgets all frames: the next one is the first.
    func restart() {
        if let thread { thread.restart() } else { encoder.restart() }
    }

    /// - Returns: what is left of all frames that were appended.
    func finish() throws -> [Stored] { try thread?.all() ?? [] }
}

/// Runs an encoder, which nobody else uses meanwhile.
private final class FlowThread: @unchecked Sendable {
    // Sendable because the encoder belongs to the thread, and the rest locks itself.
    private enum Job: Sendable {
        case frame(PixelBuffer)
        case restart
    }

    private struct State {
        var stored: [FlowLine.Stored] = []
        /// Frames that are not computed yet.
        var waiting = 0
        var error: (any Error)?
    }

    private let encoder: FlowEncoder
    private let jobs: BoundedQueue<Job>
    private let buffers: BoundedQueue<PixelBuffer>
    private let condition = NSCondition()
    private var state = State()

    /// Frames on the way, so that neither side waits for the other all the time.
    private static let depth = 3

    init(_ encoder: FlowEncoder, width: Int, height: Int) {
        self.encoder = encoder
        jobs = BoundedQueue(limit: Self.depth)
        buffers = BoundedQueue(limit: Self.depth)
        for _ in 0..<Self.depth { buffers.push(PixelBuffer(width: width, height: height, channels: 1)) }
        let thread = Thread { self.run() }
        thread.name = "avprep.flow"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Lets the thread end. What it has not computed yet is not wanted.
    func close() {
        condition.withLock { state.error = state.error ?? CancellationError() }
        jobs.close()
    }

    func append(_ grey: PixelBuffer) {
        guard let copy = buffers.pop() else { return }
        copy.copyPixels(from: grey)
        condition.withLock { state.waiting += 1 }
        jobs.push(.frame(copy))
    }

    func restart() { jobs.push(.restart) }

    /// What is computed.
    func ready() throws -> [FlowLine.Stored] { try condition.withLock { try taken() } }

    /// The same once everything is computed.
    func all() throws -> [FlowLine.Stored] {
        try condition.withLock {
            while state.waiting > 0, state.error == nil { condition.wait() }
            return try taken()
        }
    }

    private func taken() throws -> [FlowLine.Stored] {
        if let error = state.error { throw error }
        defer { state.stored.removeAll(keepingCapacity: true) }
        return state.stored
    }

    private func run() {
        while let job = jobs.pop() {
            switch job {
            case .restart: encoder.restart()
            case .frame(let grey):
                let isWanted = condition.withLock { state.error == nil }
                let result = isWanted ? Result { try encoder.append(grey) } : .success([:])
                buffers.push(grey)
                condition.withLock {
                    state.waiting -= 1
                    switch result {
                    case .success(let stored): state.stored.append(stored)
                    case .failure(let error): state.error = error
                    }
                    condition.broadcast()
                }
            }
        }
    }
}
