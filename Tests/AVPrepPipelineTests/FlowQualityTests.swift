import AVPrepCore
import AVPrepSynth
import AVPrepVision
import Testing

/// Dense inverse search of our own beside OpenCV's, on generated pairs with exact truth.
@Suite struct FlowQualityTests {
    static let width = 320
    static let height = 192
    static let casesOfAKind = 3

    static let cases: [FlowCase.Kind: [FlowCase]] = {
        let scenes = (0..<3).map { number in
            CaseScene.painted(
                "quality-\(number)", width: 2 * width, height: 2 * height, frames: 1, seed: UInt64(number))
        }
        return Dictionary(
            uniqueKeysWithValues: FlowCase.Kind.allCases.map { kind in
                (
                    kind,
                    (0..<casesOfAKind).map {
                        FlowCase(kind, number: $0, scenes: scenes, width: width, height: height)
                    }
                )
            })
    }()

    static func error(_ method: FlowSettings.Method, _ preset: FlowSettings.Preset, _ kind: FlowCase.Kind) throws
        -> Double
    {
        var settings = FlowSettings()
        settings.method = method
        settings.preset = preset
        let estimator = try FlowEstimator(settings: settings, width: width, height: height)
        let field = FlowField(width: width, height: height)
        let cases = cases[kind] ?? []
        let sum = try cases.reduce(0.0) { sum, test in
            try estimator.compute(from: test.from, to: test.to, into: field)
            return sum + FlowScore(field, truth: test.truth).mean
        }
        return sum / Double(cases.count)
    }

    @Test(arguments: FlowSettings.Preset.allCases, FlowCase.Kind.allCases)
    func errorIsNoHigherThanThatOfOpenCVAtTheSamePreset(preset: FlowSettings.Preset, kind: FlowCase.Kind) throws {
        let ours = try Self.error(.dis, preset, kind)
        let theirs = try Self.error(.openCVDIS, preset, kind)
        #expect(ours <= 1.02 * theirs, "\(preset) \(kind): \(ours), OpenCV \(theirs)")
        #expect(ours > 0)
    }
}
