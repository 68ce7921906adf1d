import AVPrepTorch

extension ParameterStore {
    /// Insists that there are the parts that take nothing from a file of weights.
    ///
    /// - Throws: ``TrainingError`` (`.settings`) naming the part.
    func check(anew parts: [String]) throws {
        for part in parts where !parameters.contains(where: { $0.isIn([part]) }) {
            throw TrainingError(
                .settings,
                """
                \(TrainKey.anew) names \(part), and the model has no such part; it begins with \(self.parts(of: parameters))
                """)
        }
    }

    private func parts(of entries: [Entry]) -> String {
        Set(entries.map { $0.name.prefix { $0 != "." } }).sorted().joined(separator: ", ")
    }

    /// Insists that a stage freezes parts that there are, and leaves something to learn.
    ///
    /// - Throws: ``TrainingError`` (`.settings`) naming the stage and the part.
    func check(freeze parts: [String], of stage: String) throws {
        for part in parts where !parameters.contains(where: { $0.isIn([part]) }) {
            throw TrainingError(
                .settings,
                """
                \(TrainKey.stages) \(stage): freeze names \(part), and the model has no such part; it begins with \
                \(self.parts(of: parameters))
                """
            )
        }
        if parameters.allSatisfy({ $0.isIn(parts) }) {
            throw TrainingError(
                .settings, "\(TrainKey.stages) \(stage): freeze leaves nothing to learn; leave out a part")
        }
    }
}
