import AVPrepCore
import AVPrepMedia
import AVPrepModel

/// A clip in which a white flash and a click happen at the same known moments, again and again.
///
/// The moments lie on the pictures' own grid: a flash is seen from exactly its time on, and long enough that no
/// resampling to 25 fps can step over it.
struct PlantedClock {
    static let width = 96
    static let height = 64
    static let sampleRate = 48_000

    /// Presentation times of all pictures, in seconds.
    var pictureTimes: [Double]
    /// Indices of the first white picture of each flash.
    var flashes: Set<Int>
    /// Indices of all white pictures.
    var whitePictures: Set<Int> = []
    /// When the sound begins and how long it is, in seconds.
    var audioStart: Double
    var audioSeconds: Double

    static let flashSeconds = 0.05

    /// Pictures at a constant rate from `videoStart` on, with a flash about every 0.7 s.
    init(rate: Rational, videoStart: Double = 0, audioStart: Double = 0, seconds: Double, seed: UInt64 = 1) {
        let count = Int(seconds * rate.value)
        self.init(
            pictureTimes: (0..<count).map { videoStart + Double($0 * rate.denominator) / Double(rate.numerator) },
            audioStart: audioStart, audioSeconds: seconds, seed: seed)
    }

    /// Pictures at the given times.
    init(pictureTimes: [Double], audioStart: Double = 0, audioSeconds: Double, seed: UInt64 = 1) {
        var random = SeededRandom(seed: seed)
        self.pictureTimes = pictureTimes
        self.audioStart = audioStart
        self.audioSeconds = audioSeconds
        flashes = []
        var next = max(audioStart, pictureTimes[0]) + 0.3
        for (index, time) in pictureTimes.enumerated() where time >= next {
            flashes.insert(index)
            whitePictures.formUnion(
                pictureTimes.indices.filter {
                    $0 == index || ($0 > index && pictureTimes[$0] < time + Self.flashSeconds)
                })
            next = time + random.uniform(0.5...0.9)
        }
    }

    /// Flash and click times, in seconds on the clip's clock.
    var moments: [Double] { flashes.sorted().map { pictureTimes[$0] } }

    func write(
        to path: String, rate: Rational, videoCodec: String = "libx264", audioCodec: String = "aac", bFrames: Int = 2
    ) throws {
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                codec: videoCodec, width: Self.width, height: Self.height, frameRate: rate, preset: "ultrafast",
                keyFrameInterval: 25, bFrames: bFrames),
            audio: AudioEncoding(codec: audioCodec, sampleRate: Self.sampleRate, channels: 2))
        let picture = PixelBuffer(width: Self.width, height: Self.height, channels: 3)
        for (index, time) in pictureTimes.enumerated() {
            picture.pixels.update(repeating: whitePictures.contains(index) ? 250 : 20)
            try writer.write(frame: picture, at: time)
        }
        try writer.write(samples: samples, at: audioStart)
        try writer.finish()
    }

    /// Stereo silence with a click of five samples at each moment: short, yet low enough in pitch to survive AAC.
    private var samples: [Float] {
        var samples = [Float](repeating: 0, count: 2 * Int(audioSeconds * Double(Self.sampleRate)))
        for moment in moments {
            let first = Int(((moment - audioStart) * Double(Self.sampleRate)).rounded())
            for index in max(0, first - 2)...(first + 2) where 2 * index + 1 < samples.count {
                samples[2 * index] = 0.8
                samples[2 * index + 1] = 0.8
            }
        }
        return samples
    }
}
