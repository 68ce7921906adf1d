import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

@Suite struct LearningRatePlateauTests {
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func ratesAreThoseOfTorchsScheduler() throws {
        let losses =
            [1.0, 0.9, 0.9, 0.95, 0.91, 0.9, 0.92, 0.93, 0.94, 0.5, 0.6, 0.5]
            + Array(repeating: 0.7, count: 14) + [.nan, 0.4, 0.41]
        var settings = OptimizerSettings()
        settings.learningRate = 0.3
        var plateau = LearningRatePlateau(learningRate: settings.learningRate)
        let rates = losses.map { loss in
            plateau.endEpoch(loss: loss, settings: settings)
            return plateau.learningRate
        }
        let reference = try Oracle.json(
            [Double].self,
            """
            import json, sys, torch
            optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
            s = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=5, threshold=0, eps=0)
            rates = []
            for loss in [float(x) for x in sys.argv[1].split()]:
                s.step(loss)
                rates.append(optimizer.param_groups[0]["lr"])
            print(json.dumps(rates))
            """, [losses.map { "\($0)" }.joined(separator: " ")])
        #expect(rates == reference)
        #expect(Set(rates).count == 4)
    }

    @Test func aStageBeginsWithItsOwnRateAndItsOwnLosses() {
        var settings = OptimizerSettings()
        settings.plateauPatience = 0
        var plateau = LearningRatePlateau(learningRate: 0.1)
        plateau.endEpoch(loss: 0.2, settings: settings)
        plateau.beginStage(learningRate: 0)
        plateau.endEpoch(loss: 0.5, settings: settings)
        #expect(plateau.learningRate == 0.1)
        plateau.beginStage(learningRate: 0.03)
        #expect(plateau.learningRate == 0.03)
    }
}
