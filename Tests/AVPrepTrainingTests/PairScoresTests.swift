import Testing

@testable import AVPrepTraining

struct PairScoresTests {
    @Test func aModelThatSaysTheSameOfAllPairsHasCollapsed() {
        func scores(_ values: [Float]) -> PairScores {
            PairScores(scores: values, labels: values.map { _ in 1 }, order: .below)
        }
        #expect(scores([0.5, 0.5, 0.500001]).collapse != nil)
        #expect(scores([1e-6, 1e-6, 1e-6]).collapse != nil)
        #expect(scores([0.5, 0.51, 0.49]).collapse == nil)
        #expect(scores([0.5]).collapse == nil)
    }
}
