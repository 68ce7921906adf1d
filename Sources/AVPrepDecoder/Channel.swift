import AVPrepCore
import CSandbox
import Foundation

/// A socket that keeps message boundaries, between a decoder process and its client. One thread at a time.
final class Channel {
    private(set) var descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: Channel.messageLimit)

    /// The longest message, in bytes: the probe result of a file with thousands of streams stays below it.
    static let messageLimit = 128 * 1024

    /// - Parameter descriptor: closed by this object.
    init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close() }

    /// Closes this end of the connection.
    func close() {
        if descriptor >= 0 { Foundation.close(descriptor) }
        descriptor = -1
    }

    /// A connected pair of sockets.
    static func pair() throws(DecoderError) -> (Channel, Channel) {
        var ends: [Int32] = [-1, -1]
        guard avprep_channel_pair(&ends) == 0 else { throw DecoderError("cannot make a socket: \(systemError())") }
        return (Channel(owning: ends[0]), Channel(owning: ends[1]))
    }

    /// Sends one message.
    ///
    /// - Parameters:
    ///   - descriptors: passed to the other end, which gets its own copies.
    ///   - waits: whether to wait while the other end is not reading.
    /// - Returns: false when the other end is closed, or when it is not reading and `waits` is false.
    func send(_ message: some Message, descriptors: [Int32] = [], waits: Bool = true) -> Bool {
        message.withBytes { bytes in
            avprep_channel_send(
                self.descriptor, bytes.baseAddress, bytes.count, descriptors, Int32(descriptors.count), waits ? 1 : 0)
                == bytes.count
        }
    }

    /// Waits until a message or the end of the connection can be read.
    ///
    /// - Returns: false when neither arrived within `milliseconds`.
    func isReadable(withinMilliseconds milliseconds: Int32) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Interrupted by a signal counts as not readable: callers ask again.
        return poll(&state, 1, milliseconds) > 0
    }

    /// Waits for one message, receives it, and passes it to `body`. The bytes are valid during the call.
    ///
    /// - Parameter capacity: number of descriptors that may come with the message; more than that is an error.
    /// - Returns: nil when the other end is closed or sent an invalid message.
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

/// A message sent over a ``Channel``.
protocol Message {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
}
