import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation

/// A clip with a planted clock: the picture turns white and a click sounds at the same known moments.
///
/// A flash sets in exactly with a picture of the clip. A click is a bell of a quarter of a millisecond, low enough in pitch
/// to come through every encoder, with its peak at the moment.
struct ClockClip {
    static let width = 64
    static let height = 48
    static let sampleRate = 48_000
    /// Presentation times of all pictures, and of the flashes and clicks, in seconds.
    let pictureTimes: [Double]
    let moments: [Double]
    let item: ClockCase
    let seconds: Double

    init(_ item: ClockCase, seconds: Double = 2.2, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        self.item = item
        self.seconds = seconds
        var times: [Double] = []
        if let rate = item.rate {
            let count = Int(seconds * rate.value)
            var start = item.starts.picture
            if let tick = item.timeBase?.value { start = (start / tick).rounded() * tick }
            times = (0..<count).map { start + Double($0 * rate.denominator) / Double(rate.numerator) }
        } else {
            var tick = 0
            while Double(tick) < seconds * 1000 {
                times.append(item.starts.picture + Double(tick) / 1000)
                tick += random.below(40) == 0 ? 300 : 12 + random.below(44)
            }
        }
        pictureTimes = times
        var moments: [Double] = []
        var next = max(item.starts.picture, item.starts.sound) + 0.25
        let end = min(times.last ?? 0, item.starts.sound + seconds) - 0.15
        for time in times where time >= next && time < end {
            moments.append(time)
            next = time + random.uniform(0.45...0.7)
        }
        self.moments = moments
    }

    func write(to path: String) throws {
        var video = VideoEncoding(
            codec: item.video.encoder, width: Self.width, height: Self.height, frameRate: item.rate ?? Rational(30),
            preset: "ultrafast", keyFrameInterval: 20, bFrames: item.video.bFrames, timeBase: item.timeBase)
        video.options = item.video.options
        let writer = try MediaWriter(
            path: path, container: item.container.muxer, options: item.container.options, video: video,
            audio: AudioEncoding(codec: item.audio.encoder, sampleRate: Self.sampleRate, channels: 2))
        let picture = PixelBuffer(width: Self.width, height: Self.height, channels: 3)
        for time in pictureTimes {
            let isWhite = moments.contains { time >= $0 - 1e-9 && time < $0 + 0.08 }
            picture.pixels.update(repeating: isWhite ? 250 : 20)
            try writer.write(frame: picture, at: time)
        }
        try writer.write(samples: samples, at: item.starts.sound)
        try writer.finish()
        if item.container == .vfw { try VideoForWindowsFile(path: path).writeMatroska(to: path) }
    }

    private var samples: [Float] {
        let sampleRate = Self.sampleRate
        var samples = [Float](repeating: 0, count: 2 * Int(seconds * Double(sampleRate)))
        for moment in moments {
            let place = (moment - item.starts.sound) * Double(sampleRate)
            for index in max(0, Int(place) - 60)..<min(samples.count / 2, Int(place) + 60) {
                let age = (Double(index) - place) / (0.00025 * Double(sampleRate))
                samples[2 * index] = Float(0.8 * exp(-age * age / 2))
                samples[2 * index + 1] = samples[2 * index]
            }
        }
        return samples
    }
}
