import AVPrepCore
import AVPrepMedia
import AVPrepModel

/// Passes a decode pass on, as the activity `compute`.
final class ClockedConsumer: DecodeConsumer {
    private let clock: WorkClock
    private let consumer: any DecodeConsumer

    init(_ clock: WorkClock, _ consumer: any DecodeConsumer) {
        self.clock = clock
        self.consumer = consumer
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        try clock.during(.compute) { try consumer.consume(frame: picture, index: index) }
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        try clock.during(.compute) {
            try consumer.consume(samples: samples, format: format, firstSample: firstSample)
        }
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        try clock.during(.compute) { try consumer.consumeDiscontinuity(beforeFrame: index, seconds: seconds) }
    }

    func consume(repair: AudioRepair, ofFrame index: Int) throws {
        try clock.during(.compute) { try consumer.consume(repair: repair, ofFrame: index) }
    }
}
