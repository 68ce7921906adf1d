import AVPrepCore
import Foundation

/// Where a run stands between two steps: with the weights, all that it takes to go on as if it had never stopped.
/// Stored as JSON in a checkpoint's metadata under `state`, which may gain keys (`StoredRecord`).
struct TrainingState: StoredRecord, Equatable {
    /// Rises when the meaning of a checkpoint changes, which a new key does not do. A checkpoint of another format cannot be
    /// resumed.
    static let currentFormat = 1

    var format = Self.currentFormat
    var seed: UInt64
    var settings: TrainSettings
    /// The key of the shards and pairs in use (``TrainingData/key``). In runs begun before there was one: the SHA-256 of
    /// the shards' index.json.
    var shards: String
    /// How the sound is normalised.
    var statistics: SpectrogramStatistics
    /// Steps taken since the run began.
    var step = 0
    /// The next epoch, counted through all stages from 0, or the one under way.
    var epoch = 0
    /// Batches of it that were taken.
    var batch = 0
    var plateau: LearningRatePlateau
    /// Loss since the epoch began, and since the last report: sums over batches.
    var epochLoss = RunningMean()
    var recentLoss = RunningMean()
    /// How often the last stage was repeated on shards that had grown after the run was finished.
    var rounds = 0
    /// The epoch with the highest validation score so far, from 0, and that score.
    var best: Best?

    static var laterKeys: [String: LaterKey] { ["rounds": .omitted(at: 0)] }

    struct Best: Codable, Equatable {
        var epoch: Int
        var score: Double
    }

    /// What is wrong with a state that was read, or nil.
    var fault: String? {
        if min(step, epoch, batch, rounds) < 0 { return "it stands at step \(step), epoch \(epoch), batch \(batch)" }
        if statistics.mean.count != statistics.deviation.count || !statistics.deviation.allSatisfy({ $0 > 0 }) {
            return "its normalisation statistics of the spectrogram are invalid"
        }
        return nil
    }

    /// Goes on with other shards: the epoch under way begins again, since its order was that of the old pairs.
    ///
    /// - Parameters:
    ///   - key: of the new shards and pairs.
    ///   - isOver: whether the last epoch is over; the last stage is then repeated.
    mutating func move(to key: String, isOver: Bool) {
        shards = key
        batch = 0
        epochLoss = RunningMean()
        recentLoss = RunningMean()
        if isOver { rounds += 1 }
    }

    /// What a run must not change on its way: how often and where the work is done may change, what is learnt may not.
    ///
    /// - Returns: the first settings that differ, e.g. `train.loss.margin was 0.99 and is 0.5`; nil if none do.
    func change(to settings: TrainSettings, seed: UInt64) throws -> String? {
        if self.seed != seed { return "the seed was \(self.seed) and is \(seed)" }
        var old = self.settings
        old.name = settings.name
        old.device = settings.device
        old.threads = settings.threads
        old.deterministic = settings.deterministic
        old.lossEvery = settings.lossEvery
        old.loaderThreads = settings.loaderThreads
        old.prefetchBatches = settings.prefetchBatches
        old.checkpointSteps = settings.checkpointSteps
        old.grownShards = settings.grownShards
        return try Self.difference(of: old, from: settings)
    }

    private static func difference(of old: TrainSettings, from new: TrainSettings) throws -> String? {
        /// With every key, also those that a stored text leaves out.
        func tree(_ settings: TrainSettings) throws -> Any {
            try JSONSerialization.jsonObject(with: try JSONEncoder().encode(settings))
        }
        return difference(of: try tree(old), from: try tree(new), at: "train")
    }

    /// The first place at which two trees of JSON differ, in words.
    static func difference(of old: Any, from new: Any, at path: String) -> String? {
        switch (old, new) {
        case (let old as [String: Any], let new as [String: Any]):
            return Set(old.keys).union(new.keys).sorted().lazy.compactMap { key in
                let path = path + "." + TrainKey.name(ofProperty: key)
                return difference(of: old[key] ?? NSNull(), from: new[key] ?? NSNull(), at: path)
            }.first
        case (let old as [Any], let new as [Any]) where old.count == new.count:
            return zip(old, new).enumerated().lazy.compactMap { index, pair in
                difference(of: pair.0, from: pair.1, at: "\(path)[\(index)]")
            }.first
        case (let old as NSObject, let new as NSObject) where old == new: return nil
        case (let old as [Any], let new as [Any]): return "\(path) had \(old.count) entries and has \(new.count)"
        default: return "\(path) was \(json(old)) and is \(json(new))"
        }
    }

    /// A value as JSON spells it: `true`, not 1.
    private static func json(_ value: Any) -> String {
        let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
        let data = try? JSONSerialization.data(withJSONObject: value, options: options)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
    }
}

/// The mean of the numbers so far.
struct RunningMean: Codable, Equatable {
    private(set) var sum = 0.0
    private(set) var count = 0

    /// Nil before the first number.
    var value: Double? { count == 0 ? nil : sum / Double(count) }

    mutating func add(_ number: Double) {
        sum += number
        count += 1
    }
}
