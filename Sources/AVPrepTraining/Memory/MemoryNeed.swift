package import AVPrepCore

/// What a step of training takes of memory in one process, besides the model itself.
package struct MemoryNeed: Sendable, Equatable {
    /// Gradients, and what the optimiser keeps: of any batch.
    package let state: Int
    /// What a step of few pairs takes whatever their number.
    package let fixed: Int
    /// What one more pair takes in a step.
    package let perPair: Int
    /// One pair in main memory, in all batches that are read ahead.
    package let perLoadedPair: Int
    /// Pairs of this process's share of a batch, and those that it computes at once.
    package let pairs: Int
    package let pairsAtOnce: Int
    /// Processes of the run on this machine.
    package let processes: Int
    package let isOnCPU: Bool

    /// Bytes on the device.
    package var bytes: Int { bytes(pairs: pairs, atOnce: pairsAtOnce) }

    private func bytes(pairs: Int, atOnce: Int) -> Int {
        state + fixed + perPair * atOnce + (isOnCPU ? perLoadedPair * pairs : 0)
    }

    /// One line of what it takes.
    package func text(of available: AvailableMemory?) -> String {
        let share = processes > 1 ? " in each process" : ""
        let left = available.map { ", of \($0.bytes.byteText) that are left of \($0.limit)" } ?? ""
        return "a step takes about \(bytes.byteText) of memory\(share), \(perPair.byteText) a pair\(left)"
    }

    /// Insists that the memory which is left holds a step.
    ///
    /// - Throws: ``TrainingError`` (`.settings`) with what to lower, and how far.
    package func check(_ available: AvailableMemory?, settings: TrainSettings, ranks: Int) throws {
        guard let available else { return }
        let sharers = isOnCPU && available.isShared ? processes : 1
        func fits(_ pairs: Int, _ atOnce: Int) -> Bool {
            bytes(pairs: pairs, atOnce: atOnce) * sharers <= available.bytes
        }
        guard !fits(pairs, pairsAtOnce) else { return }
        var advice: [String] = []
        // Batch normalisation wants more than one pair.
        let smaller = stride(from: settings.batchSize - ranks, to: 1, by: -ranks).first { size in
            size / ranks > 1 && fits(size / ranks, min(pairsAtOnce, size / ranks))
        }
        if let smaller { advice.append("lower \(TrainKey.batchSize) to \(smaller)") }
        let parts = (1...max(1, settings.batchSize / 2)).first { count in
            count > settings.accumulate && settings.batchSize % count == 0 && count % ranks == 0
                && pairs % max(1, count / ranks) == 0 && fits(pairs, pairs / max(1, count / ranks))
        }
        if let parts { advice.append("compute a batch in parts (\(TrainKey.accumulate): \(parts))") }
        advice.append("lower \(TrainKey.cropSize) (\(settings.model.cropSize)) or the width of the model")
        let together = sharers > 1 ? ", and \(sharers) of them share it" : ""
        throw TrainingError(
            .settings,
            """
            \(text(of: available))\(together): it would run out of memory; \(advice.joined(separator: ", or "))
            """)
    }
}
