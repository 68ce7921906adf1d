import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore

/// Puts pairs into batches, input by input.
///
/// One a thread. What it reads depends on the pair and its position in the pass alone.
final class SampleReader {
    private let dataset: ShardDataset
    private let readers: [any InputReader]

    /// - Parameters:
    ///   - inputs: of the recipe.
    ///   - shapes: what they are in every pair of the set, in the same order.
    init(_ dataset: ShardDataset, _ inputs: [any SampleInput], _ shapes: [InputShape], _ context: InputContext) throws {
        self.dataset = dataset
        readers = try zip(inputs, shapes).map { try $0.makeReader(dataset, $1, context) }
    }

    /// Reads pair `number` into a slot of `batch`.
    ///
    /// - Throws: ``TrainingError`` that names shard and segment and carries the reason.
    func read(_ number: Int, position: Int, into batch: Batch, slot: Int) throws {
        let (pair, shard, reader) = dataset.locate(number)
        let sample = Sample(pair: pair, reader: reader, position: position)
        do {
            for (index, input) in readers.enumerated() { try input.read(sample, into: batch.bytes(index, slot: slot)) }
        } catch {
            throw TrainingError(
                .data,
                """
                cannot read pair \(number) of "\(dataset.set)" in \(dataset.folder)/\(dataset.shardNames[shard]) \
                (picture of \(reader.segments[Int(pair.videoSegment)].segment.segmentID) from frame \
                \(pair.videoStartFrame), sound of \(reader.segments[Int(pair.audioSegment)].segment.segmentID) from \
                \(pair.audioStartSeconds) s): \(error); run `avprep verify`
                """)
        }
        batch.labels[slot] = Float(pair.kind.label)
        batch.kinds[slot] = pair.kind
    }
}
