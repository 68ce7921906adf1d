import AVPrepClips
import AVPrepModel
import AVPrepStore
import AVPrepTorch

/// The labels of a pair's segment, from a manifest, as shares of the classes: `float32 [classes]`, 1 / k for each of k labels.
struct LabelInput: SampleInput {
    /// Whose labels of a pair.
    enum Side: String {
        case picture, sound
    }

    static func name(_ side: Side) -> String { "\(side.rawValue)_labels" }

    let side: Side

    var name: String { Self.name(side) }

    func shape(in dataset: ShardDataset) throws -> InputShape {
        let labels = try dataset.segmentLabels()
        let classes = labels.values.first?.vocabulary.count ?? 0
        guard classes > 1 else {
            throw TrainingError(
                .data,
                """
                the shards in \(dataset.folder) have \(classes == 0 ? "no labels" : "one label alone"), and this run \
                (\(TrainKey.recipe)) learns from labels; name a manifest with a column of labels in corpus.paths (corpus.manifest \
                sets its columns), and run `avprep ingest` and `avprep shard`
                """)
        }
        try dataset.forEachPair { pair, reader, path in
            let segment = segment(of: pair)
            guard let own = labels[reader.entry.name], own.offsets[segment] < own.offsets[segment + 1] else {
                throw TrainingError(
                    .data,
                    """
                    \(path): segment \(reader.segments[segment].segment.segmentID) of the set "\(dataset.set)" has no label; give \
                    its video one in the manifest, or leave it out (corpus.exclude), and run `avprep ingest` and `avprep shard`
                    """)
            }
        }
        return InputShape(name: name, type: .float32, sizes: [classes])
    }

    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader {
        LabelReader(self, try dataset.segmentLabels())
    }

    fileprivate func segment(of pair: Pair) -> Int {
        Int(side == .picture ? pair.videoSegment : pair.audioSegment)
    }
}

private final class LabelReader: InputReader {
    private let input: LabelInput
    private let labels: [String: SegmentLabels]

    init(_ input: LabelInput, _ labels: [String: SegmentLabels]) {
        self.input = input
        self.labels = labels
    }

    func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws {
        let shares = output.assumingMemoryBound(to: Float.self)
        shares.update(repeating: 0)
        let segment = input.segment(of: sample.pair)
        guard let labels = labels[sample.reader.entry.name], labels.vocabulary.count == shares.count else {
            throw TrainingError(.data, "its labels are of another vocabulary")
        }
        let own = labels.indices[Int(labels.offsets[segment])..<Int(labels.offsets[segment + 1])]
        for label in own { shares[Int(label)] = 1 / Float(own.count) }
    }
}
