import AVPrepAudio
import AVPrepCore
import AVPrepDrawing
import AVPrepModel
import AVPrepStore
import AVPrepVision
import Foundation

/// The content of a drawing of a prepared file or shard: its first stored segments, end to end.
enum StoreSheet {
    /// Largest number of segments drawn: those of a video of two minutes.
    private static let segmentLimit = 12

    /// - Parameter pairSets: those of a shard's pair file.
    /// - Throws: `StoreError` when a stored picture cannot be decoded, ``Failure`` when there are no segments.
    static func content(of reader: StoreReader, pairSets: [PairSet] = [], tiles: SheetTiles) throws -> SheetContent {
        let fps = reader.layout.fps
        let segments = Array(reader.segments.prefix(segmentLimit).filter { !$0.frames.isEmpty })
        guard let first = segments.first?.segment else {
            throw Failure("cannot draw \(reader.path): it has no segments", exitStatus: .badInput)
        }
        var starts = [0.0]
        for stored in segments { starts.append((starts.last ?? 0) + Double(stored.frames.count) / fps) }
        let timeline = Timeline(reader: reader, segments: segments, starts: starts)
        let rows = try StoreReport(reader, bytes: 0, pairSets: pairSets, labels: nil).rows.dropFirst().map {
            "\($0[0]): \($0[1])"
        }
        let shown =
            segments.count < reader.segments.count
            ? "the first \(segments.count) of \(reader.segments.count) segments, end to end"
            : "all segments, end to end"
        return SheetContent(
            title: (reader.path as NSString).lastPathComponent,
            facts: [
                rows.prefix(2).joined(separator: " · "), rows.dropFirst(2).prefix(4).joined(separator: " · "), shown,
            ],
            start: 0, end: starts.last ?? 0,
            tiles: try timeline.tiles(tiles.count(width: first.width, height: first.height)),
            cuts: Array(starts.dropFirst().dropLast()), lanes: timeline.lanes, waveform: try timeline.waveform(),
            spectrogram: try timeline.spectrogram())
    }

    /// Segments laid end to end.
    private struct Timeline {
        let reader: StoreReader
        let segments: [StoredSegment]
        /// The start of each segment, and the end of the last one, in seconds.
        let starts: [Double]

        private var fps: Double { reader.layout.fps }

        func tiles(_ count: Int) throws -> [SheetContent.Tile] {
            let frameDecoder = try PictureDecoder(reader.layout.frameCodec)
            let flowDecoder = try PictureDecoder(reader.layout.flow?.codec ?? .raw)
            let total = segments.reduce(0) { $0 + $1.frames.count }
            var places: [Int] = []
            for part in 0..<count {
                let place = min(total - 1, (2 * part + 1) * total / (2 * count))
                if place > places.last ?? -1 { places.append(place) }
            }
            return try places.map { place in
                var place = place
                var index = 0
                while place >= segments[index].frames.count {
                    place -= segments[index].frames.count
                    index += 1
                }
                let stored = segments[index]
                let size = (width: stored.segment.width, height: stored.segment.height)
                let picture = PixelBuffer(width: size.width, height: size.height, channels: 3)
                try reader.withFrameBytes(stored.frames.lowerBound + place) {
                    try frameDecoder.decode($0, into: picture)
                }
                return SheetContent.Tile(
                    seconds: starts[index] + Double(place) / fps, picture: picture, inner: nil,
                    flow: try flow(of: stored, at: place, flowDecoder))
            }
        }

        /// The stored flow from frame `place` of a segment; nil if there is none.
        private func flow(of stored: StoredSegment, at place: Int, _ decoder: PictureDecoder) throws -> FlowField? {
            guard let layout = reader.layout.flow, let rows = stored.flow[.forward], !rows.isEmpty else { return nil }
            let row = rows.lowerBound + min(place, rows.count - 1)
            let size = layout.size(width: stored.segment.width, height: stored.segment.height)
            let field = FlowField(width: size.width, height: size.height)
            if layout.storedType == .float16 {
                try reader.withFlowBytes(.forward, row) { FlowHalfFloats.decode($0, into: field) }
            } else {
                let planes = PixelBuffer(width: size.width, height: 2 * size.height, channels: 1)
                try reader.withFlowBytes(.forward, row) { try decoder.decode($0, into: planes) }
                FlowQuantiser(bound: layout.bound).decode(planes, into: field)
            }
            return field
        }

        var lanes: [SheetContent.Lane] {
            func lane(_ name: String, _ colour: Colour, _ label: (Segment) -> String) -> SheetContent.Lane {
                SheetContent.Lane(
                    name: name,
                    spans: segments.enumerated().map { index, stored in
                        .init(
                            start: starts[index], end: starts[index + 1], label: label(stored.segment), colour: colour)
                    }.filter { !$0.label.isEmpty })
            }
            return [
                lane("segments", Palette.blue) { segment in
                    "\((segment.source as NSString).lastPathComponent) from \(QuantityText.seconds(segment.startSeconds))"
                },
                lane("flags", Palette.violet) { $0.flags.setNames.joined(separator: " ") },
            ]
        }

        func waveform() throws -> ((Double, Double) -> (low: Float, high: Float)?)? {
            guard let layout = reader.layout.pcm else { return nil }
            var envelope = SoundEnvelope(sampleRate: layout.sampleRate)
            for stored in segments where !stored.pcm.isEmpty {
                try reader.withPCM(stored.pcm) { samples in
                    let mono = stride(from: 0, to: samples.count, by: layout.channels).map {
                        Float(samples[$0]) / 32768
                    }
                    mono.withUnsafeBufferPointer { envelope.push($0) }
                }
            }
            return { envelope.extremes(from: $0, to: $1).map { ($0.low, $0.high) } }
        }

        /// The first stored spectrogram.
        func spectrogram() throws -> SheetContent.SpectrogramImage? {
            guard let layout = reader.layout.spectrograms.first else { return nil }
            var columns: [[Float]] = []
            for stored in segments {
                let rows = stored.spectrograms[layout.name] ?? 0..<0
                let values = try reader.spectrogram(layout.name, rows)
                for row in 0..<rows.count { columns.append(Array(values[row * layout.bins..<(row + 1) * layout.bins])) }
            }
            let decibels = Self.decibels(layout.attributes)
            let rate = layout.framesPerSecond
            return SheetContent.SpectrogramImage(
                levels: { start, end in
                    let index = Int((start + end) / 2 * rate)
                    guard columns.indices.contains(index) else { return nil }
                    return columns[index].map(decibels)
                }, frequenciesHz: frequencies(layout), name: layout.name)
        }

        /// The function that converts stored values to decibels: from logarithms, decibels, plain power or magnitude.
        private static func decibels(_ attributes: [String: AttributeValue]) -> (Float) -> Float {
            let scale = Float(attributes["scale"]?.number ?? 1)
            let perFactorOfTen = Float(20 / max(1, attributes["power"]?.number ?? 2))
            let logarithm = attributes["log"]?.text ?? "none"
            if logarithm.hasSuffix("_to_db") { return { $0 / scale } }
            if logarithm.hasPrefix("natural") { return { $0 / scale * perFactorOfTen / Float(log(10.0)) } }
            return { perFactorOfTen * log10(max($0 / scale, 1e-10)) }
        }

        /// The frequency of each bin, computed from the attributes of the spectrogram.
        private func frequencies(_ layout: StoreLayout.Spectrogram) -> [Double] {
            func integer(_ name: String) -> Int { layout.attributes[name]?.integer ?? 0 }
            func number(_ name: String) -> Double { layout.attributes[name]?.number ?? 0 }
            var settings = SpectrogramSettings(
                name: layout.name, kind: layout.attributes["kind"]?.text == "mel" ? .mel : .linear,
                sampleRate: integer("sr"), fftLength: integer("n_fft"), windowLength: integer("win_length"),
                hopLength: integer("hop_length"))
            settings.melBands = layout.bins
            settings.minFrequencyHz = number("fmin")
            settings.maxFrequencyHz = number("fmax")
            settings.melScale = layout.attributes["htk"] == .bool(true) ? .htk : .slaney
            let known = (try? Spectrogram(settings))?.frequenciesHz ?? []
            // A file of other origin may lack these attributes: then bins are numbered.
            return known.count == layout.bins ? known : (0..<layout.bins).map(Double.init)
        }
    }
}
