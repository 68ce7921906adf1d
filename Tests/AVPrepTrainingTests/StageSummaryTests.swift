import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

@Suite struct StageSummaryTests {
    @Test func eachStageStandsWithItsLastEpoch() throws {
        try withTemporaryFolder { folder in
            let text = """
                step,report,stage,epoch,loss,val_easy_accuracy,val_easy_auc,val_hard_accuracy,val_hard_auc
                5,epoch,easy,1,0.25,0.6,0.61,,
                7,step,easy,2,0.24,,,,
                10,epoch,easy,2,0.2,0.7,0.71,0.5,0.51
                15,epoch,mixed,3,0.1,0.9,0.91,0.8,0.81

                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/metrics.csv"))
            let stages = try RunFolder(folder).stageSummaries()
            #expect(stages.map(\.stage) == ["easy", "mixed"])
            #expect(stages.map(\.epoch) == [2, 3])
            #expect(stages[0].validationAccuracy == ["easy": 0.7, "hard": 0.5])
            #expect(stages[1].validationAUC == ["easy": 0.91, "hard": 0.81])
            #expect(stages[1].loss == 0.1)
        }
    }

    @Test func aRunThatHasNotBegunHasNoStagesAndAForeignFileIsRefused() throws {
        try withTemporaryFolder { folder in
            #expect(try RunFolder(folder).stageSummaries().isEmpty)
            try Data("a,b\n1,2\n".utf8).write(to: URL(fileURLWithPath: folder + "/metrics.csv"))
            #expect(throws: TrainingError.self) { try RunFolder(folder).stageSummaries() }
        }
    }
}
