package import AVPrepClips
package import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepTorch

/// Segments of one video in a shard, by their rows.
package struct VideoSegments: Sendable {
    package let reader: ShardReader
    package let rows: [Int]

    package init(reader: ShardReader, rows: [Int]) {
        self.reader = reader
        self.rows = rows
    }
}

extension FeatureModel {
    /// Batches of clips are no larger, whatever the run's were: early layers of many clips take gigabytes.
    private static let mostClips = 8

    /// Features of clips of one video, at equal steps from its first to its last, or of one in the middle.
    ///
    /// - Parameters:
    ///   - segments: of the video, in its order; in whichever shards.
    ///   - folder: where these lie, for messages.
    ///   - clipSeconds: length of the pictures; 0: one frame.
    ///   - soundSeconds: of the sound, whose middle is that of the pictures.
    ///   - body: is given the features of some clips, `[N, C, …]`, with their shape.
    /// - Returns: when each clip begins and ends, in seconds of the video; none where no segment is as long as a clip.
    /// - Throws: ``TrainingError`` for clips that are unlike those of the run; `CancellationError`; what `body` throws.
    package func features(
        of segments: [VideoSegments], in folder: String, clips count: Int, clipSeconds: Double, soundSeconds: Double,
        layer: String, cancellation: Cancellation, _ body: (_ values: [Float], _ shape: [Int]) throws -> Void
    ) throws -> [(start: Double, end: Double)] {
        guard let fps = segments.first?.reader.layout.fps else { return [] }
        let frames = max(1, Int((clipSeconds * fps).rounded()))
        let hears = settings.featureInputs(side).contains { $0.name != PictureInput.name && $0.name != FlowInput.name }
        let sounding = hears ? Int((soundSeconds * fps - 1e-6).rounded(.up)) : 0
        let extent = max(frames, sounding)
        // Every place where a clip may begin, numbered through the segments.
        let places = segments.enumerated().flatMap { part, own in
            own.rows.map { row in (part: part, row: row, starts: own.reader.segments[row].frames.count - extent + 1) }
        }.filter { $0.starts > 0 }
        let last = places.reduce(0) { $0 + $1.starts } - 1
        guard last >= 0 else { return [] }
        var clips = [[Pair]](repeating: [], count: segments.count)
        var spans: [(start: Double, end: Double)] = []
        for number in 0..<count {
            var place = count == 1 ? last / 2 : (number * last + (count - 1) / 2) / (count - 1)
            guard
                let found = places.first(where: { next in
                    defer { if place >= next.starts { place -= next.starts } }
                    return place < next.starts
                })
            else { preconditionFailure("place \(place) of \(last)") }
            clips[found.part].append(
                Pair(
                    kind: .positive, videoSegment: Int32(found.row),
                    videoStartFrame: Int32(place + (extent - frames) / 2),
                    audioSegment: Int32(found.row), audioStartSeconds: Double(place + (extent - sounding) / 2) / fps))
            let start =
                max(0, segments[found.part].reader.segments[found.row].segment.startSeconds) + Double(place) / fps
            spans.append((start, start + Double(extent) / fps))
        }
        let dataset = ShardDataset(
            looking: segments.map(\.reader), of: folder, clips: clips, clipSeconds: clipSeconds,
            soundSeconds: soundSeconds)
        let reading = settings.featureInputs(side)
        let inputs = try reading.map { try $0.shape(in: dataset) }
        if let fault = network.fault(of: inputs) {
            throw TrainingError(
                .data, "clips of \(folder) \(fault): use the pipeline file that \(run) was trained with")
        }
        var loading = settings
        loading.batchSize = min(settings.batchSize, Self.mostClips, count)
        let feed = try BatchLoaderFactory(
            settings: loading, inputs: inputs, reading: reading, statistics: statistics, engine: engine)
        let loader = feed.evaluation(dataset)
        defer { loader.close() }
        while let batch = try loader.nextBatch() {
            try cancellation.check()
            let found = try computed(try TensorBatch(batch, engine: engine), layer)
            try engine.waitForCopies()
            try body(found.values, found.shape)
        }
        return spans
    }
}
