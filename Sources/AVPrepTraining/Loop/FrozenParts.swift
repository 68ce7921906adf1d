import AVPrepTorch

extension ParameterStore {
    /// Insists that a stage freezes parts that there are, and leaves something to learn.
    ///
    /// - Throws: ``TrainingError`` (`.settings`) naming the stage and the part.
    func check(freeze parts: [String], of stage: String) throws {
        for part in parts where !parameters.contains(where: { $0.isIn([part]) }) {
            let known = Set(parameters.map { $0.name.prefix { $0 != "." } }).sorted().joined(separator: ", ")
            throw TrainingError(
                .settings,
                "\(TrainKey.stages) \(stage): freeze names \(part), and the model has no such part; it begins with \(known)"
            )
        }
        if parameters.allSatisfy({ $0.isIn(parts) }) {
            throw TrainingError(
                .settings, "\(TrainKey.stages) \(stage): freeze leaves nothing to learn; leave out a part")
        }
    }
}
