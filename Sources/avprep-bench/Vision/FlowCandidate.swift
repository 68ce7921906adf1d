import AVPrepCore
import AVPrepModel
import AVPrepVision
import Foundation

/// A method of optical flow in the comparison.
struct FlowCandidate {
    let name: String
    /// Settings of our own method or of the linked OpenCV; nil for Python's.
    private let settings: FlowSettings?
    /// The method's name in the Python program.
    private let outside: String?
    /// Takes about a second per pair: measured once.
    let isSlow: Bool

    private init(_ name: String, _ settings: FlowSettings) {
        self.name = name
        self.settings = settings
        outside = nil
        isSlow = false
    }

    private init(_ name: String, outside: String, isSlow: Bool) {
        self.name = name
        settings = nil
        self.outside = outside
        self.isSlow = isSlow
    }

    static var ours: [FlowCandidate] {
        func settings(_ method: FlowSettings.Method, _ preset: FlowSettings.Preset = .medium) -> FlowSettings {
            var settings = FlowSettings()
            settings.method = method
            settings.preset = preset
            return settings
        }
        let presets = FlowSettings.Preset.allCases
        return presets.map { FlowCandidate("dis \($0.rawValue)", settings(.dis, $0)) }
            + [FlowCandidate("tvl1", settings(.tvl1))]
            + presets.map { FlowCandidate("opencv-dis \($0.rawValue)", settings(.openCVDIS, $0)) }
            + [FlowCandidate("farneback", settings(.farneback))]
    }

    static var pythons: [FlowCandidate] {
        FlowSettings.Preset.allCases.map {
            FlowCandidate("python-dis \($0.rawValue)", outside: $0.rawValue, isSlow: false)
        } + [FlowCandidate("python-tvl1", outside: "tvl1", isSlow: true)]
    }

    /// The flow of all pairs, and the CPU seconds of each.
    func compute(_ pairs: [FlowPair], folder: String, python: String) throws -> (fields: [FlowField], seconds: [Double])
    {
        if let settings { return try compute(pairs, settings) }
        guard let outside else { preconditionFailure("a candidate without a method") }
        return try compute(pairs, outside: outside, folder: folder, python: python)
    }

    private func compute(_ pairs: [FlowPair], _ settings: FlowSettings) throws -> ([FlowField], [Double]) {
        var estimator: FlowEstimator?
        var (before, now): (FlowPicture?, FlowPicture?)
        var fields: [FlowField] = []
        var seconds: [Double] = []
        for pair in pairs {
            let field = FlowField(width: pair.from.width, height: pair.from.height)
            if estimator?.width != field.width || estimator?.height != field.height {
                estimator = try FlowEstimator(settings: settings, width: field.width, height: field.height)
                (before, now) = (estimator?.makePicture(), estimator?.makePicture())
            }
            guard let estimator, let before, let now else { preconditionFailure("no estimator") }
            // In a sequence the previous picture is already prepared.
            try estimator.prepare(pair.from, into: before)
            let start = ProcessCost.cpuSeconds
            try estimator.prepare(pair.to, into: now)
            try estimator.compute(from: before, to: now, into: field)
            seconds.append(ProcessCost.cpuSeconds - start)
            fields.append(field)
        }
        return (fields, seconds)
    }

    private func compute(_ pairs: [FlowPair], outside: String, folder: String, python: String) throws
        -> ([FlowField], [Double])
    {
        let text = try OutsideProgram.outputText(
            python, ["Tests/Oracles/opencv_flow.py", folder, "\(pairs.count)", outside, isSlow ? "1" : "2"])
        let seconds = try JSONDecoder().decode([Double].self, from: Data(text.utf8))
        let fields = try pairs.enumerated().map { number, pair in
            let field = FlowField(width: pair.from.width, height: pair.from.height)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(number)-\(outside).flow"))
            guard bytes.copyBytes(to: field.vectors) == field.vectors.count * MemoryLayout<Float>.size else {
                throw Failure("the flow of pair \(number) is truncated")
            }
            return field
        }
        return (fields, seconds)
    }
}
