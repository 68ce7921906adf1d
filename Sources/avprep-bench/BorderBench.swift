import AVPrepCore
import AVPrepMedia
import AVPrepPipeline
import AVPrepSynth
import AVPrepVision
import ArgumentParser
import Foundation

/// How well black framing is found, beside FFmpeg's cropdetect, on videos whose framing is known.
struct BorderBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "borders", abstract: "Measure border detection on generated videos, beside FFmpeg's cropdetect.",
        discussion: """
            Every case is a short video, encoded by x264 at CRF 18 to 35. A case counts as right when all four sides of \
            what is cropped are within 2 pixels of the truth. Clips give real pictures; without them scenes are painted.
            """)

    @Argument(help: "Real clips without black bars and without text at the rim.")
    var clips: [String] = []

    @Option(help: "Cases of each kind.")
    var cases = 200

    @Option(help: "Only this kind.")
    var kind: String?

    @Option(help: "FFmpeg's program; `none` leaves cropdetect out.")
    var ffmpeg = "ffmpeg"

    @Option(help: "A folder for a picture of each case that went wrong.")
    var failures: String?

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-borders-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let scenes = try BenchScenes.all(clips, shortSide: 270, fps: 8, seconds: 2.5)
        var rows = [["case", "videos", "right", "bar left", "cropdetect", "filler flagged", "CPU ms a video"]]
        for kind in BorderCase.Kind.allCases where self.kind == nil || self.kind == kind.rawValue {
            var score = Score()
            for number in 0..<cases { try measure(BorderCase(kind, number: number, scenes: scenes), folder, &score) }
            rows.append(score.row(kind.rawValue))
        }
        print(TextTable.text(rows))
    }

    private func measure(_ test: BorderCase, _ folder: String, _ score: inout Score) throws {
        let path = "\(folder)/case.mp4"
        try test.write(path)
        let media = try MediaFile(path: path)
        let settings = BorderSettings()
        let start = ProcessCost.cpuSeconds
        let frames = try media.spreadFrames(count: settings.probeCount(seconds: media.info.durationSeconds))
        let pictures = frames.map(\.picture)
        let timeline = BorderTimeline.detect(in: pictures, at: frames.map(\.seconds), settings: settings)
        let filler = FillerBorder.detect(in: pictures, beside: timeline.union)
        score.seconds += ProcessCost.cpuSeconds - start
        let isFilled = test.kind == .blurred || test.kind == .coloured
        if filler != nil { score.filler += 1 }
        let truth = isFilled ? .none : test.border
        let found = timeline.spans[0].detection
        let isRight =
            test.kind == .changing
            ? Self.follows(timeline, test, frames.map(\.seconds)) : found.margins.isWithin(2, of: truth)
        score.count += 1
        if isRight { score.right += 1 }
        if !timeline.union.covers(truth) { score.uncovered += 1 }
        if ffmpeg != "none",
            let other = try CropDetect.margins(of: path, width: test.width, height: test.height, ffmpeg)
        {
            if other.isWithin(2, of: truth) { score.cropdetect += 1 }
        }
        if !isRight {
            print(
                test.kind, test.number, "\(test.width)×\(test.height) CRF \(test.quality)", "truth", truth.text,
                "found", found.margins.text)
            if let failures {
                try AtomicFile.makeFolder(failures)
                try BenchPicture.write(
                    frames.map(\.picture), to: "\(failures)/\(test.kind)-\(test.number).ppm")
            }
        }
    }

    /// Whether the crop is right at every frame of a video whose bars come or go; from the probed frame before the change
    /// to the one after it, it only has to cover the bars.
    private static func follows(_ timeline: BorderTimeline, _ test: BorderCase, _ probes: [Double]) -> Bool {
        let rate = Double(BorderCase.fps)
        let change = Double(test.framed.lowerBound == 0 ? test.framed.upperBound : test.framed.lowerBound) / rate
        let last = probes.last { $0 < change } ?? 0
        let next = probes.first { $0 >= change } ?? test.seconds
        return test.frames.indices.allSatisfy { index in
            let seconds = Double(index) / rate
            let truth = test.framed.contains(index) ? test.border : .none
            let found = timeline.detection(at: seconds).margins
            return seconds > last && seconds < next ? found.covers(truth) : found.isWithin(2, of: truth)
        }
    }

    private struct Score {
        var filler = 0
        var count = 0
        var right = 0
        var uncovered = 0
        var cropdetect = 0
        var seconds = 0.0

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

    /// Whether no line of `other` is left.
    fileprivate func covers(_ other: CropMargins) -> Bool { zip(sides, other.sides).allSatisfy { $0 >= $1 } }
}
