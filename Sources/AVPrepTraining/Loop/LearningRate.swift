import AVPrepTorch
import Foundation

/// The learning rate of a step: the stage's own rate, times the warm-up, times the schedule.
///
/// Plateaus are part of the stage's rate (``LearningRatePlateau``); everything else follows from the step alone, so a run
/// that goes on needs no more than its number.
struct LearningRate {
    let settings: OptimizerSettings
    /// Steps of the whole run.
    let totalSteps: Int

    /// - Parameters:
    ///   - stageRate: what the stage began with, or what plateaus have made of it.
    ///   - step: steps taken before, in the whole run.
    ///   - epoch: the epoch's number in the whole run, from 0.
    func rate(stageRate: Double, step: Int, epoch: Int) -> Double {
        let warmth = settings.warmupSteps > step ? Double(step + 1) / Double(settings.warmupSteps) : 1
        return stageRate * warmth * factor(step, epoch)
    }

    private func factor(_ step: Int, _ epoch: Int) -> Double {
        switch settings.schedule {
        case .plateau, .constant: return 1
        case .step: return pow(settings.stepFactor, Double(epoch / max(1, settings.stepEpochs)))
        case .cosine:
            // The rate is 0 one step after the last, as of torch's CosineAnnealingLR with T_max = the steps after warm-up.
            let length = max(1, totalSteps - settings.warmupSteps)
            let share = min(1, Double(max(0, step - settings.warmupSteps)) / Double(length))
            return (1 + cos(Double.pi * share)) / 2
        }
    }
}
