import AVPrepCore
import AVPrepModel
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

struct PairPicturesTests {
    @Test func theHardestScoreLeastAsWhatTheyAre() {
        let labels: [UInt8] = [1, 1, 1, 0, 0, 0, 1, 0]
        let distances: [Float] = [0.1, 0.9, 0.5, 0.2, 0.8, 0.6, .nan, .infinity]
        let near = PairPictures.choices(PairScores(scores: distances, labels: labels, order: .below))
        #expect(near.map(\.name) == ["hardest", "easiest"])
        #expect(near[0].inSync == [1, 2, 0] && near[0].outOfSync == [3, 5, 4])
        #expect(near[1].inSync == [0, 2, 1] && near[1].outOfSync == [4, 5, 3])
        let sure = PairPictures.choices(PairScores(scores: distances, labels: labels, order: .above))
        #expect(sure[0].inSync == [0, 2, 1] && sure[0].outOfSync == [4, 5, 3])
        // Of equal scores the first ones, and no more than there is room for.
        let same = PairPictures.choices(
            PairScores(
                scores: [Float](repeating: 0.5, count: 9), labels: [UInt8](repeating: 1, count: 9), order: .below))
        #expect(same.allSatisfy { $0.inSync == [0, 1, 2, 3] && $0.outOfSync == [] })
        #expect(
            PairPictures.choices(PairScores(scores: [], labels: [], order: .below)).allSatisfy { $0.places.isEmpty })
    }

    @Test func inputsThatCannotBeLookedAtAreLeftOut() throws {
        let inputs = [
            InputShape(name: "pictures", type: .uint8, sizes: [1, 9, 5, 3]),
            InputShape(name: "flow", type: .uint8, sizes: [6, 7, 7]),
            InputShape(name: "waveform", type: .float32, sizes: [1, 4000]),
            InputShape(name: "spectrogram", type: .float32, sizes: [1, 30, 20]),
            InputShape(name: "labels", type: .float32, sizes: [12]),
        ]
        let batch = try Batch(capacity: 1, inputs: inputs)
        batch.begin([0])
        // Numbers that are none, as a broken recording has them.
        let values = batch.bytes(3, slot: 0).assumingMemoryBound(to: Float.self)
        (values[0], values[1], values[2]) = (.nan, .infinity, -.infinity)
        let samples = batch.bytes(2, slot: 0).assumingMemoryBound(to: Float.self)
        (samples[0], samples[1]) = (.nan, 1)
        #expect(PairPictures.tile(batch, slot: 0).height == 4 * 56 + 3 * 2)
    }

    @Test(
        .enabled(if: Products.hasEngine, "make engine builds it"),
        .enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func tensorBoardShowsThePairsOfEachValidation() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            var settings = TrainerTests.settings(epochs: [2])
            settings.batchSize = 4
            settings.validation.pairs = 12
            _ = try Trainer(settings: settings, seed: 3, shards: folder, run: folder + "/run").run(
                cancellation: Cancellation(), progress: { _ in })
            struct Image: Decodable {
                let step, width, height: Int
                let format: String
                let size: [Int]
                /// The spread of the picture's levels.
                let spread: Double
            }
            let read = try Oracle.json(
                [String: [Image]].self,
                """
                import io, json, sys
                import numpy
                from PIL import Image
                from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
                events = EventAccumulator(sys.argv[1], size_guidance={"images": 0}).Reload()
                found = {}
                for tag in events.Tags()["images"]:
                    found[tag] = []
                    for e in events.Images(tag):
                        picture = Image.open(io.BytesIO(e.encoded_image_string))
                        found[tag].append(dict(step=e.step, width=e.width, height=e.height, format=picture.format,
                                               size=list(picture.size), spread=float(numpy.asarray(picture).std())))
                print(json.dumps(found))
                """, [folder + "/run"])
            #expect(
                read.keys.sorted() == ["val/easy_easiest", "val/easy_hardest", "val/hard_easiest", "val/hard_hardest"])
            for (tag, images) in read {
                #expect(images.map(\.step) == [7, 14], "\(tag)")
                for image in images {
                    #expect(image.format == "JPEG" && image.size == [image.width, image.height] && image.spread > 10)
                }
            }
        }
    }
}
