import AVPrepCases
import AVPrepCore
import AVPrepModel
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The quality of camera motion estimation and its flags, on real pictures moved along known camera paths behind an
/// independently moving foreground.
struct CameraBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "camera", abstract: "Measure camera motion estimation on films with known camera paths.",
        discussion: """
            An error is the mean distance, over the picture, between the points mapped by the estimated and by the \
            true homography, in pixels of the 456 × 256 frames; `frame` from one estimated frame to the next, \
            divided by the number of frames between, and `centre` to the central frame, where that is in view. \
            Clips give real pictures; without them they are painted.
            """)

    @Argument(help: "Real clips.")
    var clips: [String] = []

    @Option(help: "Cases of each kind.")
    var cases = 24

    @Option(help: "Number of the first case: other numbers are other cases.")
    var first = 0

    @Option(help: "Only this kind.")
    var kind: String?

    @Option(help: "Frames between estimates.")
    var everyNthFrame = CameraMotionSettings().everyNthFrame

    @Option(help: "Short side of the tracked pictures.")
    var trackingSize = CameraMotionSettings().trackingSize

    @Option(help: "Corners tracked.")
    var corners = CameraMotionSettings().maxCorners

    @Option(help: "A folder for a picture of each failed case.")
    var failures: String?

    @Option(help: "Only the case of this number.")
    var only: Int?

    @Flag(help: "Print each case.")
    var verbose = false

    func run() throws {
        let scenes = try BenchScenes.all(clips, shortSide: 288, fps: 5, seconds: 2)
        var total = Score()
        var byFlag: [FlagScore] = SegmentFlags.names[1...7].indices.map {
            FlagScore(flag: SegmentFlags(rawValue: 1 << $0))
        }
        var byForeground = Array(repeating: Score(), count: 5)
        var rows = [Score.header("case")]
        for kind in CameraCase.Kind.allCases where self.kind == nil || self.kind == kind.rawValue {
            var score = Score()
            for number in first..<first + cases where only == nil || only == number {
                let test = CameraCase(kind, number: number, scenes: scenes)
                let result = try measure(test)
                for index in byFlag.indices { byFlag[index].add(result.flags, test.flags) }
                score.add(result)
                if !kind.isBlind {
                    // A foreground that covers most of the picture gets its own row.
                    if test.foreground <= 0.4 { total.add(result) }
                    byForeground[test.foreground > 0.4 ? 4 : min(3, Int(test.foreground * 10))].add(result)
                }
                if verbose || result.flags != test.flags || result.frameError > 0.2 {
                    print(
                        kind, number, String(format: "foreground %.2f error %.3f", test.foreground, result.frameError),
                        String(format: "known %.2f", result.known), "truth", test.flags.setNames, "found",
                        result.flags.setNames)
                    if let failures {
                        try AtomicFile.makeFolder(failures)
                        try BenchPicture.write(test.frames, to: "\(failures)/\(kind)-\(number).pgm")
                    }
                }
            }
            rows.append(score.row(kind.rawValue))
        }
        rows.append(total.row("all of up to 40 % foreground"))
        for (index, score) in byForeground.enumerated() {
            rows.append(score.row("foreground \(10 * index) \(index == 4 ? "and more" : "to \(10 * index + 10)") %"))
        }
        print(TextTable.text(rows))
        print(TextTable.text([FlagScore.header] + byFlag.map(\.row)))
    }

    private func measure(_ test: CameraCase) throws -> CaseResult {
        var settings = CameraMotionSettings()
        settings.everyNthFrame = everyNthFrame
        settings.trackingSize = trackingSize
        settings.maxCorners = corners
        let (width, height) = (test.frames[0].width, test.frames[0].height)
        let estimator = CameraMotionEstimator(settings: settings, fps: CameraCase.fps, width: width, height: height)
        let start = ProcessCost.cpuSeconds
        let motions = try estimator.estimate(greys: test.frames)
        let flags = estimator.flags(for: motions)
        var result = CaseResult(flags: flags, seconds: ProcessCost.cpuSeconds - start, frames: motions.count)
        let wanted = motions.indices.filter { estimator.isEstimated($0, of: motions.count) }
        let known = wanted.filter { motions[$0].isKnown }
        result.known = Double(known.count) / Double(wanted.count)
        let views = test.views.map(Homography.init(elements:))
        let found = motions.map { Homography(elements: $0.homography.map(Double.init)) }
        for (before, index) in zip(known, known.dropFirst()) {
            guard let foundBack = found[before].inverse, let trueBack = views[before].inverse else { continue }
            result.frameErrors.append(
                Self.distance(foundBack * found[index], trueBack * views[index], width, height)
                    / Double(index - before))
        }
        guard let toCentre = views[motions.count / 2].inverse else { return result }
        for index in known {
            let truth = toCentre * views[index]
            let middle = truth.apply(SIMD2(Double(width), Double(height)) / 2)
            guard middle.x > 0, middle.y > 0, middle.x < Double(width), middle.y < Double(height) else { continue }
            result.centreErrors.append(Self.distance(found[index], truth, width, height))
        }
        if !test.kind.isBlind { result.rests = try rests(of: test, &result) }
        return result
    }

    /// Remaining motion of the background between consecutive stabilised frames; nil where the film is discarded.
    private func rests(of test: CameraCase, _ result: inout CaseResult) throws -> [Double]? {
        var settings = CameraMotionSettings()
        settings.everyNthFrame = 1
        let (width, height) = (test.frames[0].width, test.frames[0].height)
        let estimator = CameraMotionEstimator(settings: settings, fps: CameraCase.fps, width: width, height: height)
        let stabiliser = Stabiliser(settings: .init(), fps: CameraCase.fps, width: width, height: height)
        let views = test.views.map(Homography.init(elements:))
        func motions(_ seen: [Homography], _ width: Int, _ height: Int) -> [Double] {
            zip(seen, seen.dropFirst()).compactMap { before, after in
                before.inverse.map { Self.distance($0 * after, .identity, width, height) }
            }
        }
        result.moves = motions(views, width, height)
        guard case .success(let plan) = stabiliser.plan(for: try estimator.estimate(greys: test.frames)) else {
            return nil
        }
        return motions(views.indices.map { views[$0] * plan.source(at: $0) }, plan.width, plan.height)
    }

    /// Mean distance between the images of a picture's points under two maps.
    static func distance(_ first: Homography, _ second: Homography, _ width: Int, _ height: Int) -> Double {
        var sum = 0.0
        var count = 0.0
        for y in stride(from: 4, to: height, by: 8) {
            for x in stride(from: 4, to: width, by: 8) {
                let point = SIMD2(Double(x), Double(y))
                let miss = first.apply(point) - second.apply(point)
                sum += (miss * miss).sum().squareRoot()
                count += 1
            }
        }
        return sum / count
    }
}

/// The measurements of one case.
private struct CaseResult {
    let flags: SegmentFlags
    let seconds: Double
    let frames: Int
    var known = 0.0
    var frameErrors: [Double] = []
    var centreErrors: [Double] = []
    /// Pixels from frame to frame, of the film and of its stabilised version.
    var moves: [Double] = []
    var rests: [Double]?

    var frameError: Double { frameErrors.reduce(0, +) / Double(max(1, frameErrors.count)) }
}

private struct Score {
    private var count = 0
    private var right = 0.0
    private var known = 0.0
    private var frameErrors: [Double] = []
    private var centreErrors: [Double] = []
    private var moves: [Double] = []
    private var rests: [Double] = []
    private var kept = 0
    private var seconds = 0.0
    private var frames = 0

    mutating func add(_ result: CaseResult) {
        count += 1
        known += result.known
        frameErrors += result.frameErrors
        centreErrors += result.centreErrors
        if let rests = result.rests {
            self.rests += rests
            moves += result.moves
            kept += 1
        }
        seconds += result.seconds
        frames += result.frames
    }

    static func header(_ name: String) -> [String] {
        [
            name, "cases", "known", "px per frame", "95 %", "px to centre", "95 %", "kept", "moves", "rest", "95 %",
            "CPU ms per frame",
        ]
    }

    func row(_ name: String) -> [String] {
        func text(_ value: Double) -> String { String(format: "%.3f", value) }
        func mean(_ values: [Double]) -> String { text(values.reduce(0, +) / Double(max(1, values.count))) }
        func most(_ values: [Double]) -> String {
            values.isEmpty ? "" : text(values.sorted()[min(values.count - 1, values.count * 95 / 100)])
        }
        return [
            name, "\(count)", String(format: "%.1f %%", 100 * known / Double(max(1, count))), mean(frameErrors),
            most(frameErrors), mean(centreErrors), most(centreErrors), "\(kept)", mean(moves), mean(rests), most(rests),
            text(1000 * seconds / Double(max(1, frames))),
        ]
    }
}

/// Counts of one flag: true, raised, and both.
private struct FlagScore {
    let flag: SegmentFlags
    private var both = 0
    private var found = 0
    private var truth = 0

    init(flag: SegmentFlags) { self.flag = flag }

    mutating func add(_ found: SegmentFlags, _ truth: SegmentFlags) {
        if found.contains(flag) { self.found += 1 }
        if truth.contains(flag) { self.truth += 1 }
        if found.contains(flag), truth.contains(flag) { both += 1 }
    }

    static let header = ["flag", "cases", "precision", "recall", "F1"]

    var row: [String] {
        func text(_ part: Int, _ whole: Int) -> String {
            whole == 0 ? "" : String(format: "%.3f", Double(part) / Double(whole))
        }
        return [
            flag.setNames.joined(), "\(truth)", text(both, found), text(both, truth), text(2 * both, found + truth),
        ]
    }
}
