import AVPrepClips
import AVPrepModel

extension TrainingRecipe {
    /// The pairs of a set, if this recipe can learn from them.
    ///
    /// - Throws: ``TrainingError`` when there is no such set, or it was drawn for another recipe.
    func dataset(_ split: Split, set: String, of shards: ShardSet) throws -> ShardDataset {
        let dataset = try ShardDataset(split, set: set, of: shards)
        if let recipe = dataset.attributes["recipe"]?.text, !pairRecipes.contains(recipe) {
            throw TrainingError(
                .data,
                """
                the pair set "\(set)" of \(shards.folder) is of recipe \(recipe), and this run (\(TrainKey.recipe)) \
                learns from sets of \(pairRecipes.sorted().joined(separator: ", ")); run `avprep shard --recipe \
                \(pairRecipes.min() ?? "")` and name its set in \(TrainKey.stages)
                """)
        }
        return dataset
    }

    /// What the inputs are in every pair of these sets.
    ///
    /// - Throws: ``TrainingError`` when a pair lacks an input, or the sets' clips are unlike each other.
    func shapes(in datasets: [ShardDataset]) throws -> [InputShape] {
        let inputs = inputs
        let first = try inputs.map { try $0.shape(in: datasets[0]) }
        for dataset in datasets.dropFirst() where try inputs.map({ try $0.shape(in: dataset) }) != first {
            throw TrainingError(
                .data,
                "the pair sets \(datasets[0].set) and \(dataset.set) have clips of different length; shard them alike")
        }
        return first
    }
}
