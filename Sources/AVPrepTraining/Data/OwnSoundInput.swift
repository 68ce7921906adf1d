import AVPrepClips
import AVPrepModel
import AVPrepStore
import AVPrepTorch

/// The sound that belongs to the pictures of a pair, whatever the pair's own is: for recipes that hear a clip in both ways.
struct OwnSoundInput: SampleInput {
    /// What the pair's own sound is read as.
    let sound: any SampleInput

    static func name(of sound: String) -> String { "own_\(sound)" }

    var name: String { Self.name(of: sound.name) }

    func shape(in dataset: ShardDataset) throws -> InputShape {
        let pairs = zip(dataset.pairs, dataset.readers).map { own, reader in
            own.map { $0.withOwnSound(fps: reader.layout.fps) }
        }
        let shape = try sound.shape(in: ShardDataset(dataset, pairs: pairs))
        return InputShape(name: name, type: shape.type, sizes: shape.sizes)
    }

    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader {
        Reader(
            try sound.makeReader(
                dataset, InputShape(name: sound.name, type: shape.type, sizes: shape.sizes), context))
    }

    private final class Reader: InputReader {
        private let sound: any InputReader

        init(_ sound: any InputReader) { self.sound = sound }

        func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws {
            let pair = sample.pair.withOwnSound(fps: sample.reader.layout.fps)
            try sound.read(Sample(pair: pair, reader: sample.reader, position: sample.position), into: output)
        }
    }
}

extension Pair {
    /// The same pictures with the sound that begins with them.
    fileprivate func withOwnSound(fps: Double) -> Pair {
        Pair(
            kind: .positive, videoSegment: videoSegment, videoStartFrame: videoStartFrame, audioSegment: videoSegment,
            audioStartSeconds: Double(videoStartFrame) / fps)
    }
}
