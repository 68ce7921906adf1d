import AVPrepTorch

extension TrainSettings {
    /// ``cropScale`` as a range.
    var cropRange: ClosedRange<Double> { cropScale[0]...cropScale[1] }

    /// Steps from one reading of losses to the next.
    func stepsPerReading(of engine: Engine) -> Int { lossEvery > 0 ? lossEvery : engine.isCUDA ? 10 : 1 }

    /// - Parameter processes: those that divide each batch.
    /// - Throws: ``TrainingError`` naming the first setting that makes no sense, or the first contradiction.
    func validate(processes: Int = 1) throws {
        try checkValues()
        try check(processes: processes)
        if let contradiction = contradictions.first { throw TrainingError(.settings, contradiction) }
    }

    /// Whether so many processes can divide a batch.
    private func check(processes: Int) throws {
        guard processes > 1 else { return }
        guard batchSize % processes == 0, batchSize / processes >= 2 else {
            let lower = max(2, batchSize / processes) * processes
            throw TrainingError(
                .settings,
                """
                \(TrainKey.batchSize) is \(batchSize), which \(processes) processes cannot divide into equal shares of 2 or \
                more pairs; set it to \(lower) or \(lower + processes), or start another number of processes
                """)
        }
        guard accumulate == 1 || accumulate % processes == 0 else {
            throw TrainingError(
                .settings,
                """
                \(TrainKey.accumulate) is \(accumulate), parts that \(processes) processes cannot divide; set it to 1, a part \
                each, or to a multiple of \(processes)
                """)
        }
    }

    /// What a run that was trained already must be right in.
    ///
    /// - Throws: ``TrainingError`` naming the first setting that makes no sense by itself.
    func checkValues() throws {
        func check(_ isRight: Bool, _ key: TrainKey, _ value: Any, _ advice: String) throws {
            if !isRight { throw TrainingError(.settings, "\(key) is \(value); give \(advice)") }
        }
        try check(batchSize >= 2, .batchSize, batchSize, "2 or more")
        try check(
            accumulate >= 1 && batchSize % accumulate == 0 && batchSize / accumulate >= 2, .accumulate, accumulate,
            "a divisor of \(TrainKey.batchSize) = \(batchSize) that leaves at least 2 pairs a part")
        try check(validation.pairs >= 0, .validationPairs, validation.pairs, "0 for all, or a number of pairs")
        try check(validation.every >= 1, .validationEvery, validation.every, "1 or more")
        try check(pairsPerEpoch >= 0, .pairsPerEpoch, pairsPerEpoch, "0 for all, or a number of pairs")
        try check((0...1024).contains(loaderThreads), .loaderThreads, loaderThreads, "0 for one per core, or a number")
        try check((1...1024).contains(prefetchBatches), .prefetchBatches, prefetchBatches, "1 or more")
        try check((0...100_000).contains(lossEvery), .lossEvery, lossEvery, "0, or a number of steps")
        try check(checkpointSteps >= 1, .checkpointSteps, checkpointSteps, "1 or more")
        try check(
            cropScale.count == 2 && cropScale[0] > 0 && cropScale[0] <= cropScale[1] && cropScale[1] <= 1,
            .cropScale, cropScale, "two numbers above 0 and up to 1, the smaller first")
        for (key, value) in [
            (TrainKey.brightness, jitter.brightness), (.saturation, jitter.saturation), (.volume, jitter.volume),
        ] {
            try check(value >= 0 && value < 1, key, value, "0 for none, or a share below 1")
        }
        try check(model.frameStep >= 1, .frameStep, model.frameStep, "1 for every frame, or more")
        let momentum = model.multisensory.normMomentum
        try check(momentum > 0 && momentum <= 1, .normMomentum, momentum, "a share of a batch, above 0 and up to 1")
        try check(optimizer.learningRate > 0, .learningRate, optimizer.learningRate, "a number above 0")
        try check(
            stages.contains { $0.epochs > 0 } && stages.allSatisfy { $0.epochs >= 0 }, .stages,
            stages.map { "\($0.name): \($0.epochs) epochs" }, "at least one stage with an epoch")
    }

    /// Settings that cannot hold together, each in one line that names the keys and what to do.
    package var contradictions: [String] { embeddingContradictions + renormContradictions }

    private var renormContradictions: [String] {
        guard recipeName == .multisensory, syncBatchNorm, model.multisensory.renorm else { return [] }
        return [
            """
            \(TrainKey.syncBatchNorm) and \(TrainKey.renorm) are both true: a batch that is normalised with those of other \
            processes needs no correction by what is known of earlier ones; set one of them to false
            """
        ]
    }

    private var embeddingContradictions: [String] {
        // Embeddings of length r lie at most 2r apart, so that a larger margin pushes negatives for ever.
        let reach = 2 * model.embeddingNorm
        guard recipeName == .avts, loss.kind == .contrastive, model.embeddingNorm > 0, loss.margin > reach else {
            return []
        }
        return [
            """
            \(TrainKey.margin) is \(loss.margin), but embeddings of the length \(TrainKey.embeddingNorm) = \
            \(model.embeddingNorm) are at most \(reach) apart: no negative can be as far apart as the margin asks; set \
            \(TrainKey.margin) to \(reach) or less, or \(TrainKey.embeddingNorm) to \(loss.margin / 2) or more, or to 0, \
            which does not scale them
            """
        ]
    }
}
