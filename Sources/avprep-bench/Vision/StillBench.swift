import AVPrepCases
import AVPrepMedia
import AVPrepModel
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The quality of freeze detection against slow and small motion, compared with FFmpeg's freezedetect.
struct StillBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "still",
        abstract: "Measure freeze detection on generated videos, compared with FFmpeg's freezedetect.",
        discussion: """
            Each video is four seconds, encoded by x264. It is still as defined for a segment: held for 95 % of its \
            frames, or frozen for two seconds; and for freezedetect, where it reports a freeze of two seconds.
            """)

    @Argument(help: "Real clips without cuts in their first seconds.")
    var clips: [String] = []

    @Option(help: "Videos of each kind.")
    var cases = 50

    @Option(help: "Number of the first case: other cases than those used to choose thresholds.")
    var first = 0

    @Option(help: "FFmpeg's program; `none` omits freezedetect.")
    var ffmpeg = "ffmpeg"

    @Flag(help: "Print every wrongly classified video.")
    var verbose = false

    /// Correctly classified videos, counted separately for still and moving ones.
    private struct Score {
        var right = 0
        var otherRight = 0
        var count = 0
        var seconds = 0.0
        var videoSeconds = 0.0
    }

    func run() throws {
        let path = NSTemporaryDirectory() + "avprep-still-\(getpid()).mp4"
        defer { unlink(path) }
        let scenes = try BenchScenes.all(clips, shortSide: 180, fps: 25, seconds: 1.5)
            .filter { $0.moves && $0.showsSomething }
        var rows = [["case", "truth", "videos", "right", "freezedetect right", "CPU ms per video second"]]
        var ours = Table()
        var others = Table()
        for kind in StillCase.Kind.allCases {
            var score = Score()
            for number in first..<first + cases {
                let test = StillCase(kind, number: number, scenes: scenes)
                try test.write(path)
                let isStill = try judge(path, &score)
                let freezes = ffmpeg == "none" ? false : try Self.freezes(path, ffmpeg)
                ours.add(isStill, truth: kind.isStill)
                others.add(freezes, truth: kind.isStill)
                score.count += 1
                if isStill == kind.isStill { score.right += 1 } else if verbose { print(kind, number, test.quality) }
                if freezes == kind.isStill { score.otherRight += 1 }
            }
            rows.append([
                "\(kind)", kind.isStill ? "still" : "moving", "\(score.count)", "\(score.right)", "\(score.otherRight)",
                String(format: "%.1f", 1000 * score.seconds / score.videoSeconds),
            ])
        }
        print(TextTable.text(rows))
        print("\nF1 of still videos: \(ours.f1), freezedetect: \(others.f1)")
    }

    /// Whether a video's stored frames make a still segment.
    private func judge(_ path: String, _ score: inout Score) throws -> Bool {
        let collector = GreyCollector()
        let request = DecodeRequest(fps: Double(StillCase.fps), shortSide: nil, audio: [])
        _ = try MediaFile(path: path).decode(request, to: collector)
        let settings = FreezeSettings()
        let start = ProcessCost.cpuSeconds
        let findings = try FreezeAnalysis.findings(
            collector.greys, differences: collector.differences, fps: Double(StillCase.fps),
            level: Float(settings.level))
        score.seconds += ProcessCost.cpuSeconds - start
        score.videoSeconds += Double(collector.greys.count) / Double(StillCase.fps)
        let measure = FreezeAnalysis.measure(findings, differences: collector.differences)
        return measure.share >= settings.share
            || Double(measure.longest) >= settings.seconds * Double(StillCase.fps)
    }

    /// Whether FFmpeg's freezedetect, with the limits of its manual, reports a freeze.
    private static func freezes(_ path: String, _ program: String) throws -> Bool {
        try OutsideProgram.errorText(
            program, ["-nostdin", "-i", path, "-vf", "freezedetect=n=-60dB:d=2", "-f", "null", "-"]
        ).contains("freeze_start")
    }

    /// Still videos found, missed, and false ones.
    private struct Table {
        private var found = 0
        private var missed = 0
        private var wrong = 0

        mutating func add(_ isStill: Bool, truth: Bool) {
            switch (isStill, truth) {
            case (true, true): found += 1
            case (false, true): missed += 1
            case (true, false): wrong += 1
            case (false, false): break
            }
        }

        var f1: String { String(format: "%.3f", 2 * Double(found) / Double(max(1, 2 * found + missed + wrong))) }
    }
}

/// Keeps the grey frames of a decode pass.
private final class GreyCollector: DecodeConsumer {
    private(set) var greys: [PixelBuffer] = []
    private(set) var differences: [Float] = []

    func consume(frame picture: PixelBuffer, index: Int) throws {
        let grey = PixelBuffer(width: picture.width, height: picture.height, channels: 1)
        try Grey.convert(picture, into: grey)
        if let last = greys.last { differences.append(FreezeAnalysis.difference(last, grey)) }
        greys.append(grey)
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
}

extension CaseScene {
    /// Whether something can be seen to move in it: the mean change over its length is more than a level.
    fileprivate var moves: Bool {
        guard let first = frames.first, let last = frames.last, frames.count > 20 else { return false }
        let places = stride(from: 0, to: first.pixels.count, by: 97)
        let sum = places.reduce(0) { $0 + abs(Int(first.pixels[$1]) - Int(last.pixels[$1])) }
        return sum > first.pixels.count / 97
    }

    /// Whether there is something to be seen in its first frame: a standard deviation of eight levels.
    fileprivate var showsSomething: Bool {
        guard let first = frames.first else { return false }
        let levels = stride(from: 0, to: first.pixels.count, by: 97).map { Double(first.pixels[$0]) }
        let mean = levels.reduce(0, +) / Double(levels.count)
        return levels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } >= 64 * Double(levels.count)
    }
}
