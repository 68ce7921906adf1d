import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepVision

@Suite struct FlowEstimatorTests {
    static let width = 160
    static let height = 112
    /// A view that shifts, grows and turns a little: every pixel moves by another amount, up to 6 pixels.
    static let texture = Texture(seed: 1)
    static let from = Pictures.grey(width, height, of: texture)
    static let to = Pictures.grey(
        width, height, of: texture,
        Pictures.view(width, height, shift: Point(2.5, -1.25), zoom: 1.03, clockwiseDegrees: 1))

    static func settings(_ method: FlowSettings.Method, _ preset: FlowSettings.Preset) -> FlowSettings {
        var settings = FlowSettings()
        settings.method = method
        settings.preset = preset
        return settings
    }

    static func flow(_ settings: FlowSettings, from: PixelBuffer = from, to: PixelBuffer = to) throws -> [Float] {
        let estimator = try FlowEstimator(settings: settings, width: from.width, height: from.height)
        let field = FlowField(width: from.width, height: from.height)
        try estimator.compute(from: from, to: to, into: field)
        return field.floats
    }

    /// Mean and greatest length of the difference of two fields.
    static func endPointError(_ first: [Float], _ second: [Float]) -> (mean: Double, greatest: Double) {
        var sum = 0.0
        var greatest = 0.0
        for index in stride(from: 0, to: first.count, by: 2) {
            let dx = Double(first[index] - second[index])
            let dy = Double(first[index + 1] - second[index + 1])
            let error = (dx * dx + dy * dy).squareRoot()
            sum += error
            greatest = max(greatest, error)
        }
        return (sum / Double(first.count / 2), greatest)
    }

    static let script = """
        import sys, numpy as np, cv2
        folder, method, preset = sys.argv[1], sys.argv[4], sys.argv[5]
        width, height = int(sys.argv[2]), int(sys.argv[3])
        cv2.setNumThreads(1)
        a, b = (np.fromfile(f"{folder}/{n}", np.uint8).reshape(height, width) for n in ("from", "to"))
        if method == "opencv-dis":
            codes = dict(ultrafast=cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST, fast=cv2.DISOPTICAL_FLOW_PRESET_FAST,
                         medium=cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
            dis = cv2.DISOpticalFlow_create(codes[preset])
            if hasattr(dis, "setVariationalRefinementEpsilon"):
                dis.setVariationalRefinementEpsilon(0.001)
            flow = dis.calc(a, b, None)
        else:
            flow = cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 3, 15, 3, 5, 1.2, 0)
        flow.astype(np.float32).tofile(f"{folder}/flow")
        """

    /// Ultrafast and Farneback agree to the last bit or nearly so. Fast and medium end with a variational refinement
    /// that warps the second picture by `cv::remap`: OpenCV 4 looks up pixels on a grid of 1/32 pixel, OpenCV 5 exactly,
    /// so results differ by about that much. OpenCV 5 also has a larger epsilon by default; it is set to OpenCV 4's.
    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            (FlowSettings.Method.openCVDIS, FlowSettings.Preset.ultrafast, 1e-3), (.openCVDIS, .fast, 1.0 / 32),
            (.openCVDIS, .medium, 1.0 / 32), (.farneback, .medium, 1e-3),
        ])
    func flowEqualsThatOfPythonsOpenCV(method: FlowSettings.Method, preset: FlowSettings.Preset, tolerance: Double)
        throws
    {
        let ours = try Self.flow(Self.settings(method, preset))
        let theirs = try withTemporaryFolder { folder in
            try Self.from.bytes.write(to: URL(fileURLWithPath: "\(folder)/from"))
            try Self.to.bytes.write(to: URL(fileURLWithPath: "\(folder)/to"))
            _ = try Oracle.run(
                Self.script, [folder, "\(Self.width)", "\(Self.height)", method.rawValue, preset.rawValue])
            return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/flow")).withUnsafeBytes {
                Array($0.bindMemory(to: Float.self))
            }
        }
        try #require(theirs.count == ours.count)
        let error = Self.endPointError(ours, theirs)
        #expect(error.mean < tolerance)
        #expect(error.greatest < 6 * tolerance)
    }

    @Test(arguments: [
        (FlowSettings.Method.dis, FlowSettings.Preset.ultrafast), (.dis, .fast), (.dis, .medium),
        (.openCVDIS, .medium), (.farneback, .medium),
    ])
    func flowOfAKnownShiftIsThatShift(method: FlowSettings.Method, preset: FlowSettings.Preset) throws {
        let shift = Point(3.5, -2)
        // The view goes by `shift`, so things go the other way.
        let moved = Pictures.grey(
            Self.width, Self.height, of: Self.texture, Pictures.view(Self.width, Self.height, shift: shift))
        let flow = try Self.flow(Self.settings(method, preset), to: moved)
        var errors: [Double] = []
        for y in 12..<Self.height - 12 {
            for x in 12..<Self.width - 12 {
                let index = 2 * (y * Self.width + x)
                let miss = Point(Double(flow[index]), Double(flow[index + 1])) + shift
                errors.append((miss * miss).sum().squareRoot())
            }
        }
        #expect(errors.median < 0.15)
    }

    /// The shim hands OpenCV an empty result each time: a used one would be its first guess.
    @Test func flowDoesNotDependOnWhatWasComputedBefore() throws {
        let settings = Self.settings(.dis, .medium)
        let estimator = try FlowEstimator(settings: settings, width: Self.width, height: Self.height)
        let field = FlowField(width: Self.width, height: Self.height)
        try estimator.compute(from: Self.to, to: Self.from, into: field)
        try estimator.compute(from: Self.from, to: Self.to, into: field)
        #expect(try field.floats == Self.flow(settings))
    }

    @Test func stillPicturesHaveNoFlow() throws {
        let flow = try Self.flow(Self.settings(.dis, .fast), to: Self.from)
        #expect(flow.allSatisfy { abs($0) < 1e-3 })
    }

    @Test func picturesTooSmallForFlowAreAnErrorInOpenCVsWords() throws {
        let tiny = PixelBuffer(width: 4, height: 4, channels: 1)
        let error = #expect(throws: VisionError.self) {
            try Self.flow(Self.settings(.openCVDIS, .fast), from: tiny, to: tiny)
        }
        #expect(error?.description.contains("optical flow at 4 × 4: OpenCV") == true)
        #expect(error?.description.contains("\n") == false)
    }
}
