import CAllocationCount
import Testing

@testable import AVPrepVision

/// Nothing is allocated for a picture or a pair once the buffers are there.
@Suite struct FlowAllocationTests {
    @Test(arguments: [FlowSettings.Method.dis, .tvl1], FlowSettings.Preset.allCases)
    func ourFlowAllocatesNothingOnceWarm(method: FlowSettings.Method, preset: FlowSettings.Preset) throws {
        var settings = FlowSettings()
        settings.method = method
        settings.preset = preset
        let (width, height) = (96, 64)
        let estimator = try FlowEstimator(settings: settings, width: width, height: height)
        let (before, now) = (estimator.makePicture(), estimator.makePicture())
        let field = FlowField(width: width, height: height)
        let texture = Texture(seed: 9)
        let from = Pictures.grey(width, height, of: texture)
        let to = Pictures.grey(width, height, of: texture, Pictures.view(width, height, shift: Point(2, 1)))
        func run() throws {
            try estimator.prepare(from, into: before)
            try estimator.prepare(to, into: now)
            try estimator.compute(from: before, to: now, into: field)
            try estimator.compute(from: now, to: before, into: field)
        }
        try run()
        let warm = callocationcount_of_this_thread()
        for _ in 0..<3 { try run() }
        #expect(callocationcount_of_this_thread() == warm)
    }
}
