import AVPrepAudio
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepVision

/// The memory that a worker takes for one video at most, beside what it takes for any: known from sizes and settings before
/// a picture is decoded.
struct WorkerMemory {
    let bytes: Int

    /// - Parameters:
    ///   - pass: size of the pictures of the decode pass.
    ///   - held: how much of a segment is kept in memory.
    init(_ settings: IngestSettings, _ plan: CropPlan, pass: (width: Int, height: Int), _ held: HeldMemory) {
        let stored = plan.stretches.map { Double($0.width) * Double($0.height) }.max() ?? 0
        let frames = (settings.segmentSeconds + Self.delaySeconds) * settings.video.fps
        // RGB: slots shared with the decoder, a crop and its scaled copy, a stabilised picture, and the encoder's output.
        let pictures = Double(pass.width) * Double(pass.height) * (2 * 3 + 3) + stored * (3 + 2 * 3 + 4)
        let greys = min(frames, max(8, Double(held.greyBytes) / max(1, stored)) + 2) * stored
        let aspect =
            plan.stretches.map { Double(max($0.width, $0.height)) / Double(min($0.width, $0.height)) }.max() ?? 1
        let line = min(Double(FreezeDetector.mostBlocks), aspect * Double(FreezeDetector.blockLines))
        let motion = min(Double(MotionEventDetector.mostPixels), aspect * Double(MotionEventDetector.lines))
        let perFrame =
            line * Double(FreezeDetector.blockLines) + motion * Double(MotionEventDetector.lines) + 512
        // What waits for its segment, what was taken for one, and the segment before it.
        func waiting(_ bytes: Double, _ limit: Int) -> Double { 3 * min(frames * bytes, Double(limit)) }
        var total = pictures + greys + frames * perFrame + min(frames * stored * 3, Double(Self.pieceBytes))
        total += waiting(stored * 3, settings.mayStabilise ? held.pictureBytes : held.encodedBytes)
        total += waiting(stored, held.encodedBytes)
        if settings.policy[flag: .still] == .drop { total += min(frames * stored * 3, Double(held.pictureBytes)) }
        if settings.flow.method != .off,
            let largest = plan.stretches.max(by: { $0.width * $0.height < $1.width * $1.height })
        {
            let size = settings.flow.layout(fps: settings.video.fps).size(width: largest.width, height: largest.height)
            let pixels = Double(size.width) * Double(size.height)
            // And greys on the way to a thread that computes flow beside the worker.
            total += pixels * Self.flowBytes(settings.flow) + 3 * stored
            total += waiting(pixels * 2 * Double(settings.flow.direction.stored.count), 2 * held.encodedBytes)
        }
        bytes = Int(min(1e15, total + Self.soundBytes(settings)))
    }

    /// The longest time by which shot changes are noticed late, rounded up.
    private static let delaySeconds = 4.0
    /// What the writer reads back at a time.
    private static let pieceBytes = 32 << 20

    /// Bytes of each pixel of flow: a field, two planes and their encoded form, the method's planes, and the pictures that
    /// are `step` frames apart. From the kernels' own allocations, rounded up.
    private static func flowBytes(_ flow: FlowSettings) -> Double {
        let (method, picture) = flow.method == .dis ? (32.0, 8.0) : (100.0, 40.0)
        return 8 + 2 + 8 + method + picture * Double(flow.step + 2)
    }

    /// The samples of a segment and the part after it, in each format, what is stored of them, and that of the segment before.
    private static func soundBytes(_ settings: IngestSettings) -> Double {
        let seconds = settings.segmentSeconds + delaySeconds
        let samples = settings.audioFormats.reduce(0.0) { $0 + Double($1.sampleRate * $1.channels) }
        let values = settings.spectrograms.reduce(0.0) { sum, kind in
            let bins = kind.kind == .mel ? kind.melBands : kind.fftLength / 2 + 1
            return sum + Double(kind.sampleRate) / Double(kind.hopLength) * Double(bins)
        }
        return seconds * (16 * samples + 8 * values)
    }

    /// Refuses what is over `limits.max_memory_mb`.
    func check(_ settings: IngestSettings, _ plan: CropPlan, listed: String) throws(MediaError) {
        guard bytes > settings.limits.maxMemoryMegabytes << 20, let first = plan.stretches.first else { return }
        throw MediaError(
            .memoryLimit,
            "\(listed): segments of frames of \(first.width) × \(first.height) can take \(bytes >> 20) MiB in a worker, more "
                + "than limits.max_memory_mb (\(settings.limits.maxMemoryMegabytes)); raise it, lower ingest.video.short_side, "
                + "ingest.flow.short_side or ingest.segment_seconds, or leave the file out")
    }
}
