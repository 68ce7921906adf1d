/// Where a process takes up a run, told before its first step: what a record of the run is made of.
package struct RunBeginning: Sendable {
    /// Steps taken before, and nil for a run that begins.
    package let resumedAt: Int?
    /// The settings in force: what was asked for, with the number of frames that a clip has.
    package let settings: TrainSettings
    package let shards: ShardRecord
    package let engine: EngineRecord
    /// Numbers that are learnt.
    package let parameters: Int
    /// Steps of the whole run.
    package let steps: Int
    /// Pairs that all of its steps show.
    package let pairs: Int
    package let epochs: Int
    /// What a step takes of memory, in words.
    package let memory: String
    /// What the model has taken from files, where the run begins.
    package let initialWeights: [InitialWeights]
    /// What about the processes the user should hear of; nil for nothing.
    package let warning: String?
}
