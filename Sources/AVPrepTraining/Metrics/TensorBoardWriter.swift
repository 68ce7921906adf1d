import AVPrepCore
import AVPrepModel
package import Foundation

/// Writes scalars, histograms and pictures where TensorBoard finds them: an `events.out.tfevents.*` file in the run's folder.
///
/// The file is a row of TFRecords (length, masked CRC of the length, bytes, masked CRC of the bytes), each an `Event`
/// message (tensorflow/core/util/event.proto). A few messages and fields are all that this needs, so they are
/// encoded here by hand. A run that goes on after a stop gets a file of its own, which opens with a session start:
/// readers then drop what an earlier file holds at that step and after.
package final class TensorBoardWriter {
    /// The file written to.
    package let path: String
    private let file: FileHandle

    /// Starts a new file in `folder`.
    ///
    /// - Parameter firstStep: the step of the first scalar to come. Above 0, it tells readers where the run goes on.
    /// - Throws: `Failure` naming the file when it cannot be made.
    package init(folder: String, firstStep: Int, now: Date = Date()) throws {
        let prefix = "events.out.tfevents."
        let names = try ExistingFile.names(inFolder: folder)
        // Readers take files in the order of their names: by second, then by number.
        let number = names.count { $0.hasPrefix(prefix) }
        path = "\(folder)/\(prefix)\(Int(now.timeIntervalSince1970)).avprep.\(number.zeroPadded(to: 4))"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, 0o666)
        guard descriptor >= 0 else { throw Failure("cannot make \(path): \(systemError()); free it or the disk") }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var version = ProtocolMessage()
        version.append(field: 1, now.timeIntervalSince1970)
        version.append(field: 3, "brain.Event:2")
        try write(version)
        if firstStep > 0 {
            var session = ProtocolMessage()
            session.append(field: 1, 1)  // SessionLog.status = START
            var event = ProtocolMessage()
            event.append(field: 1, now.timeIntervalSince1970)
            event.append(field: 2, firstStep)
            event.append(field: 7, session)
            try write(event)
        }
    }

    /// Adds the values of one step, `(tag, value)`; a tag's part before "/" groups its chart.
    package func write(
        _ scalars: [(tag: String, value: Double)], histograms: [(tag: String, values: [Float])] = [],
        pictures: [(tag: String, picture: EncodedPicture)] = [], step: Int, now: Date = Date()
    ) throws {
        var summary = ProtocolMessage()
        for scalar in scalars {
            var value = ProtocolMessage()
            value.append(field: 1, scalar.tag)
            value.append(field: 2, Float(scalar.value))
            summary.append(field: 1, value)
        }
        for histogram in histograms where !histogram.values.isEmpty {
            var value = ProtocolMessage()
            value.append(field: 1, histogram.tag)
            value.append(field: 5, Self.histogram(histogram.values))
            summary.append(field: 1, value)
        }
        for (tag, picture) in pictures {
            // Summary.Image: height, width, channels, and the bytes of a file that browsers show.
            var image = ProtocolMessage()
            image.append(field: 1, picture.height)
            image.append(field: 2, picture.width)
            image.append(field: 3, 3)
            image.append(field: 4, picture.bytes)
            var value = ProtocolMessage()
            value.append(field: 1, tag)
            value.append(field: 4, image)
            summary.append(field: 1, value)
        }
        var event = ProtocolMessage()
        event.append(field: 1, now.timeIntervalSince1970)
        event.append(field: 2, step)
        event.append(field: 5, summary)
        try write(event)
    }

    /// A HistogramProto with thirty buckets of equal width; values that are not finite are left out.
    private static func histogram(_ values: [Float]) -> ProtocolMessage {
        let numbers = values.filter(\.isFinite).map { Double($0) }
        let (low, high) = (numbers.min() ?? 0, numbers.max() ?? 0)
        let buckets = low < high ? 30 : 1
        let width = (high - low) / Double(buckets)
        var counts = [Double](repeating: 0, count: buckets)
        for number in numbers { counts[width > 0 ? min(buckets - 1, Int((number - low) / width)) : 0] += 1 }
        var message = ProtocolMessage()
        message.append(field: 1, low)
        message.append(field: 2, high)
        message.append(field: 3, Double(numbers.count))
        message.append(field: 4, numbers.reduce(0, +))
        message.append(field: 5, numbers.reduce(0) { $0 + $1 * $1 })
        // The right edge of each; the last one lies above the largest number.
        message.append(field: 6, packed: (1...buckets).map { $0 == buckets ? high.nextUp : low + width * Double($0) })
        message.append(field: 7, packed: counts)
        return message
    }

    private func write(_ event: ProtocolMessage) throws {
        do {
            try file.write(contentsOf: TensorBoardWriter.record(event.bytes))
        } catch {
            throw Failure("cannot write \(path): \(error.localizedDescription); free space and run the command again")
        }
    }

    /// One TFRecord that frames `payload`.
    static func record(_ payload: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(payload.count))
        return length + littleEndian(CRC32C.masked(length)) + payload + littleEndian(CRC32C.masked(payload))
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
