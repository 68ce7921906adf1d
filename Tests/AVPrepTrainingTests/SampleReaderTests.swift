import AVPrepClips
import AVPrepModel
import AVPrepStore
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTraining

@Suite struct SampleReaderTests {
    private func model(frames: Int = PracticeShards.clipFrames, size: Int = 8) -> ModelSettings {
        var model = ModelSettings()
        model.frames = frames
        model.cropSize = size
        return model
    }

    /// Statistics that leave values as they are.
    private let plain = SpectrogramStatistics(
        mean: Array(repeating: 0, count: PracticeShards.bins),
        deviation: Array(repeating: 1, count: PracticeShards.bins))

    /// Reads every pair of a set with so many threads: video and audio of all batches.
    private func readAll(_ dataset: ShardDataset, _ model: ModelSettings, _ augmentation: Augmentation, threads: Int)
        throws -> (video: [UInt8], audio: [Float], labels: [Float])
    {
        let recipe = AVTSRecipe(model: model, loss: LossSettings())
        let inputs = try recipe.shapes(in: [dataset])
        let context = InputContext(augmentation, statistics: ["mel": plain])
        let loader = BatchLoader(
            order: Array(0..<dataset.count), batchSize: 5,
            buffers: try (0..<3).map { _ in try Batch(capacity: 5, inputs: inputs) }, threads: threads
        ) {
            let reader = Result { try SampleReader(dataset, recipe.inputs, inputs, context) }
            return { try reader.get().read($0, position: $1, into: $2, slot: $3) }
        }
        var result: (video: [UInt8], audio: [Float], labels: [Float]) = ([], [], [])
        while let batch = try loader.nextBatch() {
            result.video += batch.values("pictures", as: UInt8.self)
            result.audio += batch.values("spectrogram", as: Float.self)
            result.labels += batch.labels.prefix(batch.count)
        }
        return result
    }

    /// The most valuable test here: for every pair, the picture's painted number and the sound's written number are
    /// those of the places that the pair names, and for pairs in sync they are the same moment.
    @Test(arguments: [
        (StoreLayout.PictureCodec.raw, StoreLayout.FloatType.float32), (.jpeg, .float32), (.raw, .float16),
        (.png, .float32),
    ])
    func everyPairShowsAndSoundsWhatItNames(codec: StoreLayout.PictureCodec, storedType: StoreLayout.FloatType) throws {
        try withTemporaryFolder { folder in
            try PracticeShards(codec: codec, storedType: storedType).write(to: folder)
            let dataset = try ShardDataset(.train, set: "mixed", of: ShardSet(folder))
            let model = model()
            let inputs = try AVTSRecipe(model: model, loss: LossSettings()).shapes(in: [dataset])
            #expect(inputs.map(\.sizes) == [[8, 8, 8, 3], [1, 32, 6]])
            let (pictureCount, soundCount) = (inputs[0].count, inputs[1].count)
            let evaluation = Augmentation(scale: 0.75...1, flip: true, seed: nil)
            let (video, audio, labels) = try readAll(dataset, model, evaluation, threads: 2)
            let tolerance: Float = codec == .jpeg ? 4 : 0.51
            var inSync = 0
            for number in 0..<dataset.count {
                let pair = dataset.locate(number).pair
                #expect(labels[number] == (pair.kind == .positive ? 1 : 0))
                let picture = video[number * pictureCount..<(number + 1) * pictureCount]
                for frame in 0..<8 {
                    let expected = PracticeShards.color(
                        frame: Int(pair.videoStartFrame) + frame, segment: Int(pair.videoSegment), x: 0)
                    let pixel = picture.startIndex + (frame * 64 + 27) * 3
                    #expect(abs(Float(picture[pixel]) - Float(expected.0)) < tolerance)
                    #expect(abs(Float(picture[pixel + 1]) - Float(expected.1)) < tolerance)
                }
                let sound = Array(audio[number * soundCount..<(number + 1) * soundCount])
                let first = Int((pair.audioStartSeconds * PracticeShards.rowsPerSecond).rounded())
                for row in 0..<32 {
                    #expect(sound[row * 6] == Float(first + row))
                    #expect(sound[row * 6 + 1] == Float(pair.audioSegment))
                }
                if labels[number] == 1 {
                    inSync += 1
                    // Four rows of sound a frame of picture.
                    let frame = (Float(picture[picture.startIndex + 27 * 3]) - 20) / 7
                    #expect(abs(sound[0] - frame * 4) < 4 * tolerance / 7 + 0.01)
                }
            }
            #expect(inSync > 5)
        }
    }

    @Test func theNumberOfThreadsDoesNotChangeABatch() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(codec: .jpeg).write(to: folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            let augmentation = Augmentation(scale: 0.5...1, flip: true, seed: 9)
            let one = try readAll(dataset, model(), augmentation, threads: 1)
            let many = try readAll(dataset, model(), augmentation, threads: 5)
            #expect(one.video == many.video && one.audio == many.audio)
            let other = try readAll(
                dataset, model(), Augmentation(scale: 0.5...1, flip: true, seed: 10), threads: 2)
            #expect(one.video != other.video && one.audio == other.audio)
        }
    }

    /// Blue grows to the right by 10 a pixel: its slope tells the crop's scale, its sign the flip.
    @Test func trainingCropsVaryInScaleAndSideAndEvaluationDoesNot() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(pairsPerSegment: 20).write(to: folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            let model = model(frames: 2)
            let size = 2 * 8 * 8 * 3
            func slopes(_ augmentation: Augmentation) throws -> [Float] {
                let video = try readAll(dataset, model, augmentation, threads: 2).video
                return (0..<dataset.count).map { pair in
                    func blue(_ x: Int) -> Float { Float(video[pair * size + (3 * 8 + x) * 3 + 2]) }
                    return (blue(5) - blue(2)) / 30
                }
            }
            let training = try slopes(Augmentation(scale: 0.5...1, flip: true, seed: 3))
            // Sides of 8 to 16 pixels on 8: between 1 and 2 source pixels a pixel.
            #expect(training.allSatisfy { (0.96...2.04).contains(abs($0)) })
            #expect(training.contains { $0 < 0 } && training.contains { $0 > 0 })
            #expect(Set(training.map { (abs($0) * 8).rounded() }).count > 5)
            #expect(try slopes(Augmentation(scale: 0.5...1, flip: false, seed: 3)).allSatisfy { $0 > 0 })
            #expect(try slopes(Augmentation(scale: 0.5...1, flip: true, seed: nil)).allSatisfy { abs($0 - 1.5) < 0.1 })
        }
    }

    @Test func aTailThatEndsOneWindowEarlyRepeatsItsLastRow() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(pairsPerSegment: 30, missingRows: 2).write(to: folder)
            let dataset = try ShardDataset(.test, set: "easy", of: ShardSet(folder))
            let audio = try readAll(dataset, model(), Augmentation(scale: 1...1, flip: false, seed: nil), threads: 1)
                .audio
            let last = (0..<dataset.count).filter { dataset.locate($0).pair.audioStartSeconds == 2.2 }
            let number = try #require(last.first)
            let sound = audio[number * 192..<(number + 1) * 192]
            let rows = stride(from: sound.startIndex, to: sound.endIndex, by: 6).map { sound[$0] }
            #expect(rows == (88..<118).map { Float($0) } + [117, 117])
        }
    }

    @Test func aDamagedPictureEndsThePassAndIsNamed() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(codec: .jpeg).write(to: folder)
            // Spoils the header of one picture in the file, as a bad disk would.
            let path = folder + "/test-00000.h5"
            let dataset = try ShardDataset(.test, set: "easy", of: ShardSet(folder))
            let (pair, _, reader) = dataset.locate(6)
            let segment = reader.segments[Int(pair.videoSegment)]
            let row = segment.frames.lowerBound + Int(pair.videoStartFrame) + 3
            try spoil(try reader.store.withFrameBytes(row) { Array($0) }, in: path)
            let error = #expect(throws: TrainingError.self) {
                _ = try readAll(dataset, model(), Augmentation(scale: 1...1, flip: false, seed: nil), threads: 3)
            }
            let message = try #require(error?.description)
            #expect(message.contains("test-00000.h5") && message.contains(segment.segment.segmentID), "\(message)")
        }
    }
}
