import AVPrepCases
import AVPrepCore
import AVPrepMedia
import AVPrepModel
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The quality of border detection, compared with FFmpeg's cropdetect, on videos with known borders.
struct BorderBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "borders",
        abstract: "Measure border detection on generated videos, compared with FFmpeg's cropdetect.",
        discussion: """
            Every case is a short video, encoded by x264 at CRF 18 to 35. A case is right when all four sides of \
            the crop are within 2 pixels of the truth (for filler bars: of the flagged bars, and nothing may be \
            cropped). Videos whose bars change are evaluated twice: at every moment, and for one crop of the whole \
            video. cropdetect uses all frames and gives one crop. Clips add real pictures to the painted ones.
            """)

    @Argument(help: "Real clips without black bars and without text at the border.")
    var clips: [String] = []

    @Option(help: "Cases of each kind.")
    var cases = 200

    @Option(help: "Number of the first case: other cases than those used to choose thresholds.")
    var first = 0

    @Option(help: "Only this kind; may be given several times.")
    var kind: [String] = []

    @Option(help: "FFmpeg's program; `none` omits cropdetect.")
    var ffmpeg = "ffmpeg"

    @Option(help: "A folder for a picture of each failed case.")
    var failures: String?

    @Option(help: "A folder in which the videos are kept; existing ones are not made again.")
    var keep: String?

    func run() throws {
        let folder = keep ?? NSTemporaryDirectory() + "avprep-borders-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { if keep == nil { try? FileManager.default.removeItem(atPath: folder) } }
        let scenes = try BenchScenes.all(clips, shortSide: 270, fps: 8, seconds: 2.5)
        var rows = [["case", "videos", "right", "bar left", "cropdetect right", "filler flagged", "CPU ms per video"]]
        for kind in BorderCase.Kind.allCases where self.kind.isEmpty || self.kind.contains(kind.rawValue) {
            var (score, union) = (Score(), Score())
            for number in first..<first + cases {
                try measure(BorderCase(kind, number: number, scenes: scenes), folder, &score, &union)
            }
            rows.append(score.row(kind == .changing ? "changing, split" : kind.rawValue))
            if kind == .changing { rows.append(union.row("changing, union")) }
            print(rows[rows.count - 1].joined(separator: "  "))
        }
        print(TextTable.text(rows))
    }

    private func measure(_ test: BorderCase, _ folder: String, _ score: inout Score, _ union: inout Score) throws {
        let path = "\(folder)/\(test.kind)-\(test.number).mp4"
        if keep == nil || access(path, F_OK) != 0 { try test.write(path) }
        defer { if keep == nil { unlink(path) } }
        let media = try MediaFile(path: path)
        let settings = BorderSettings()
        let start = ProcessCost.cpuSeconds
        let frames = try media.spreadFrames(count: settings.probeCount(seconds: media.info.durationSeconds))
        let pictures = frames.map(\.picture)
        let timeline = BorderTimeline.detect(in: pictures, at: frames.map(\.seconds), settings: settings)
        let filler = FillerBorder.detect(in: pictures, beside: timeline.union)
        let seconds = ProcessCost.cpuSeconds - start
        let other =
            ffmpeg == "none" ? nil : try CropDetect.margins(of: path, width: test.width, height: test.height, ffmpeg)

        let crop = test.kind.isFilled ? CropMargins.none : test.border
        let found = timeline.spans[0].detection.margins
        let isRight =
            switch test.kind {
            case .changing: Self.follows(timeline, test, frames.map(\.seconds))
            case .blurred, .coloured:
                found == .none && (filler?.margins ?? .none).isWithin(2, of: test.border)
            default: found.isWithin(2, of: crop)
            }
        // One crop for the whole video is wrong somewhere where bars come or go.
        let isOtherRight = test.kind != .changing && other?.isWithin(2, of: test.border) == true
        score.add(
            isRight, covers: timeline.union.covers(crop), other: isOtherRight, isFilled: filler != nil, seconds)
        if test.kind == .changing {
            union.add(
                timeline.union.isWithin(2, of: crop), covers: timeline.union.covers(crop),
                other: other?.isWithin(2, of: crop) == true, isFilled: filler != nil, seconds)
        }
        if !isRight || (filler != nil) != test.kind.isFilled {
            print(
                test.kind, test.number, "\(test.width)×\(test.height) CRF \(test.quality)", "truth", test.border.text,
                "found", found.text, "filler", filler.map { "\($0.kind) \($0.margins.text)" } ?? "none")
            if let failures {
                try AtomicFile.makeFolder(failures)
                try BenchPicture.write(pictures, to: "\(failures)/\(test.kind)-\(test.number).ppm")
            }
        }
    }

    /// Whether the crop is right at every frame of a video whose bars come or go; between the probed frames before and
    /// after the change it only has to cover the bars.
    private static func follows(_ timeline: BorderTimeline, _ test: BorderCase, _ probes: [Double]) -> Bool {
        let rate = Double(BorderCase.fps)
        let change = Double(test.framed.lowerBound == 0 ? test.framed.upperBound : test.framed.lowerBound) / rate
        let last = probes.last { $0 < change } ?? 0
        let next = probes.first { $0 >= change } ?? test.seconds
        return (0..<test.frameCount).allSatisfy { index in
            let seconds = Double(index) / rate
            let truth = test.framed.contains(index) ? test.border : .none
            let found = timeline.detection(at: seconds).margins
            return seconds > last && seconds < next ? found.covers(truth) : found.isWithin(2, of: truth)
        }
    }

    private struct Score {
        var count = 0
        var right = 0
        var uncovered = 0
        var filler = 0
        var cropdetect = 0
        var seconds = 0.0

        mutating func add(_ isRight: Bool, covers: Bool, other: Bool, isFilled: Bool, _ seconds: Double) {
            count += 1
            if isRight { right += 1 }
            if !covers { uncovered += 1 }
            if other { cropdetect += 1 }
            if isFilled { filler += 1 }
            self.seconds += seconds
        }

        func row(_ name: String) -> [String] {
            func share(_ part: Int) -> String { String(format: "%.1f %%", 100 * Double(part) / Double(max(1, count))) }
            return [
                name, "\(count)", share(right), share(uncovered), share(cropdetect), share(filler),
                String(format: "%.1f", 1000 * seconds / Double(max(1, count))),
            ]
        }
    }
}

extension CropMargins {
    fileprivate var sides: [Int] { [top, bottom, left, right] }
    fileprivate var text: String { "\(top) \(bottom) \(left) \(right)" }

    fileprivate func isWithin(_ tolerance: Int, of other: CropMargins) -> Bool {
        zip(sides, other.sides).allSatisfy { abs($0 - $1) <= tolerance }
    }

    /// Whether no line of `other` remains.
    fileprivate func covers(_ other: CropMargins) -> Bool { zip(sides, other.sides).allSatisfy { $0 >= $1 } }
}
