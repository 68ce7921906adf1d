import AVPrepCases
import AVPrepCore
import AVPrepMedia
import AVPrepModel
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The quality of cut detection, compared with PySceneDetect's adaptive detector, on edited videos with known cuts.
struct CutBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cuts", abstract: "Measure cut detection on generated videos, compared with PySceneDetect.",
        discussion: """
            A cut is found when a cut is reported within 2 frames of it; a dissolve or a fade, when one is reported \
            within 2 frames of its extent, and further reports there do not count as false. Generated cases use uncut \
            parts of real clips: --truth lists the clips' cuts.
            """)

    @Argument(help: "Real clips.")
    var clips: [String] = []

    @Option(help: "Tab-separated file: a clip's name, then the seconds of its cuts.")
    var truth: String?

    @Option(help: "Videos of each kind; each has two or three cuts.")
    var videos = 80

    @Option(help: "Number of the first case: other cases than those used to choose thresholds.")
    var first = 0

    @Option(help: "Only this kind; may be given several times.")
    var kind: [String] = []

    @Option(help: "The Python interpreter with PySceneDetect; `none` omits it.")
    var python = ".venv/bin/python"

    @Flag(help: "Print every miss and every false cut.")
    var verbose = false

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-cuts-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let known = try truth.map(CutTruth.init)
        let scenes = try BenchScenes.uncut(clips, truth: known, shortSide: 144, seconds: 6)
        var rows = [
            [
                "case", "videos", "transitions", "precision", "recall", "F1", "PySceneDetect precision", "recall", "F1",
                "CPU ms per video second",
            ]
        ]
        var all = (count: 0, transitions: 0, ours: CutScore(), others: CutScore())
        func row(_ name: String, _ count: Int, _ transitions: Int, _ ours: CutScore, _ others: CutScore) -> [String] {
            [name, "\(count)", "\(transitions)"] + ours.cells + (python == "none" ? ["", "", ""] : others.cells)
                + [String(format: "%.1f", 1000 * ours.seconds / ours.videoSeconds)]
        }
        func measure(_ name: String, _ tests: [CutTest], isGenerated: Bool = true) throws {
            var (ours, others) = (CutScore(), CutScore())
            let theirs = try pySceneDetect(tests.map(\.path))
            for (index, test) in tests.enumerated() {
                let found = try Self.cuts(of: test.path, &ours)
                ours.add(found, test.transitions)
                if verbose { ours.report(found, test) }
                if let theirs { others.add(theirs[index], test.transitions) }
            }
            let transitions = tests.reduce(0) { $0 + $1.transitions.count }
            rows.append(row(name, tests.count, transitions, ours, others))
            print(rows[rows.count - 1].joined(separator: "  "))
            guard isGenerated else { return }
            all = (all.count + tests.count, all.transitions + transitions, all.ours + ours, all.others + others)
        }
        for kind in CutCase.Kind.allCases where self.kind.isEmpty || self.kind.contains(kind.rawValue) {
            let chosen = kind == .jumps ? scenes.filter(\.isStatic) : scenes
            let tests = try (first..<first + videos).map { number in
                let test = CutCase(kind, number: number, scenes: chosen)
                let path = "\(folder)/\(kind.rawValue)-\(number).mp4"
                try test.write(path)
                return CutTest(name: "\(kind.rawValue)-\(number)", path: path, transitions: test.transitions)
            }
            try measure(kind.rawValue, tests)
            for test in tests { unlink(test.path) }
        }
        if all.count > 0 { rows.append(row("all generated", all.count, all.transitions, all.ours, all.others)) }
        if let known, kind.isEmpty || kind.contains("real") {
            try measure(
                "real clips",
                try clips.map { clip in
                    // At 25 frames per second, as all videos here.
                    let copy = "\(folder)/\(URL(fileURLWithPath: clip).lastPathComponent).mp4"
                    try BenchScenes.copy(clip, to: copy)
                    return CutTest(
                        name: clip, path: copy,
                        transitions: known.transitions(of: clip))
                }, isGenerated: false)
        }
        print(TextTable.text(rows))
    }

    /// Our cuts of a video, as frame numbers at 25 per second.
    private static func cuts(of path: String, _ score: inout CutScore) throws -> [Int] {
        let collector = CutCollector()
        let summary = try MediaFile(path: path).decode(
            DecodeRequest(fps: 25, shortSide: nil, audio: []), to: collector)
        try collector.finish()
        score.seconds += collector.seconds
        score.videoSeconds += Double(summary.frameCount) / 25
        return collector.cuts
    }

    /// PySceneDetect's cuts of videos, as frame numbers.
    private func pySceneDetect(_ paths: [String]) throws -> [[Int]]? {
        guard python != "none" else { return nil }
        let script = """
            import sys, json, logging
            logging.disable(logging.CRITICAL)
            from scenedetect import detect, AdaptiveDetector
            print(json.dumps([[start.frame_num for start, _ in detect(path, AdaptiveDetector())[1:]]
                              for path in sys.argv[1:]]))
            """
        let text = try OutsideProgram.outputText(python, ["-c", script] + paths)
        return try JSONDecoder().decode([[Int]].self, from: Data(text.utf8))
    }
}

/// One video and its truth.
struct CutTest {
    let name: String
    let path: String
    let transitions: [CutCase.Transition]
}

/// The cuts of real clips, annotated by hand.
struct CutTruth {
    private var ranges: [String: [(start: Double, end: Double)]] = [:]

    init(_ path: String) throws {
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") where line.first != "#" {
            let cells = line.split(separator: "\t")
            guard let name = cells.first else { continue }
            ranges[String(name)] = cells.dropFirst().compactMap { cell in
                let ends = cell.split(separator: "-").compactMap { Double($0) }
                return ends.first.map { ($0, ends.last ?? $0) }
            }
        }
    }

    /// Start and end of each transition, in seconds; equal for a cut.
    func seconds(of path: String) -> [(start: Double, end: Double)] {
        ranges[URL(fileURLWithPath: path).lastPathComponent] ?? []
    }

    /// The same in frames at 25 per second.
    func transitions(of path: String) -> [CutCase.Transition] {
        seconds(of: path).map { range in
            let (start, end) = (Int((range.start * 25).rounded()), Int((range.end * 25).rounded()))
            return .init(form: start == end ? .cut : .dissolve, start: start, end: end)
        }
    }
}

/// Counts of correct, missed and false cuts.
struct CutScore {
    private var found = 0
    private var missed = 0
    private var wrong = 0
    var seconds = 0.0
    var videoSeconds = 0.0

    /// Tolerance of a report, in frames.
    private static let tolerance = 2

    private static func isAt(_ frame: Int, _ transition: CutCase.Transition) -> Bool {
        frame >= transition.start - tolerance && frame <= transition.end + tolerance
    }

    mutating func add(_ cuts: [Int], _ truth: [CutCase.Transition]) {
        for transition in truth {
            if cuts.contains(where: { Self.isAt($0, transition) }) { found += 1 } else { missed += 1 }
        }
        wrong += cuts.count { cut in !truth.contains { Self.isAt(cut, $0) } }
    }

    func report(_ cuts: [Int], _ test: CutTest) {
        let missed = test.transitions.filter { transition in !cuts.contains { Self.isAt($0, transition) } }
        let wrong = cuts.filter { cut in !test.transitions.contains { Self.isAt(cut, $0) } }
        if !missed.isEmpty { print(test.name, "missed", missed.map { "\($0.start)-\($0.end)" }) }
        if !wrong.isEmpty { print(test.name, "false", wrong) }
    }

    static func + (one: CutScore, other: CutScore) -> CutScore {
        var sum = one
        sum.found += other.found
        sum.missed += other.missed
        sum.wrong += other.wrong
        sum.seconds += other.seconds
        sum.videoSeconds += other.videoSeconds
        return sum
    }

    /// Precision, recall and F1. For a case without cuts, the number of false cuts instead.
    var cells: [String] {
        guard found + missed > 0 else { return ["\(wrong) false", "", ""] }
        let precision = found + wrong == 0 ? 1 : Double(found) / Double(found + wrong)
        let recall = Double(found) / Double(found + missed)
        let f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
        return [precision, recall, f1].map { String(format: "%.3f", $0) }
    }
}

/// Finds the cuts of a decode pass.
private final class CutCollector: DecodeConsumer {
    private var detector = CutDetector(fps: 25)
    private(set) var cuts: [Int] = []
    private(set) var seconds = 0.0

    func consume(frame picture: PixelBuffer, index: Int) throws {
        let start = ProcessCost.cpuSeconds
        cuts += try detector.push(picture).compactMap(\.newShot)
        seconds += ProcessCost.cpuSeconds - start
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}

    func finish() throws { cuts += detector.finish().compactMap(\.newShot) }
}
