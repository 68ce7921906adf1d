import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

@Suite struct LearningRateTests {
    private func rates(_ settings: OptimizerSettings, steps: Int, stepsPerEpoch: Int = 5) -> [Double] {
        let rate = LearningRate(settings: settings, totalSteps: steps)
        return (0..<steps).map { rate.rate(stageRate: settings.learningRate, step: $0, epoch: $0 / stepsPerEpoch) }
    }

    private func torch(_ scheduler: String, steps: Int) throws -> [Double] {
        try Oracle.json(
            [Double].self,
            """
            import json, torch
            from torch.optim.lr_scheduler import *
            optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
            s = \(scheduler)
            rates = []
            for step in range(\(steps)):
                rates.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                s.step()
            print(json.dumps(rates))
            """)
    }

    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            (OptimizerSettings.Schedule.cosine, 0, "CosineAnnealingLR(optimizer, T_max=40)"),
            (.step, 0, "StepLR(optimizer, step_size=15, gamma=0.2)"),
            (.constant, 0, "ConstantLR(optimizer, factor=1)"),
            (.constant, 8, "LinearLR(optimizer, start_factor=1/8, end_factor=1, total_iters=7)"),
            (
                .cosine, 8,
                """
                SequentialLR(optimizer, [LinearLR(optimizer, start_factor=1/8, end_factor=1, total_iters=7),
                    CosineAnnealingLR(optimizer, T_max=32)], milestones=[8])
                """
            ),
        ])
    func ratesAreThoseOfTorchsSchedulers(
        _ schedule: OptimizerSettings.Schedule, warmup: Int, _ scheduler: String
    ) throws {
        var settings = OptimizerSettings()
        settings.learningRate = 0.3
        settings.schedule = schedule
        settings.warmupSteps = warmup
        settings.stepFactor = 0.2
        settings.stepEpochs = 3
        let own = rates(settings, steps: 40)
        let reference = try torch(scheduler, steps: 40)
        let difference = zip(own, reference).map { abs($0 - $1) }.max() ?? 1
        #expect(own.count == reference.count && difference < 1e-9, "\(own) \(reference)")
    }

    @Test func theSchedulesOfARunNeedNothingButTheStep() {
        let schedule = TrainingSchedule(
            stages: [
                StageSettings(name: "a", set: "easy", epochs: 3), StageSettings(name: "b", set: "mixed", epochs: 4),
            ], steps: [5, 5])
        #expect(
            (0..<7).map { schedule.validates(after: $0, every: 3) } == [false, false, true, false, false, true, true])
        #expect(schedule.validationsLeft(epoch: 0, every: 3) == 3 && schedule.validationsLeft(epoch: 3, every: 3) == 2)
        #expect(schedule.validationsLeft(epoch: 7, every: 1) == 0)
    }
}
