import AVPrepCases
import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepSynth
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

/// The most valuable test of this project: a flash and a click that happen at the same moment are found at the same
/// moment in the container, the prepared file, the shard, and what the network is fed.
@Suite struct PlantedClockPathTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rate: Rational
        let soundStart: Double
        let isVariable: Bool
        var testDescription: String { "\(rate.value) fps, sound at \(soundStart) s\(isVariable ? ", variable" : "")" }
    }

    static let cases = [
        Case(rate: Rational(24), soundStart: 0, isVariable: false),
        Case(rate: Rational(25), soundStart: 0.2, isVariable: false),
        Case(rate: Rational(30_000, 1001), soundStart: 0, isVariable: false),
        Case(rate: Rational(30), soundStart: 0.37, isVariable: false),
        Case(rate: Rational(60), soundStart: 0, isVariable: false),
        Case(rate: Rational(30), soundStart: 0.1, isVariable: true),
    ]

    @Test(arguments: cases)
    func frameAndSoundBelongTogetherAllTheWay(_ item: Case) throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.video.fps = 25
            corpus.settings.ingest.segmentSeconds = 3
            corpus.settings.ingest.splitAtCuts = false
            corpus.settings.ingest.flow.method = .off
            corpus.settings.ingest.borders.method = .off
            // Between its flashes the clock stands still, and would give no hard negatives.
            corpus.settings.ingest.still.share = 1
            corpus.settings.ingest.still.seconds = 60
            corpus.settings.shard.pairs.pairsPerSegment = 16
            var moments: [String: [Double]] = [:]
            for number in 0..<2 {
                var clock = PlantedClock(frameRate: item.rate, seconds: 6.5, seed: UInt64(number + 5))
                clock.soundStartSeconds = item.soundStart
                if item.isVariable { clock.makeRateVariable(seed: UInt64(number)) }
                let name = "videos/clock-\(number).mp4"
                moments[name] = try clock.write(to: "\(folder)/\(name)")
            }
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)

            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            for (name, times) in moments {
                let record = try #require(try catalog.outcome(of: BytePath(name), stage: StageName.ingest))
                let prepared = try StoreReader(path: folder + "/" + #require(record.output))
                #expect(prepared.segments.count == 2)
                try check(prepared, moments: [name: times])
            }
            let shard = try StoreReader(path: folder + "/shards/train-00000.h5")
            #expect(shard.segments.count == 4)
            try check(shard, moments: moments)
            try checkBatches(folder + "/shards", shard)
        }
    }

    /// Every flash begins at the first frame that is shown at or after its moment, every click at its very sample.
    private func check(_ reader: StoreReader, moments: [String: [Double]]) throws {
        let fps = reader.layout.fps
        let sampleRate = Double(try #require(reader.layout.pcm).sampleRate)
        let decoder = try JPEGDecoder()
        var found = 0
        for stored in reader.segments {
            let start = stored.segment.startSeconds
            let seconds = Double(stored.frames.count) / fps
            let brightness = try stored.frames.map { row in
                try reader.withFrameBytes(row) { try decoder.decode($0) }.brightness
            }
            for moment in try #require(moments[stored.segment.source])
            where moment - start > 0.3 && moment - start < seconds - 0.3 {
                let expected = Int(((moment - start) * fps - 1e-6).rounded(.up))
                let flash = try #require(
                    brightness.indices.first { $0 >= expected - 4 && brightness[$0] > 150 && brightness[$0 - 1] < 100 })
                #expect(flash == expected, "flash of \(moment) s in \(stored.segment.segmentID)")
                let click = try reader.withPCM(stored.pcm) { samples in
                    let from = Int((moment - start - 0.2) * sampleRate)
                    return samples[from...].firstIndex { abs(Int($0)) > 6000 }
                }
                let clickSeconds = Double(try #require(click)) / sampleRate
                #expect(abs(clickSeconds - (moment - start)) <= 0.001, "click of \(moment) s")
                found += 1
            }
        }
        #expect(found >= 2 * moments.count)
    }

    /// In what the network is fed, the flash and the click of a positive lie together within a frame and a window of
    /// the spectrogram, and those of a hard negative do not.
    private func checkBatches(_ folder: String, _ shard: StoreReader) throws {
        var settings = TrainSettings()
        settings.batchSize = 4
        settings.loaderThreads = 2
        settings.cropScale = [1, 1]
        settings.model.frames = 25
        settings.model.cropSize = 16
        let shards = try ShardSet(folder)
        for set in ["easy", "mixed"] {
            let dataset = try ShardDataset(.train, set: set, of: shards)
            let inputs = try settings.recipe.shapes(in: [dataset])
            let statistics = try SpectrogramStatistics.measure("mel", of: dataset)
            let loader = try BatchLoaderFactory(settings: settings, inputs: inputs, statistics: statistics).evaluation(
                dataset)
            defer { loader.close() }
            var together = 0
            var apart = 0
            while let batch = try loader.nextBatch() {
                for slot in 0..<batch.count {
                    let flashes = onsets(ofFlashesIn: batch, slot)
                    let clicks = onsets(ofClicksIn: batch, slot)
                    let coincide = flashes.filter { flash in
                        // Flash: seen up to a frame (40 ms) late. Click: in windows of 20 ms every 10, the first of which
                        // may hold it where its taper is next to nothing; AAC spreads it some 10 ms ahead.
                        clicks.contains { $0 - flash >= -0.075 && $0 - flash <= 0.011 }
                    }
                    if batch.kinds[slot] == .positive {
                        #expect(coincide.count == flashes.count, "flashes \(flashes), clicks \(clicks)")
                        together += flashes.count
                    } else {
                        apart += flashes.count - coincide.count
                    }
                }
            }
            #expect(together > 10)
            #expect(apart > 5)
        }
    }

    /// Times within the clip at which the picture turns white, away from its ends.
    private func onsets(ofFlashesIn batch: Batch, _ slot: Int) -> [Double] {
        let pixels = batch.values("pictures", slot: slot, as: UInt8.self)
        let plane = pixels.count / 25
        let levels = (0..<25).map { frame in
            pixels[frame * plane..<(frame + 1) * plane].reduce(0) { $0 + Float($1) } / Float(plane)
        }
        return (2..<levels.count - 2).filter { levels[$0] > 140 && levels[$0 - 1] < 100 }.map { Double($0) / 25 }
    }

    /// Times within the clip at which a click enters the spectrogram.
    private func onsets(ofClicksIn batch: Batch, _ slot: Int) -> [Double] {
        let values = batch.values("spectrogram", slot: slot, as: Float.self)
        let (rows, bins) = (batch.inputs[1].sizes[1], batch.inputs[1].sizes[2])
        let levels = (0..<rows).map { values[$0 * bins..<($0 + 1) * bins].max() ?? 0 }
        return levels.indices.dropFirst().filter { levels[$0] > 2.5 && levels[$0 - 1] <= 2.5 }.map { Double($0) / 100 }
    }
}

extension PixelBuffer {
    fileprivate var brightness: Double { Double(pixels.reduce(0) { $0 + Int($1) }) / Double(pixels.count) }
}
