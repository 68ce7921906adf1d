import AVPrepCore
import CSandbox
import Foundation

/// A socket that keeps message boundaries, between a decoder process and who started it. One thread at a time.
final class Channel {
    private(set) var descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: Channel.messageLimit)

    /// The longest message, in bytes: what a probe says about a file with thousands of streams stays under it.
    static let messageLimit = 128 * 1024

    /// - Parameter descriptor: closed with this object.
    init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close() }

    /// Ends the conversation.
    func close() {
        if descriptor >= 0 { Foundation.close(descriptor) }
        descriptor = -1
    }

    /// Two ends that are connected with each other.
    static func pair() throws(DecoderError) -> (Channel, Channel) {
        var ends: [Int32] = [-1, -1]
        guard avprep_channel_pair(&ends) == 0 else { throw DecoderError("cannot make a socket: \(systemError())") }
        return (Channel(owning: ends[0]), Channel(owning: ends[1]))
    }

    /// Sends one message.
    ///
    /// - Parameters:
    ///   - descriptors: come out at the other end as descriptors of their own.
    ///   - waits: whether to wait while the other end does not read.
    /// - Returns: false when there is no other end any more, or when it does not read and `waits` is false.
    func send(_ message: some Message, descriptors: [Int32] = [], waits: Bool = true) -> Bool {
        message.withBytes { bytes in
            avprep_channel_send(
                self.descriptor, bytes.baseAddress, bytes.count, descriptors, Int32(descriptors.count), waits ? 1 : 0)
                == bytes.count
        }
    }

    /// Waits until there is a message, or the end of all messages.
    ///
    /// - Returns: false when neither came within `milliseconds`.
    func isReadable(withinMilliseconds milliseconds: Int32) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Interrupted by a signal counts as nothing there: callers ask again.
        return poll(&state, 1, milliseconds) > 0
    }

    /// Receives one message, waiting for it, and gives it to `body`. The bytes are valid for the call.
    ///
    /// - Parameter capacity: descriptors that may come with it; more of them is an error.
    /// - Returns: nil when the other end is gone, or sent what is no message.
    func receive<Result>(
        descriptors capacity: Int = 0, _ body: (UnsafeRawBufferPointer, [Int32]) throws -> Result?
    ) rethrows -> Result? {
        var descriptors = [Int32](repeating: -1, count: capacity)
        var descriptorCount: Int32 = 0
        let count = buffer.withUnsafeMutableBytes { bytes in
            avprep_channel_receive(
                descriptor, bytes.baseAddress, bytes.count, &descriptors, Int32(capacity), &descriptorCount)
        }
        guard count > 0 else { return nil }
        return try buffer.withUnsafeBytes { bytes in
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]), Array(descriptors[..<Int(descriptorCount)]))
        }
    }
}

/// What goes over a ``Channel``.
protocol Message {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
}
